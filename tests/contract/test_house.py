"""The house as architecture.md has it, read from the metadata, the registries, the templates and the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.core import access, commands, permissions
from portal.core.db import Base
from portal.core.tenancy import SpaceScoped
from tests.contract.matrix import ROWS
from tests.contract.sweep import address, browser, methods, rules

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "portal"

OPEN_TABLES = {
    "account_mail": "mail about an account: no words of a space",
    "api_token": "a way in",
    "audit_entry": "ids and kinds of all spaces; its words stand in audit_words",
    "auth_session": "a sign-in",
    "break_glass": "an administrator's access to a group: its reason is for the lead and the record",
    "credential": "a person's secrets",
    "deployment": "directory: which authority runs which product",
    "idempotency_key": "a person's own keys and the ids of what they made",
    "invitation": "an account to be",
    "job": "ids only",
    "join_request": "a group's management, shown to its keepers by its queries",
    "last_look": "a person's own moment",
    "membership": "the rights themselves",
    "notification_preference": "a person's own switch",
    "one_time_link": "an account's links",
    "organisation": "directory",
    "person": "directory",
    "product": "directory",
    "recovery_code": "a person's secrets",
    "revocation": "a right that ended: ids",
    "space": "the spaces themselves",
    "user_group": "the groups themselves: their cards",
}
"""Tables whose rows stand in no space, each with the reason."""
COLUMNS_WITHOUT_KEY = {
    (
        "draft",
        "thread_id",
    ): "where a draft was begun: read by its owner, and the thread again through the fence",
    ("invented_statement", "attachment_id"): "an author's statement outlives the file that it was made of",
    ("invented_statement", "post_id"): "an author's statement outlives the post that it was made of",
    (
        "post",
        "reply_to_id",
    ): "posts.reply takes a post of the same thread alone; joined on the space when it is read",
    ("search_row", "subject_id"): "of any kind of thing",
    ("thread", "merged_into_id"): "threads.merge takes two threads of one space; read through the fence",
    (
        "thread_event",
        "post_id",
    ): "a number for catching up: the post is read through the fence when it is told",
}
"""Columns of scoped tables that name a row and hold no composite key, with the reason."""


# --- tables ---------------------------------------------------------------------------------------------------


def mapped() -> list[Any]:
    return sorted(Base.registry.mappers, key=lambda mapper: mapper.local_table.name)  # type: ignore[attr-defined]


def test_every_content_table_stands_in_a_space(app: Flask) -> None:
    unscoped = {m.local_table.name for m in mapped() if not issubclass(m.class_, SpaceScoped)}
    assert unscoped - set(OPEN_TABLES) == set(), "make them SpaceScoped, or give the reason here"
    for mapper in mapped():
        if issubclass(mapper.class_, SpaceScoped):
            assert mapper.local_table.c.space_id.nullable is False, mapper.local_table.name


def test_no_child_can_stand_in_another_space_than_its_parent(app: Flask) -> None:
    scoped = {m.local_table for m in mapped() if issubclass(m.class_, SpaceScoped)}
    for table in scoped:
        for key in table.foreign_key_constraints:
            parent = key.referred_table
            if parent in scoped:
                assert {"space_id"} < set(key.column_keys), f"{table.name} → {parent.name} without the space"
                assert "space_id" in {element.column.name for element in key.elements}, table.name
        keyed = {column for key in table.foreign_key_constraints for column in key.column_keys}
        for column in table.c:
            if column.name.endswith("_id") and column.name not in keyed:
                assert (table.name, column.name) in COLUMNS_WITHOUT_KEY, (
                    f"{table.name}.{column.name} has no key"
                )


def test_every_table_is_mapped_and_no_relationship_loads_by_itself(app: Flask) -> None:
    tables = {m.local_table.name for m in mapped()}
    assert set(Base.metadata.tables) == tables, "no plain association tables"
    for mapper in mapped():
        for relationship in mapper.relationships:
            assert relationship.lazy in {"raise_on_sql", "joined", "selectin"}, relationship


# --- commands and policies ------------------------------------------------------------------------------------


def test_every_command_has_a_policy_and_every_action_one(app: Flask) -> None:
    ruled = set(permissions.policies())
    for name, command in commands.known_commands().items():
        assert command.portal_action in ruled, f"{name} has no policy"  # type: ignore[attr-defined]
    unruled = {str(action) for action in permissions.Action if action not in ruled}
    assert unruled == set()
    used = {str(command.portal_action) for command in commands.known_commands().values()}  # type: ignore[attr-defined]
    unused = {str(action) for action in permissions.Action} - used
    assert unused == set(), "actions that no command asks for"


def test_actions_stand_in_alphabetical_order() -> None:
    names = [action.name for action in permissions.Action]
    assert names == sorted(names)


# --- a GET writes nothing -------------------------------------------------------------------------------------


@pytest.fixture
def writes() -> Iterator[list[str]]:
    """Every statement that is no reading one, while a test runs."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if re.match(r"\s*(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|REPLACE)", statement, re.IGNORECASE):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


