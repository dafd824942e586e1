"""What the worker does now and then: seal the audit trail, forget what need not be kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from portal.core import audit, clock, commands, jobs
from portal.core.db import begin_write, db
from portal.core.spaces import Revocation

REVOCATIONS_KEPT = timedelta(days=1)
JOBS_KEPT = timedelta(days=14)


def every_few_seconds() -> None:
    """Seal what has been written to the audit trail."""
    while audit.seal() == 1000:
        pass


def every_hour() -> None:
    """Forget idempotency keys, finished jobs and revocations that every process has long seen."""
    commands.forget_old_keys()
    jobs.forget_done(clock.now() - JOBS_KEPT)
    begin_write()
    db.session.execute(delete(Revocation).where(Revocation.at < clock.now() - REVOCATIONS_KEPT))
    db.session.commit()
