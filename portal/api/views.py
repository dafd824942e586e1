"""``/api/v1/openapi.json``: the API described from its own views."""

from __future__ import annotations

import re
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, current_app, jsonify

from portal import __version__
from portal.api.payload import KEY_MAX
from portal.web.edge import Access, access

bp = Blueprint("api", __name__)
PROBLEM = {
    "description": "A problem (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["title", "status"],
                "properties": {
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "reference": {"type": "string"},
                    "errors": {"type": "array", "items": {"type": "object"}},
                },
            }
        }
    },
}
PLAIN: dict[str, Any] = {"body": None, "form": None, "query": {}, "status": 200, "keyed": False}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same body returns the first answer; with another body 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX},
}
CODES = {"400", "401", "403", "404", "409", "413", "415", "422", "429"}


def describe() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the present application."""
    spec = APISpec(
        title="ICS Exchange",
        version=__version__,
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={
            "description": "Everything a page can do, through the same commands. Authorise with a bearer token."
        },
        security=[{"token": []}],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if not rule.rule.startswith("/api/v1/"):
            continue
        view = current_app.view_functions[rule.endpoint]
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        operations = {
            method.lower(): _operation(view, rule, method)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        }
        spec.path(path=path, operations=operations)
    return spec.to_dict()


def _operation(view: Any, rule: Any, method: str) -> dict[str, Any]:
    said = getattr(view, "portal_described", PLAIN)
    words = (view.__doc__ or "").strip().splitlines()
    numbers = {name: getattr(converter, "regex", "") for name, converter in rule._converters.items()}
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0}
            if numbers.get(name) == r"\d+"
            else {"type": "string"},
        }
        for name in sorted(rule.arguments)
    ]
    parameters += [
        {"name": name, "in": "query", "schema": {"type": kind}} for name, kind in said["query"].items()
    ]
    if said["keyed"]:
        parameters.append(KEY)
    operation: dict[str, Any] = {
        "operationId": f"{rule.endpoint.replace('.', '_')}_{method.lower()}",
        "summary": words[0] if words else "",
        "parameters": parameters,
        "responses": {
            str(said["status"]): {"description": "Done"},
            **dict.fromkeys(sorted(CODES), PROBLEM),
        },
    }
    if said["body"] is not None and method in {"POST", "PUT", "PATCH"}:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": said["body"]}},
        }
    if said["form"] is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _multipart(said["form"])}},
        }
    return operation


def _multipart(fields: dict[str, str]) -> dict[str, Any]:
    binary = {"type": "string", "format": "binary"}
    return {
        "type": "object",
        "required": [name for name, kind in fields.items() if kind == "binary"],
        "properties": {name: binary if kind == "binary" else {"type": kind} for name, kind in fields.items()},
    }


@bp.get("/api/v1/openapi.json")
@access(Access.SIGNED_IN)
def openapi() -> Any:
    """The description of this API."""
    return jsonify(describe())