READ_ON_RECORD = {"admin.audit", "admin.audit_file"}
"""Sensitive reading is itself recorded, before the answer."""


def test_a_get_writes_nothing(app: Flask, writes: list[str]) -> None:
    access.forget()
    written: dict[str, list[str]] = {}
    for person in ("lead", "administrator", "supplier"):
        client = browser(app, person)
        for endpoint in sorted(ROWS):
            for rule in rules(app, endpoint):
                if "GET" not in methods(rule):
                    continue
                writes.clear()
                app.extensions["portal.limiter"].storage.reset()
                for space in ("alpha/members", "alpha/supplier"):
                    client.get(address(app, rule, space))
                if endpoint in READ_ON_RECORD:
                    writes[:] = [one for one in writes if not one.startswith("INSERT INTO audit_entry ")]
                if writes:
                    written[f"{person} {rule.rule}"] = list(writes)
    assert written == {}


def test_a_write_would_be_noticed(app: Flask, writes: list[str]) -> None:
    app.extensions["portal.limiter"].storage.reset()
    client = browser(app, "anonymous")
    page = client.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    client.post("/reset", data={"csrf_token": token.group(1), "email": "asha.fenn@northmoor.example"})
    assert any("one_time_link" in statement for statement in writes)


# --- templates ------------------------------------------------------------------------------------------------


def templates() -> Iterator[tuple[str, str]]:
    for path in sorted(PORTAL.rglob("templates/**/*.html")):
        inside = path.relative_to(PORTAL).as_posix()
        if path.name.startswith("_") or "/components/" in inside or "/layouts/" in inside:
            continue
        yield inside, path.read_text()


def test_every_page_extends_a_layout_and_has_a_title() -> None:
    found = dict(templates())
    assert len(found) > 40
    parents = set(re.findall(r"{%-?\s*extends\s+[\"']([^\"']+)", "".join(found.values())))
    for name, text in found.items():
        parent = re.search(r"{%-?\s*extends\s+[\"']?(layout\b|[^\"']+)[\"']?", text)
        assert parent, f"{name} extends nothing"
        layout = parent.group(1).startswith(
            "layout"
        )  # by name, or as the view gives it (with a space's banner or not)
        assert layout or parent.group(1) in {n.split("templates/")[1] for n in found}, name
        titled = re.search(r"{%-?\s*block\s+\w*title\b|{%-?\s*set\s+(?:page_)?title\b", text)
        assert titled or name.split("templates/")[1] in parents, f"{name} has no title"


# --- the source -----------------------------------------------------------------------------------------------

RAW_SQL = {
    "portal/web/views.py": "the probe asks SELECT 1",
    "portal/search/partitions.py": "full-text tables are named by their space",
    "portal/groups/models.py": "the conditions of partial indexes",
    "portal/forums/models/threads.py": "the condition of a partial index",
}
TABLES = {
    "portal/core/tenancy.py": "the fence itself",
}
UNFENCED = {
    "portal/core/tenancy.py": "defines it",
    "portal/web/views.py": "the probe",
    "portal/search/partitions.py": "full-text tables are named by their space; the spaces come from the fence",
}
UNSCOPED = {
    "portal/core/tenancy.py": "defines it",
    "portal/admin/cli.py": "command line",
    "portal/directory/cli.py": "command line",
    "portal/search/cli.py": "command line",
    "portal/demo/cli.py": "command line",
    "portal/forums/cli.py": "command line",
}
EMITS = {"portal/realtime/hub.py": "the one way out"}
DRIVER_SQL = {"portal/core/db.py": "BEGIN IMMEDIATE"}


def _names_of(call: ast.Call) -> tuple[str, str]:
    """What a call calls: (whose, what)."""
    if isinstance(call.func, ast.Name):
        return "", call.func.id
    if isinstance(call.func, ast.Attribute):
        return ast.unparse(call.func.value), call.func.attr
    return "", ""


