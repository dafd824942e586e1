"""The one way to write: authorise, transact, publish (architecture.md, "Commands").

A command has two parts. *Prepare* parses, checks, renders and hashes while no transaction is open. *Transact* is
the decorated function, entered with the write transaction begun, the actor's rights read again and the target
found through the fence. The outermost command owns transaction, idempotency key and audit group.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from flask import current_app, g, has_app_context
from sqlalchemy import JSON, ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import audit, clock, identity, ids, spaces, tenancy
from portal.core.db import Base, begin_write, db
from portal.core.errors import Conflict, IdempotencyMismatch, NotFound, Unauthenticated
from portal.core.events import Event, deliver
from portal.core.identity import Actor
from portal.core.mixins import Created, Sequenced
from portal.core.permissions import Action, authorise
from portal.core.types import BigId

log = structlog.get_logger(__name__)
KEY_KEPT = timedelta(days=7)
R = TypeVar("R")


class IdempotencyKey(Sequenced, Created, Base):
    """What a person's key was answered with: a digest of the body and the ids of the result. Kept seven days."""

    __tablename__ = "idempotency_key"

    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    command: Mapped[str]
    key: Mapped[str]
    body_digest: Mapped[str]
    result: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("person_id", "command", "key"),)


@dataclass
class Transaction:
    """What one outermost command has done so far."""

    actor: Actor
    group: str
    events: list[Event] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


def in_transaction() -> bool:
    """Whether a write transaction is open in this context."""
    return has_app_context() and g.get("transaction") is not None


def outside_transaction(work: str) -> None:
    """Say that slow ``work`` (rendering, argon2, storage, a socket, a scan) begins.

    It must not hold the write lock: under tests this raises ``RuntimeError``, elsewhere it is logged.
    """
    if not in_transaction():
        return
    if current_app.testing:
        raise RuntimeError(f"{work} was entered while a write transaction is open")
    log.error("slow_work_in_transaction", work=work)


_registry: dict[str, Callable[..., Any]] = {}


def known_commands() -> dict[str, Callable[..., Any]]:
    """Every command by its dotted name, for docs and contract tests."""
    return dict(_registry)


def command(
    action: Action,
    *,
    target: Callable[..., Any] | None = None,
    prepare: Callable[..., dict[str, Any]] | None = None,
    result: type | None = None,
    audited: bool = True,
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Make a function the transact part of a command.

    ``target(actor, **named)`` finds the thing acted on, through the fence; it takes the keywords it names, and the
    function gets the thing as second argument in their place. It raises ``NotFound``.
    ``prepare(actor, **all)`` returns the keywords for the function, before any transaction.
    ``result``: a dataclass of ids, for commands that take ``idempotency_key``.
    ``audited=False`` is for what is nobody's business (read marks, drafts).

    The call: ``reply(actor, thread_id=…, body=…)``. Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict``.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        name = f"{function.__module__}.{function.__name__}"
        wanted = [p for p in inspect.signature(target).parameters if p != "actor"] if target else []

        @functools.wraps(function)
        def call(actor: Actor, *, idempotency_key: str | None = None, **given: Any) -> R:
            sought = {key: given[key] for key in wanted if key in given}
            digest = _digest(given) if idempotency_key else ""
            prepared = prepare(actor, **given) if prepare else given
            data = {key: value for key, value in prepared.items() if key not in wanted}

            def transact(fresh: Actor) -> R:
                key = (name, idempotency_key, digest, result) if idempotency_key and result else None
                return _transact(function, action, fresh, target, sought, data, key, audited)

            if in_transaction():
                return transact(g.transaction.actor)
            return _outermost(actor, transact)

        call.portal_action = action  # type: ignore[attr-defined]
        call.portal_idempotent = result is not None  # type: ignore[attr-defined]
        call.portal_audited = audited  # type: ignore[attr-defined]
        _registry[name] = call
        return call

    return decorate


def _outermost(actor: Actor, transact: Callable[[Actor], R]) -> R:
    attempts = 3
    for attempt in range(attempts):
        try:
            begin_write()
            g.transaction = Transaction(actor, ids.token()[:16])
            value = transact(actor)
            db.session.commit()
        except (IntegrityError, OperationalError) as error:
            db.session.rollback()
            if attempt + 1 < attempts and _worth_retrying(error):
                continue
            if isinstance(error, IntegrityError):
                raise Conflict() from error
            raise
        except BaseException:
            db.session.rollback()
            raise
        else:
            done: Transaction = g.transaction
            g.transaction = None
            deliver(done.events)
            for work in done.after:
                work()
            return value
        finally:
            g.transaction = None
    raise AssertionError("unreachable")


def _transact(
    function: Callable[..., R],
    action: Action,
    actor: Actor,
    target: Callable[..., Any] | None,
    sought: dict[str, Any],
    data: dict[str, Any],
    key: tuple[str, str, str, type] | None,
    audited: bool,
) -> R:
    if actor.kind == "person":
        tenancy.set_fence(actor)
    thing = target(actor, **sought) if target else None
    space_id = getattr(thing, "space_id", None)
    if space_id is not None:
        spaces.lock_for_use(space_id)
    if actor.kind == "person":
        fresh = identity.loaders().reload(actor)
        if fresh is None:
            raise Unauthenticated()
        actor = fresh
        tenancy.set_fence(actor)
        g.transaction.actor = actor
    if space_id is not None and not actor.reads(space_id) and actor.kind != "operator":
        raise NotFound()
    authorise(actor, action, thing)
    if key is not None:
        before: R | None = _replay(actor, *key)
        if before is not None:
            return before
    value = function(actor, thing, **data) if target else function(actor, **data)
    if key is not None:
        name, text, digest, _ = key
        db.session.add(
            IdempotencyKey(
                person_id=actor.person_id,
                command=name,
                key=text,
                body_digest=digest,
                result=dataclasses.asdict(value),  # type: ignore[call-overload]
            )
        )
    if audited:
        audit.record(
            actor,
            action=str(action),
            group=g.transaction.group,
            space_id=space_id,
            subject=type(thing).__name__.lower() if thing is not None else "",
            subject_id=getattr(thing, "id", None) or getattr(value, "id", None),
        )
    db.session.flush()
    return value


def _replay(actor: Actor, name: str, key: str, digest: str, result: type) -> Any:
    row = db.session.execute(
        select(IdempotencyKey.body_digest, IdempotencyKey.result).where(
            IdempotencyKey.person_id == actor.person_id,
            IdempotencyKey.command == name,
            IdempotencyKey.key == key,
        )
    ).first()
    if row is None:
        return None
    if row.body_digest != digest:
        raise IdempotencyMismatch()
    return result(**{**row.result, "replayed": True})


def after_this(work: Callable[[], None]) -> None:
    """Run ``work`` once the present command has committed."""
    g.transaction.after.append(work)


def _digest(given: dict[str, Any]) -> str:
    text = json.dumps(given, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _worth_retrying(error: IntegrityError | OperationalError) -> bool:
    """A drawn number that was taken, the same key sent twice at once, a deadlock, a serialization failure."""
    text = str(error.orig).lower()
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, OperationalError):
        return state in {"40001", "40P01"}
    return "idempotency_key" in text or "pk_" in text or ".id" in text


def forget_old_keys(before: datetime | None = None) -> int:
    """Delete keys older than seven days; how many. Run by the worker."""
    limit = before or clock.now() - KEY_KEPT
    done = db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < limit))
    db.session.commit()
    return int(getattr(done, "rowcount", 0))
