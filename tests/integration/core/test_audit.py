"""The audit trail: written with the act, sealed into a chain, and no tampering passes unseen."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from portal.core import audit, tenancy
from portal.core.audit import AuditEntry, AuditWords
from portal.core.db import begin_write, db
from portal.forums.services import posts, threads
from portal.groups.queries import actors
from tests.support.marks import on_both
from tests.support.world import PEOPLE, POSTS, SPACES, THREADS

THREAD = THREADS["alpha/members"]


def act(person: str, work: Any, **given: Any) -> Any:
    actor = actors.find_actor_of_person(PEOPLE[person].id)
    assert actor is not None
    with tenancy.acting_as(actor):
        return work(actor, **given)


@pytest.fixture
def sealed(context: Flask) -> list[int]:
    """Three acts, sealed; the ids of their entries in order."""
    act("lead", threads.pin, thread_id=THREAD, pinned=True)
    act("member", posts.reply, thread_id=THREAD, body="Words")
    act("lead", posts.hide, post_id=POSTS["alpha/members"], reason="Names a family")
    audit.seal()
    found = list(db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.sealed)))
    db.session.rollback()
    assert len(found) >= 3
    return found


def change(**values: Any) -> Any:
    def work(entry: int) -> None:
        begin_write()
        db.session.execute(update(AuditEntry).where(AuditEntry.id == entry).values(**values))
        db.session.commit()

    return work


@on_both
def test_acts_are_recorded_by_ids_and_sealed_in_a_chain(sealed: list[int]) -> None:
    verdict = audit.verify()
    assert (verdict.checked, verdict.unsealed, verdict.broken_at) == (len(sealed), 0, None)
    rows = db.session.execute(select(AuditEntry.action, AuditEntry.person_id, AuditEntry.details)).all()
    db.session.rollback()
    assert ("forums:thread:pin", PEOPLE["lead"].id) in {(row.action, row.person_id) for row in rows}
    assert not [row for row in rows if "family" in str(row.details) or "Words" in str(row.details)]


def test_words_stand_inside_the_fence(sealed: list[int]) -> None:
    actor = actors.find_actor_of_person(PEOPLE["member"].id)
    assert actor is not None
    with tenancy.acting_as(actor):
        assert "Names a family" in db.session.scalars(select(AuditWords.words)).all()
    other = actors.find_actor_of_person(PEOPLE["other_member"].id)
    assert other is not None
    with tenancy.acting_as(other):
        assert db.session.scalars(select(AuditWords.words)).all() == []


def test_what_is_not_sealed_is_reported(sealed: list[int]) -> None:
    act("member", posts.reply, thread_id=THREAD, body="One more")
    assert audit.verify().unsealed >= 1
    assert audit.verify().broken_at is None
    audit.seal(limit=1)
    audit.seal()
    assert (audit.verify().unsealed, audit.verify().broken_at) == (0, None)


@on_both
@pytest.mark.parametrize(
    "column", ["action", "actor_kind", "subject_id", "space_id", "batch", "details", "at", "hash"]
)
def test_a_changed_entry_is_found(sealed: list[int], column: str) -> None:
    values: dict[str, Any] = {
        "action": "forums:post:edit",
        "actor_kind": "system",
        "subject_id": 1,
        "space_id": SPACES["beta/members"],
        "batch": "another",
        "details": {"how": "otherwise"},
        "at": audit.clock.now(),
        "hash": "0" * 64,
    }
    change(**{column: values[column]})(sealed[1])
    assert audit.verify().broken_at == sealed[1]


def test_a_removed_entry_and_a_changed_order_are_found(sealed: list[int]) -> None:
    begin_write()
    db.session.execute(delete(AuditEntry).where(AuditEntry.id == sealed[0]))
    db.session.commit()
    assert audit.verify().broken_at == sealed[1]


def test_the_personal_part_can_be_removed_without_a_break(sealed: list[int]) -> None:
    for entry in sealed:
        change(person_id=None)(entry)
    assert audit.verify().broken_at is None
    change(personal_digest="0" * 64)(sealed[0])
    assert audit.verify().broken_at == sealed[0]
