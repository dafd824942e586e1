"""What can go wrong, in words a person can act on. The edge turns each into a page or a problem+json."""

from __future__ import annotations

from collections.abc import Mapping


class PortalError(Exception):
    """Base of every refusal that is meant for a person.

    ``status`` is the HTTP status, ``title`` a short name of the kind, ``detail`` the sentence shown.
    """

    status = 400
    title = "That could not be done"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class Malformed(PortalError):
    """The request itself cannot be read (broken JSON, wrong type where no field is to blame)."""

    status = 400
    title = "The request could not be read"


class Unauthenticated(PortalError):
    """Nobody is signed in."""

    status = 401
    title = "Sign in to continue"


class Forbidden(PortalError):
    """An action refused on a thing that the actor may read. Says why."""

    status = 403
    title = "You cannot do this here"


class NotFound(PortalError):
    """Missing, or not the actor's to read: the two are one answer, word for word."""

    status = 404
    title = "Page not found"

    def __init__(self) -> None:
        super().__init__(None)


class Conflict(PortalError):
    """Somebody else was first, or the thing has changed since it was read."""

    status = 409
    title = "This has changed since you opened it"


class TooLarge(PortalError):
    """More bytes than the limit."""

    status = 413
    title = "That is too large"


class Invalid(PortalError):
    """Input refused, field by field. ``fields`` maps a field's name to the sentence shown beside it."""

    status = 422
    title = "There is a problem with what was entered"

    def __init__(self, fields: Mapping[str, str] | None = None, detail: str | None = None) -> None:
        self.fields = dict(fields or {})
        super().__init__(detail or next(iter(self.fields.values()), None))


class CaseDataFound(Invalid):
    """The text looks as if it holds a child's or family's data (domain.md, "Case data has no place here").

    ``words`` are the passages meant; the author takes them out or states that they are invented.
    """

    title = "This looks like details of a child or family"

    def __init__(self, words: tuple[str, ...], field: str = "body") -> None:
        self.words = words
        quoted = ", ".join(f"“{word}”" for word in words)
        super().__init__(
            {field: f"Take out what could identify a child or family, or say that it is invented: {quoted}"}
        )


class IdempotencyMismatch(Invalid):
    """The same key was sent before with another body."""

    title = "This key was used for something else"

    def __init__(self) -> None:
        super().__init__(None, "This key was already used for a different request. Send a new key.")


class RateLimited(PortalError):
    """Too many attempts in a while. ``retry_after`` is in seconds."""

    status = 429
    title = "Too many attempts"

    def __init__(self, detail: str | None = None, retry_after: int = 60) -> None:
        super().__init__(
            detail or "You have done this too often in a short time. Wait a minute and try again."
        )
        self.retry_after = retry_after
