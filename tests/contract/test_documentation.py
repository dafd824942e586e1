"""What is not documented fails: the generated pages agree with the code, and every public thing says what it is."""

from __future__ import annotations

import pytest
from flask import Flask

from docs import generate
from portal.core import commands, permissions


@pytest.mark.parametrize("name", ["permissions.md", "events.md", "settings.md", "urls.md"])
def test_a_generated_page_agrees_with_the_code(app: Flask, name: str) -> None:
    stands = (generate.FOLDER / name).read_text(encoding="utf-8")
    assert stands == generate.pages(app)[name], "run `make docs`"


def test_every_setting_is_explained_and_none_that_is_not_read() -> None:
    assert generate.settings_read() == set(generate.SETTINGS)


def test_every_action_has_a_rule_that_says_who_may(app: Flask) -> None:
    rules = permissions.policies()
    assert [action for action in permissions.Action if action not in rules] == []
    assert [str(action) for action, rule in rules.items() if not (rule.__doc__ or "").strip()] == []


def test_every_command_says_what_it_does(app: Flask) -> None:
    silent = [
        name
        for name, command in commands.known_commands().items()
        if name.startswith("portal.") and not (command.__doc__ or "").strip()
    ]
    assert silent == []
