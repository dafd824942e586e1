"""The fence: no row of a space is read or written by whoever may not (architecture.md, "The fence").

Three walls, each of which would hold alone:

1. A hook adds ``space_id IN (readable)`` to every ORM select, update and delete that touches a scoped class.
   Outside a fence the bound value itself raises.
2. ``before_flush`` and the hook refuse writes to a space that the actor may not write in.
3. A proof, once per compiled statement: each scoped table in each FROM must carry the fence's own condition.
   This catches what the hook does not see: ``text()``, Core selects on a table, statements on a connection
   (``install_proof``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, has_app_context
from sqlalchemy import ForeignKey, ForeignKeyConstraint, bindparam, event, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause, TextClause
from sqlalchemy.sql.selectable import AliasedReturnsRows, Join, TableClause

from portal.core.db import Base, db, is_sqlite
from portal.core.identity import Actor
from portal.core.types import BigId

UNFENCED = "portal_unfenced"
"""Execution option naming why a statement needs no fence: it touches no content, or is a migration's."""
CHECKED = "portal_insert_checked"


class OutsideFence(RuntimeError):
    """Scoped data was touched without a fence, or past it. A programming error, never a user's."""


class SpaceScoped:
    """A table whose rows stand in exactly one space."""

    space_id: Mapped[int] = mapped_column(BigId, ForeignKey("space.id"), index=True)


class PersonalSpaceScoped(SpaceScoped):
    """A scoped row that belongs to one reader (read mark, draft, bookmark): its owner may write it where they read."""

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"), index=True)


def in_space_of(parent: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """The composite key ``(column, space_id)`` → ``parent (id, space_id)``: a child cannot leave its parent's space."""
    return ForeignKeyConstraint(
        [column, "space_id"],
        [f"{parent}.id", f"{parent}.space_id"],
        ondelete=ondelete,
        name=f"fk_{column}_space",
    )


@dataclass(frozen=True, slots=True)
class Fence:
    """The spaces that the present context reads and writes, and whose personal rows it keeps."""

    readable: frozenset[int]
    writable: frozenset[int]
    person_id: int | None = None
    unscoped: str | None = None


def set_fence(actor: Actor) -> None:
    """Put the context inside ``actor``'s fence. Called by the edges and by ``@command``, nobody else."""
    g.fence = Fence(actor.readable, actor.writable, actor.person_id)
    g.actor = actor


def clear_fence() -> None:
    """Leave every fence: the next touch of scoped data raises."""
    g.pop("fence", None)
    g.pop("actor", None)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Work inside ``actor``'s fence for the length of a ``with`` block, then return to the one before."""
    before = g.get("fence"), g.get("actor")
    set_fence(actor)
    try:
        yield
    finally:
        g.fence, g.actor = before
        if before[0] is None:
            clear_fence()


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Work without a fence. For the command line, migrations and backup alone; elsewhere raises ``OutsideFence``."""
    if not current_app.extensions.get("portal.may_work_unscoped"):
        raise OutsideFence(f"unscoped work is not open to this process: {reason}")
    before = g.get("fence")
    g.fence = Fence(frozenset(), frozenset(), None, unscoped=reason)
    try:
        yield
    finally:
        g.fence = before
        if before is None:
            g.pop("fence", None)


def present_fence() -> Fence:
    """The context's fence. Raises ``OutsideFence`` where there is none."""
    return _fence()


def _fence() -> Fence:
    fence: Fence | None = g.get("fence") if has_app_context() else None
    if fence is None:
        raise OutsideFence("scoped data was touched outside a fence")
    return fence


def _readable() -> list[int]:
    return sorted(_fence().readable)


def _writable() -> list[int]:
    return sorted(_fence().writable)


def _person() -> int:
    return _fence().person_id or 0


_READ = bindparam("fence_read", expanding=True, callable_=_readable, type_=BigId)
_WRITE = bindparam("fence_write", expanding=True, callable_=_writable, type_=BigId)
_OWN_IN = bindparam("fence_own", expanding=True, callable_=_readable, type_=BigId)
_FENCE_BINDS = frozenset({"fence_read", "fence_write", "fence_own"})

_read_criteria = with_loader_criteria(
    SpaceScoped,
    lambda cls: cls.space_id.in_(_READ),
    include_aliases=True,
    propagate_to_loaders=True,
    track_closure_variables=False,
)


def scoped_tables() -> frozenset[Any]:
    """Every mapped table whose rows stand in a space."""
    found = current_app.extensions.get("portal.scoped_tables") if has_app_context() else None
    if found is None:
        found = frozenset(
            mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, SpaceScoped)
        )
        if has_app_context():
            current_app.extensions["portal.scoped_tables"] = found
    return found


