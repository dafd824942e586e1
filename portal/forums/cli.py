"""``portal posts rerender``."""

from __future__ import annotations

import click

from portal.core import tenancy
from portal.forums.services.rerendering import rerender_posts


@click.group("posts")
def posts() -> None:
    """Stored posts."""


@posts.command("rerender")
@click.pass_context
def rerender(context: click.Context) -> None:
    """Render posts of an older renderer again; can be stopped and started again."""
    app = context.obj["make"]()
    done = 0
    with app.app_context(), tenancy.unscoped("rendering posts again"):
        for many in rerender_posts():
            done += many
            click.echo(f"\r{done:,} posts", nl=False)
    click.echo(f"\r{done:,} posts rendered again.")


COMMANDS: list[click.Command] = [posts]
