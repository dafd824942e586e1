"""Stepping into people's fences to call the forums' commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from portal.core import tenancy
from portal.core.db import db
from portal.core.identity import Actor
from portal.forums.models import (
    Thread,
)
from tests.support.world import PEOPLE, THREADS

HERE = "alpha/members"


def actor(person: str) -> Actor:
    found: Actor = current_app.extensions["portal.find_actor"].of_person(PEOPLE[person].id)
    db.session.rollback()
    return found


@pytest.fixture
def acting(context: Flask) -> Iterator[Callable[[str], Actor]]:
    """Step into a person's fence."""

    def step(person: str) -> Actor:
        found = actor(person)
        tenancy.set_fence(found)
        return found

    yield step
    tenancy.clear_fence()


def thread_row(name: str = HERE) -> Any:
    db.session.rollback()
    return db.session.execute(
        select(Thread.post_count, Thread.last_position, Thread.change_number).where(
            Thread.id == THREADS[name]
        )
    ).one()
