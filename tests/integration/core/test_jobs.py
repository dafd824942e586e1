"""Due jobs: leased once, put off with a growing pause, run inside the fence of their one space."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.core import clock, jobs, tenancy
from portal.core.db import begin_write, db
from portal.core.jobs import Job
from portal.forums.models import Thread
from tests.support.marks import on_both
from tests.support.world import SPACES, THREADS

KIND = "tests.core"


@pytest.fixture
def handler() -> Iterator[Callable[[jobs.Handler], None]]:
    """Registers who does the jobs of this test."""

    def register(work: jobs.Handler) -> None:
        jobs._handlers[KIND] = work

    yield register
    jobs._handlers.pop(KIND, None)


def queue(key: str, **more: Any) -> None:
    begin_write()
    jobs.enqueue(KIND, key, **more)
    db.session.commit()


def row(key: str) -> Any:
    found = db.session.execute(
        select(Job.attempts, Job.done_at, Job.due_at, Job.leased_until, Job.failure).where(Job.key == key)
    ).one()
    db.session.rollback()
    return found


@on_both
def test_a_job_runs_once_and_its_key_queues_it_once(context: Flask, handler: Any) -> None:
    seen: list[dict[str, Any]] = []
    handler(seen.append)
    for number in (1, 2):
        queue("tests:once", number=number)
    jobs.run_due()
    jobs.run_due()
    assert seen == [{"number": 1}]
    assert row("tests:once").done_at is not None


@on_both
def test_two_workers_lease_a_job_once(app: Flask, handler: Any) -> None:
    seen: list[Any] = []
    handler(lambda payload: seen.append(payload["n"]))
    with app.app_context():
        for number in range(30):
            queue(f"tests:{number}", n=number)

    def work() -> int:
        with app.app_context():
            return sum(jobs.run_due(limit=5) for _ in range(8))

    with ThreadPoolExecutor(3) as pool:
        done = [future.result(30) for future in [pool.submit(work) for _ in range(3)]]
    assert sorted(seen) == list(range(30))
    assert sum(done) >= 30


@on_both
def test_a_failure_is_put_off_with_a_growing_pause(context: Flask, handler: Any) -> None:
    def fail(payload: dict[str, Any]) -> None:
        raise ValueError("no words of a person in here")

    handler(fail)
    queue("tests:fails")
    pauses = []
    for _ in range(3):
        jobs.run_due()
        found = row("tests:fails")
        assert (found.done_at, found.leased_until, found.failure) == (None, None, "ValueError")
        pauses.append((found.due_at - clock.now()).total_seconds())
        begin_write()
        db.session.execute(update(Job).where(Job.key == "tests:fails").values(due_at=clock.now()))
        db.session.commit()
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    assert [job.key for job in jobs.stuck()] == ["tests:fails"]


def test_a_lease_that_ran_out_is_taken_again(context: Flask, handler: Any) -> None:
    seen: list[Any] = []
    handler(seen.append)
    queue("tests:died")
    begin_write()
    held = clock.now() + timedelta(seconds=60)
    db.session.execute(update(Job).where(Job.key == "tests:died").values(leased_until=held, attempts=1))
    db.session.commit()
    jobs.run_due()
    assert seen == [], "somebody else has it"
    begin_write()
    past = clock.now() - timedelta(seconds=1)
    db.session.execute(update(Job).where(Job.key == "tests:died").values(leased_until=past))
    db.session.commit()
    jobs.run_due()
    assert len(seen) == 1


@on_both
def test_a_job_reads_its_own_space_and_no_other(context: Flask, handler: Any) -> None:
    seen: list[Any] = []
    handler(lambda payload: seen.extend(db.session.scalars(select(Thread.id))))
    queue("tests:space", space_id=SPACES["alpha/supplier"])
    jobs.run_due()
    assert seen == [THREADS["alpha/supplier"]]
    queue("tests:nowhere")
    jobs.run_due()
    assert row("tests:nowhere").failure is not None, "without a space there is no fence"
    with pytest.raises(tenancy.OutsideFence):
        tenancy.present_fence()


def test_done_jobs_are_forgotten(context: Flask, handler: Any) -> None:
    handler(lambda payload: None)
    queue("tests:done")
    jobs.run_due()
    assert jobs.forget_done(clock.now() - timedelta(days=1)) == 0
    assert jobs.forget_done(clock.now() + timedelta(seconds=1)) >= 1
