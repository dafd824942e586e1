"""Writes ``docs/generated/``: permissions, events, settings and addresses, from the code itself.

``python -m docs.generate`` writes; ``tests/contract/test_documentation.py`` holds the files to it.
"""

from __future__ import annotations

import ast
from pathlib import Path

from flask import Flask

from portal.core import commands, events, permissions

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent / "generated"

SETTINGS = {
    "PORTAL_ENV": "demo, production or test",
    "PORTAL_SECRET_KEY": "32 random characters at least; needed in production",
    "PORTAL_DATABASE_URL": "sqlite:///… or postgresql+psycopg://…",
    "PORTAL_REDIS_URL": "empty: counts and presence in the process",
    "PORTAL_STORAGE_URL": "file:///folder",
    "PORTAL_MAIL_URL": "console:, file:///folder or smtp://user:pw@host:port?starttls=1",
    "PORTAL_MAIL_FROM": "the sender of every mail",
    "PORTAL_BASE_URL": "the address by which people reach the portal; https in production",
    "PORTAL_CLAMD_URL": "a virus scanner; not used yet",
    "PORTAL_PROXIES": "how many proxies stand in front and are believed",
    "PORTAL_INSTANCE": "the folder of the demonstration's database and files",
    "PORTAL_THREADS": "threads and database connections of one process",
    "PORTAL_SOCKETS": "open sockets of one process at most; below the threads",
    "PORTAL_WORKER_INSIDE": "1: the server runs the worker too (the demonstration)",
    "PORTAL_ATTACHMENT_LIMIT": "bytes of one attached file at most",
    "PORTAL_SESSION_HOURS": "how long a sign-in lasts",
    "PORTAL_CONTACT": "the address on the help pages",
    "PORTAL_DEBUG": "refused in production",
}


def settings_read() -> set[str]:
    """The names of the settings that ``config.py`` reads."""
    tree = ast.parse((ROOT / "config.py").read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("PORTAL_")
        and node.value.isupper()
        and node.value not in {"PORTAL_HTTPS"}
    }


def _first_line(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def permissions_page() -> str:
    """Each permission: its rule in words and the commands that ask it."""
    asked: dict[str, list[str]] = {}
    for name, command in commands.known_commands().items():
        if not name.startswith("portal."):
            continue  # a test's own
        asked.setdefault(str(command.portal_action), []).append(name.removeprefix("portal."))  # type: ignore[attr-defined]
    rules = permissions.policies()
    lines = ["# Permissions", "", "| permission | who may | commands |", "| --- | --- | --- |"]
    for action in sorted(permissions.Action, key=str):
        rule = rules.get(action)
        by = "<br>".join(f"`{name}`" for name in sorted(asked.get(str(action), [])))
        lines.append(f"| `{action}` | {_first_line(rule.__doc__) if rule else 'nobody'} | {by} |")
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Each event with what it says and what it carries."""
    lines = ["# Events", "", "| event | says | carries |", "| --- | --- | --- |"]
    for kind in events.known_events():
        if not kind.__module__.startswith("portal."):
            continue
        carries = ", ".join(f"`{name}`" for name in kind.__dataclass_fields__)
        place = kind.__module__.removeprefix("portal.")
        lines.append(f"| `{place}.{kind.__name__}` | {_first_line(kind.__doc__)} | {carries} |")
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Each setting in words."""
    lines = [
        "# Settings",
        "",
        "From the environment; in development also from `.env`.",
        "",
        "| setting | meaning |",
    ]
    lines.append("| --- | --- |")
    lines += [f"| `{name}` | {SETTINGS[name]} |" for name in sorted(settings_read())]
    return "\n".join(lines) + "\n"


def urls_page(app: Flask) -> str:
    """Each address: its methods, how it is reached, what it is."""
    lines = ["# Addresses", "", "| address | methods | reached by | what |", "| --- | --- | --- | --- |"]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        declared = view.portal_access.access  # type: ignore[attr-defined]
        lines.append(f"| `{rule.rule}` | {methods} | {declared} | {_first_line(view.__doc__)} |")
    return "\n".join(lines) + "\n"


def pages(app: Flask) -> dict[str, str]:
    """Every generated page by file name."""
    return {
        "permissions.md": permissions_page(),
        "events.md": events_page(),
        "settings.md": settings_page(),
        "urls.md": urls_page(app),
    }


if __name__ == "__main__":
    import config
    from portal.app import create_app

    FOLDER.mkdir(exist_ok=True)
    for file_name, text in pages(create_app(config.load({"PORTAL_ENV": "test"}))).items():
        (FOLDER / file_name).write_text(text, encoding="utf-8")