def _write_condition(cls: Any) -> Any:
    if issubclass(cls, PersonalSpaceScoped):
        own = cls.space_id.in_(_OWN_IN) & (
            cls.person_id == bindparam("fence_person", callable_=_person, type_=BigId)
        )
        return or_(cls.space_id.in_(_WRITE), own)
    return cls.space_id.in_(_WRITE)


def _check_row(cls: type, values: Mapping[str, Any]) -> None:
    """Refuse a row for a space that the fence does not let be written."""
    fence = _fence()
    if fence.unscoped:
        return
    space_id = values.get("space_id")
    if space_id in fence.writable:
        return
    own = issubclass(cls, PersonalSpaceScoped) and values.get("person_id") == fence.person_id is not None
    if own and space_id in fence.readable:
        return
    raise OutsideFence(f"a row of {cls.__name__} was written to a space that is not the actor's to write")


@event.listens_for(Session, "do_orm_execute")
def _fence_statement(state: ORMExecuteState) -> None:
    if has_app_context():
        fence: Fence | None = g.get("fence")
        if fence is not None and fence.unscoped:
            return
    if state.is_select:
        state.statement = state.statement.options(_read_criteria)
        return
    mapper = state.bind_mapper if state.is_orm_statement else None
    cls = mapper.class_ if mapper is not None else None
    if cls is None or not issubclass(cls, SpaceScoped):
        return
    if state.is_insert:
        rows = _insert_rows(state)
        for row in rows:
            _check_row(cls, row)
        state.update_execution_options(**{CHECKED: True})
    elif state.is_update or state.is_delete:
        if isinstance(state.parameters, (list, tuple)):
            raise OutsideFence("bulk update by primary key passes the fence; use update().where()")
        statement: Any = state.statement
        state.statement = statement.where(_write_condition(cls)).options(_read_criteria)


def _insert_rows(state: ORMExecuteState) -> list[dict[str, Any]]:
    """The rows of an insert; refuses those whose space cannot be seen, and unguarded upserts."""
    statement: Any = state.statement
    clause = getattr(statement, "_post_values_clause", None)
    changes = getattr(clause, "update_values_to_set", None)
    if changes is not None and not state.execution_options.get("portal_guarded_upsert"):
        raise OutsideFence("ON CONFLICT DO UPDATE can take over a foreign row; use tenancy.upsert()")
    if statement.select is not None:
        raise OutsideFence("INSERT … SELECT hides the spaces it writes to")
    parameters = state.parameters
    if isinstance(parameters, Mapping):
        parameters = [parameters]
    rows: list[dict[str, Any]] = [dict(row) for row in parameters or []]
    values = statement._values or {}
    if values:
        plain = {column.key: getattr(value, "value", value) for column, value in values.items()}
        rows = [{**plain, **row} for row in rows] or [plain]
    for many in statement._multi_values or ():
        rows.extend({getattr(key, "key", key): value for key, value in row.items()} for row in many)
    if not rows:
        raise OutsideFence("an insert whose rows cannot be seen")
    return rows


def upsert(cls: Any, values: Mapping[str, Any], *, keys: Iterable[str], change: Iterable[str]) -> None:
    """Insert a row, or change ``change`` of the row with the same ``keys`` — only where it stands in the same space.

    Raises ``OutsideFence`` for a space that may not be written. Works alike on SQLite and PostgreSQL.
    """
    insert: Any = sqlite.insert if is_sqlite() else postgresql.insert
    statement = insert(cls).values(**values)
    same_space = cls.__table__.c.space_id == statement.excluded.space_id
    statement = statement.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: getattr(statement.excluded, name) for name in change},
        where=same_space,
    )
    db.session.execute(statement, execution_options={"portal_guarded_upsert": True})


@event.listens_for(Session, "before_flush")
def _fence_flush(session: Session, context: Any, instances: Any) -> None:
    for row in session.new:
        if isinstance(row, SpaceScoped):
            _check_row(type(row), {"space_id": row.space_id, "person_id": getattr(row, "person_id", None)})
    for row in list(session.dirty) + list(session.deleted):
        if isinstance(row, SpaceScoped) and (row in session.deleted or session.is_modified(row)):
            state: Any = Base.registry.mappers and row._sa_instance_state  # type: ignore[attr-defined]
            history = state.attrs.space_id.history
            spaces = set(history.deleted or ()) | {row.space_id}
            for space_id in spaces:
                _check_row(type(row), {"space_id": space_id, "person_id": getattr(row, "person_id", None)})


