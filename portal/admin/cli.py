"""``portal register open-groups``: a group for every supplier of the register."""

from __future__ import annotations

import click

from portal.admin.services.register import open_groups
from portal.core import tenancy
from portal.core.identity import OPERATOR


@click.group("register")
def register_group() -> None:
    """The register of suppliers and groups."""


@register_group.command("open-groups")
@click.pass_context
def open_all(context: click.Context) -> None:
    """Open a user group for every supplier that has none."""
    app = context.obj["make"]()
    with app.app_context(), tenancy.unscoped("opening the groups of the register"):
        opened = open_groups(OPERATOR)
    click.echo(f"{len(opened)} groups opened.")


COMMANDS: list[click.Command] = [register_group]