def calls(source: str) -> Iterator[tuple[str, str]]:
    """Every call in a source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield _names_of(node)


def gets_by_identity(source: str) -> bool:
    """``session.get`` answers from the identity map, past the hook."""
    return any(what in {"get", "get_one"} and whose.endswith("session") for whose, what in calls(source))


def speaks_raw_sql(source: str) -> bool:
    """``text()`` of SQLAlchemy, however it was imported."""
    tree = ast.parse(source)
    imported = any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and any(alias.name == "text" for alias in node.names)
        for node in ast.walk(tree)
    )
    modules = any(what == "text" and whose in {"sa", "sqlalchemy", "db"} for whose, what in calls(source))
    return imported or modules


def touches_tables(source: str) -> bool:
    """A mapped class's table, past the ORM."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "__table__" for node in ast.walk(ast.parse(source))
    )


def connects(source: str) -> bool:
    """``session.connection()`` executes past the hook."""
    return any(what == "connection" and whose.endswith("session") for whose, what in calls(source))


def speaks_to_the_driver(source: str) -> bool:
    return any(what == "exec_driver_sql" for _, what in calls(source))


def emits(source: str) -> bool:
    """Only the hub says anything to a socket."""
    return any(what in {"emit", "_emit", "send"} and "mail" not in whose for whose, what in calls(source))


def leaves_the_fence(source: str) -> bool:
    tree = ast.parse(source)
    return any(
        (isinstance(node, ast.Name) and node.id == "UNFENCED")
        or (isinstance(node, ast.Attribute) and node.attr == "UNFENCED")
        or (isinstance(node, ast.Constant) and node.value == "portal_unfenced")
        for node in ast.walk(tree)
    )


def works_unscoped(source: str) -> bool:
    return any(what == "unscoped" for _, what in calls(source))


def imports_inside_functions(source: str) -> bool:
    return any(
        isinstance(inner, (ast.Import, ast.ImportFrom))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for inner in ast.walk(node)
    )


GUARDS: dict[str, tuple[Any, Iterable[str], str]] = {
    "session.get": (gets_by_identity, {}, "x = db.session.get(Thread, 1)"),
    "text()": (speaks_raw_sql, RAW_SQL, "from sqlalchemy import select, text"),
    "sa.text()": (speaks_raw_sql, RAW_SQL, "import sqlalchemy as sa\nx = sa.text('SELECT 1')"),
    "__table__": (touches_tables, TABLES, "x = select(Thread.__table__.c.id)"),
    "session.connection()": (
        connects,
        {"portal/core/db.py": "begins the write transaction"},
        "db.session.connection().execute(x)",
    ),
    "exec_driver_sql": (speaks_to_the_driver, DRIVER_SQL, "connection.exec_driver_sql('SELECT 1')"),
    "emit": (emits, EMITS, "socketio.emit('thread:event', {})"),
    "portal_unfenced": (leaves_the_fence, UNFENCED, "options = {'portal_unfenced': 'why'}"),
    "unscoped": (works_unscoped, UNSCOPED, "with tenancy.unscoped('why'):\n    pass"),
    "imports inside functions": (imports_inside_functions, {}, "def f():\n    import portal.app"),
}


@pytest.mark.parametrize("name", GUARDS)
def test_the_source_keeps_to_the_one_way(name: str) -> None:
    guard, allowed, _ = GUARDS[name]
    found = {
        path.relative_to(ROOT).as_posix() for path in sorted(PORTAL.rglob("*.py")) if guard(path.read_text())
    }
    assert found - set(allowed) == set()


@pytest.mark.parametrize("name", GUARDS)
def test_the_guard_can_fail(name: str) -> None:
    guard, _, bad = GUARDS[name]
    assert guard(bad)
    assert not guard(
        "from sqlalchemy import select\nx = {}.get('a')\ny = db.session.scalar(select(Thread.id))"
    )


@pytest.mark.parametrize("layer", ["views", "api", "sockets"])
def test_edges_import_no_models_and_no_session_for_writing(layer: str) -> None:
    below = {"queries", "services"}
    paths = [
        p
        for p in PORTAL.rglob("*.py")
        if (p.stem == layer or p.parent.name == layer) and p.parent.name not in below
    ]
    assert paths
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("portal"):
                assert ".models" not in f".{node.module}", f"{path.relative_to(ROOT)} imports {node.module}"


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "helpers", "common", "managers", "misc"}
    assert not [path for path in PORTAL.rglob("*") if path.stem in vague]
