"""``portal search reindex``."""

from __future__ import annotations

import click
from sqlalchemy import select

from portal.core import tenancy
from portal.core.db import begin_write, db
from portal.core.spaces import Space
from portal.search import index

BATCH = 500


@click.group("search")
def search() -> None:
    """The search index."""


@search.command("reindex")
@click.option("--from-space", type=int, default=0, help="Go on from this space's number.")
@click.pass_context
def reindex(context: click.Context, from_space: int) -> None:
    """Write every row of the index again, space by space; can be stopped and gone on with."""
    app = context.obj["make"]()
    with app.app_context(), tenancy.unscoped("re-indexing every space"):
        spaces = list(db.session.scalars(select(Space.id).where(Space.id >= from_space).order_by(Space.id)))
        db.session.rollback()
        with click.progressbar(spaces, label="Spaces") as bar:
            for space_id in bar:
                _reindex(space_id)
    click.echo(f"{len(spaces)} spaces indexed.")


def _reindex(space_id: int) -> None:
    entries = list(index.entries_of(space_id))
    db.session.rollback()
    for start in range(0, len(entries), BATCH):
        begin_write()
        for entry in entries[start : start + BATCH]:
            index.put(entry)
        db.session.commit()


COMMANDS: list[click.Command] = [search]
