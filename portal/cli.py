"""The ``portal`` command: collects what the features offer and runs it inside an application context."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask_migrate import check, current, downgrade, upgrade

from portal.core import audit

OFFERING: tuple[str, ...] = (
    "portal.serving",
    "portal.admin.cli",
    "portal.directory.cli",
    "portal.accounts.cli",
    "portal.search.cli",
)
OFFERING += ("portal.forums.cli", "portal.demo.cli")
MIGRATIONS = str(Path(__file__).resolve().parent.parent / "migrations")


@click.group()
def root() -> None:
    """ICS Exchange: the portal of the supplier user groups and the NLAR."""


@root.group("db")
def database() -> None:
    """The database's schema."""


@database.command("upgrade")
@click.argument("revision", default="head")
def upgrade_database(revision: str) -> None:
    """Bring the schema up to date."""
    url = click.get_current_context().obj["settings"]["PORTAL_DATABASE_URL"]
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _application(click.get_current_context()).app_context():
        upgrade(directory=MIGRATIONS, revision=revision)


@database.command("downgrade")
@click.argument("revision")
def downgrade_database(revision: str) -> None:
    """Take the schema back to an earlier revision."""
    with _application(click.get_current_context()).app_context():
        downgrade(directory=MIGRATIONS, revision=revision)


@database.command("check")
def check_database() -> None:
    """Say whether models and migrations agree; fails where they do not."""
    with _application(click.get_current_context()).app_context():
        current(directory=MIGRATIONS)
        check(directory=MIGRATIONS)


@root.group("audit")
def audit_trail() -> None:
    """The audit trail."""


@audit_trail.command("verify")
def verify_audit() -> None:
    """Walk the chain of the audit trail; fails at the first entry that does not fit."""
    with _application(click.get_current_context()).app_context():
        found = audit.verify()
    click.echo(f"{found.checked} entries checked, {found.unsealed} not sealed yet.")
    if found.broken_at is not None:
        raise click.ClickException(f"The chain is broken at entry {found.broken_at}.")


def _application(context: click.Context) -> Flask:
    made: Flask | None = context.obj.get("app")
    if made is None:
        made = context.obj["app"] = context.obj["make"]()
    return made


def collect() -> click.Group:
    """The root command with everything that the features offer added."""
    for name in OFFERING:
        for command in importlib.import_module(name).COMMANDS:
            _add(root, command)
    return root


def _add(group: click.Group, command: click.Command) -> None:
    known = group.commands.get(command.name or "")
    if isinstance(known, click.Group) and isinstance(command, click.Group):
        for below in command.commands.values():
            _add(known, below)
    else:
        group.add_command(command)


def run(make: Callable[[], Flask], load: Callable[[], Mapping[str, Any]]) -> None:
    """Run the command line. ``obj`` holds "make" (an application for the command line) and "settings"."""
    collect()(obj={"make": make, "settings": load()})
