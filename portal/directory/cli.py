"""``portal import``: files of the register from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from portal.core import tenancy
from portal.core.errors import PortalError
from portal.core.identity import OPERATOR
from portal.directory.importing.rows import KINDS
from portal.directory.services.register import CHANGED, NEW, SAME, Plan, import_rows, plan_import


@click.group("import")
def import_group() -> None:
    """Read a file of the register (CSV or XLSX) into the directory. Twice changes nothing."""


@contextmanager
def _bar(items: Any, label: str) -> Iterator[Any]:
    with click.progressbar(items, label=label) as bar:
        yield bar


def _with_bar(label: str) -> Any:
    def progress(items: Iterable[Any]) -> Iterator[Any]:
        with _bar(list(items), label) as bar:
            yield from bar

    return progress


def _import(context: click.Context, kind: str, path: Path, dry_run: bool, keep_good: bool) -> None:
    app = context.obj["make"]()
    with app.app_context(), tenancy.unscoped(f"importing {kind}"):
        try:
            plan = plan_import(OPERATOR, kind, path.name, path.read_bytes(), _with_bar("Checking"))
            if not dry_run:
                plan = import_rows(OPERATOR, plan, keep_good=keep_good, progress=_with_bar("Writing"))
        except PortalError as error:
            raise click.ClickException(f"{path.name}: {error.detail}.") from error
    _report(plan, dry_run, keep_good)
    if plan.refused:
        context.exit(1)


def _report(plan: Plan, dry_run: bool, keep_good: bool) -> None:
    click.echo(f"The file was {plan.note}.")
    for refused in sorted(plan.refused, key=lambda row: row.line):
        click.echo(f"Line {refused.line}: {refused.reason}.", err=True)
    if plan.refused and not dry_run and not keep_good:
        click.echo(
            f"{len(plan.refused)} rows refused. Nothing was written; --keep-good writes the others.", err=True
        )
        return
    verb = "would be " if dry_run else ""
    click.echo(
        f"{plan.count(NEW)} {verb}new, {plan.count(CHANGED)} {verb}changed, {plan.count(SAME)} unchanged, "
        f"{len(plan.refused)} refused."
    )


def _command(kind: str) -> click.Command:
    known = KINDS[kind]

    @click.command(
        kind,
        help=f"Headings: {', '.join(known.required)}; optional: {', '.join(known.optional)}.",
    )
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
    @click.option("--keep-good", is_flag=True, help="Write the good rows though others are refused.")
    @click.pass_context
    def run(context: click.Context, file: Path, dry_run: bool, keep_good: bool) -> None:
        _import(context, kind, file, dry_run, keep_good)

    return run


for _kind in KINDS:
    import_group.add_command(_command(_kind))

COMMANDS: list[click.Command] = [import_group]