# --- the proof -----------------------------------------------------------------------------------------------


def install_proof(engine: Engine) -> None:
    """Let ``engine`` note, while it compiles, every scoped table that a SELECT reads without the fence.

    Compiling is the only place that sees each nested SELECT as it is sent, and it happens once per cached statement.
    """
    plain: Any = engine.dialect.statement_compiler

    class ProvingCompiler(plain):
        """The dialect's compiler, taking notes."""

        portal_missing: tuple[str, ...] = ()

        def _compose_select_body(
            self,
            text: Any,
            select_stmt: Any,
            compile_state: Any,
            inner: Any,
            froms: Any,
            *rest: Any,
            **more: Any,
        ) -> Any:
            missing = unfenced_sources(select_stmt, froms)
            if missing:
                self.portal_missing = (*self.portal_missing, *missing)
            return super()._compose_select_body(text, select_stmt, compile_state, inner, froms, *rest, **more)

    engine.dialect.statement_compiler = ProvingCompiler


@event.listens_for(Engine, "before_cursor_execute")
def _prove(
    conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    compiled: Any = getattr(context, "compiled", None)
    if compiled is None or compiled.statement is None:
        return  # BEGIN, pragmas, DDL: no expression, no ORM; driver SQL is guarded by a lint rule
    problem = getattr(compiled, "_portal_problem", None)
    if problem is None:
        problem = _problem_of(compiled)
        compiled._portal_problem = problem
    if not problem or context.execution_options.get(UNFENCED) or _is_unscoped():
        return
    if problem == CHECKED:
        options = context.execution_options
        # the hook has checked these rows, or the unit of work sends what passed before_flush
        if options.get(CHECKED) or options.get("compiled_cache") is not None:
            return
        problem = f"an unchecked change of {compiled.statement.table.name}"
    raise OutsideFence(problem)


def _is_unscoped() -> bool:
    fence: Fence | None = g.get("fence") if has_app_context() else None
    return fence is not None and fence.unscoped is not None


def _problem_of(compiled: Any) -> str:
    """What is wrong with a compiled statement: "" for nothing, ``CHECKED`` for a change whose rows must be checked."""
    statement = compiled.statement
    if isinstance(statement, TextClause):
        return "text() cannot be fenced; state why in the execution option portal_unfenced"
    missing = getattr(compiled, "portal_missing", ())
    if missing:
        return f"{', '.join(missing)} read without the fence"
    for element in visitors.iterate(statement):
        if isinstance(element, TextClause) and not _harmless_text(element):
            return "text() inside a statement cannot be fenced"
    if isinstance(statement, (Insert, Update, Delete)) and statement.table in scoped_tables():
        where = getattr(statement, "whereclause", None)
        if isinstance(statement, Insert) or statement.table not in _fenced_in(where):
            return CHECKED
    return ""


def _harmless_text(element: TextClause) -> bool:
    words = element.text.upper()
    return "SELECT" not in words and "FROM" not in words


def unfenced_sources(select: Any, froms: Iterable[Any]) -> tuple[str, ...]:
    """The names of scoped tables among ``froms`` that ``select`` reads without the fence's condition."""
    scoped = scoped_tables()
    sources: set[Any] = set()
    fenced = {table for clause in select._where_criteria for table in _fenced_in(clause)}
    for source in froms:
        _collect(source, scoped, sources, fenced)
    return tuple(sorted(str(getattr(missing, "name", missing)) for missing in sources - fenced))


def _collect(source: Any, scoped: frozenset[Any], sources: set[Any], fenced: set[Any]) -> None:
    if isinstance(source, Join):
        _collect(source.left, scoped, sources, fenced)
        _collect(source.right, scoped, sources, fenced)
        fenced |= _fenced_in(source.onclause)
    elif isinstance(source, AliasedReturnsRows) and isinstance(source.element, TableClause):
        if source.element in scoped:
            sources.add(source)
    elif isinstance(source, TableClause) and source in scoped:
        sources.add(source)


def _fenced_in(clause: Any) -> set[Any]:
    """The tables (and aliases) for which ``clause`` holds ``space_id IN (fence)``."""
    found: set[Any] = set()
    if clause is None:
        return found
    for element in visitors.iterate(clause):
        if isinstance(element, BinaryExpression) and isinstance(element.left, ColumnClause):
            right = element.right
            if (
                isinstance(right, BindParameter)
                and right.key in _FENCE_BINDS
                and element.left.name == "space_id"
            ):
                found.add(element.left.table)
    return found
