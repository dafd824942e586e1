"""Reading JSON payloads: a schema for each, errors at the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError

from portal.core.errors import Invalid, Malformed
from portal.web.edge import json_body

V = TypeVar("V", bound=Callable[..., Any])
KEY_MAX = 200


class Payload(Schema):
    """Base of all payloads: what is not known is left out, what is wrong is said at its field."""

    class Meta:
        """Unknown names are ignored, so that newer clients can talk to older servers."""

        unknown = EXCLUDE


def first_sentences(problems: Any) -> dict[str, str]:
    """marshmallow's nested messages as one sentence a field."""
    if not isinstance(problems, dict):
        return {"body": str(problems)}
    found: dict[str, str] = {}
    for name, said in problems.items():
        while isinstance(said, dict) and said:
            said = next(iter(said.values()))
        found[str(name)] = str(said[0] if isinstance(said, list) and said else said)
    return found


def check(schema: Schema, data: Any) -> dict[str, Any]:
    """``data`` as ``schema`` wants it. Raises ``Invalid`` field by field."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise Invalid(first_sentences(error.messages)) from error
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise Malformed() from error
    return loaded


def payload(schema: Schema) -> dict[str, Any]:
    """The request's JSON object as ``schema`` wants it. Raises ``Malformed`` or ``Invalid``."""
    return check(schema, json_body())


def idempotency_key() -> str | None:
    """The ``Idempotency-Key`` header. Raises ``Invalid`` for one that is too long."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise Invalid({"Idempotency-Key": f"A key has 1 to {KEY_MAX} characters."})
    return key


def query_words(name: str, most: int = 200) -> str | None:
    """A query parameter; None where it is not given or empty. Raises ``Invalid`` for what no database can hold."""
    words = request.args.get(name)
    if words and (len(words) > most or "\x00" in words):
        raise Invalid({name: "This is no word that can be looked for."})
    return words or None


def query_number(name: str, default: int = 0, most: int = 2**31 - 1) -> int:
    """A query parameter that is a whole number, between 0 and ``most``; ``default`` for anything else."""
    return max(0, min(request.args.get(name, default, type=int), most))


def describes(
    *,
    body: Schema | None = None,
    form: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    status: int = 200,
    keyed: bool = False,
) -> Callable[[V], V]:
    """Attach to a view what the API's description says of it.

    ``body``: the JSON payload; ``form``: the fields of a multipart one, by type ("binary" for a file); ``query``: the
    parameters by type; ``status``: that of success; ``keyed``: it takes an ``Idempotency-Key``.
    """

    def decorate(view: V) -> V:
        view.portal_described = {  # type: ignore[attr-defined]
            "body": body,
            "form": form,
            "query": query or {},
            "status": status,
            "keyed": keyed,
        }
        return view

    return decorate
