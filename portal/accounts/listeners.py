"""What accounts do when the administration records, suspends or re-addresses a person."""

from __future__ import annotations

from sqlalchemy import delete, update

from portal.accounts.models import ApiToken, Credential, OneTimeLink
from portal.accounts.services import sessions
from portal.core import clock
from portal.core.db import db
from portal.core.events import on
from portal.directory.events import PersonCreated, PersonEmailChanged, PersonSuspended


@on(PersonCreated)
def _prepare_account(event: PersonCreated) -> None:
    """A recorded person gets a credential without a password: a mailed reset link sets the first one."""
    db.session.add(Credential(person_id=event.person_id))
    db.session.flush()


@on(PersonSuspended)
def _end_access_of_suspended(event: PersonSuspended) -> None:
    """Nothing of a suspended person's works any more: no session, no token, no link in a mail."""
    _end_access(event.person_id)


@on(PersonEmailChanged)
def _end_access_of_changed(event: PersonEmailChanged) -> None:
    """Who gets another's new address starts anew: no session, token or link of before stands."""
    _end_access(event.person_id)


def _end_access(person_id: int) -> None:
    sessions.end_all(person_id)
    db.session.execute(
        delete(ApiToken).where(ApiToken.person_id == person_id).execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.person_id == person_id, OneTimeLink.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
