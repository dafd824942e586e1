"""``portal demo``: the demonstration, its accounts, and bulk content for measuring."""

from __future__ import annotations

import json

import click
from flask import Flask, current_app
from sqlalchemy import select

from portal.core import tenancy
from portal.core.db import begin_write, db
from portal.demo import cast, discussions, people
from portal.demo.grow import Bulk, grow
from portal.forums.models import Thread
from portal.groups.models import Group


def _app(context: click.Context) -> Flask:
    made: Flask = context.obj["make"]()
    return made


@click.group("demo", invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> None:
    """Load the demonstration content; a second call changes nothing."""
    if context.invoked_subcommand is not None:
        return
    app = _app(context)
    if app.config["PORTAL_ENV"] == "production":
        raise click.ClickException("Demonstration accounts have no place in production.")
    with app.app_context():
        if load():
            click.echo("The demonstration is loaded.")
        else:
            click.echo("The demonstration is there already; nothing was changed.")
    _list_accounts()


def load() -> bool:
    """Write the demonstration where there is none; whether anything was written."""
    with tenancy.unscoped("looking for the demonstration"):
        cast_stands = db.session.scalar(select(Group.id).where(Group.slug == "supplier-a")) is not None
        said = db.session.scalar(select(Thread.id).limit(1)) is not None
        db.session.rollback()
    if cast_stands and said:
        return False
    if not cast_stands:
        password_hash = current_app.extensions["portal.hasher"].hash(cast.PASSWORD)
        with tenancy.unscoped("loading the demonstration"):
            begin_write()
            organisations = people.write_register()
            people.write_cast(password_hash, organisations)
            people.write_forums()
            db.session.commit()
    click.echo(f"Discussions: {discussions.write_discussions()}")
    return True


@demo.command("accounts")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the passwords.")
def accounts(as_json: bool) -> None:
    """The accounts of the demonstration."""
    found = cast.accounts()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    _list_accounts()


def _list_accounts() -> None:
    found = cast.accounts()
    for account in found:
        roles = account["roles"]
        words = ", ".join(
            f"{role['role']} ({role['group']})" if role["group"] else role["role"] for role in roles
        )
        click.echo(f"{account['email']:38} {account['name']:16} {words}")
    click.echo(f"Password of all: {cast.PASSWORD}")


@demo.command("grow")
@click.option("--groups", default=10, show_default=True)
@click.option("--people", "many_people", default=200, show_default=True)
@click.option("--threads", default=1000, show_default=True)
@click.option("--posts", default=20000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.pass_context
def grow_demo(
    context: click.Context, groups: int, many_people: int, threads: int, posts: int, seed: int
) -> None:
    """Add bulk content for measuring: the same for the same seed."""
    if min(groups, many_people, threads, posts) < 1 or posts < threads:
        raise click.BadParameter("every number must be at least 1, and posts at least as many as threads")
    with _app(context).app_context(), tenancy.unscoped("bulk content for measuring"):
        made = grow(Bulk(groups, many_people, threads, posts, seed))
    click.echo(", ".join(f"{count:,} {kind}" for kind, count in made.items()))


COMMANDS: list[click.Command] = [demo]
