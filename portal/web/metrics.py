"""Counts and times for Prometheus: requests by endpoint and status. No label holds a name, a number or an address."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
REQUESTS = Counter("portal_requests", "Requests answered", ["endpoint", "status"], registry=REGISTRY)
SECONDS = Histogram("portal_request_seconds", "Time to answer", ["endpoint"], registry=REGISTRY)


def is_local() -> bool:
    """Whether the caller is on this machine, and no proxy stands between."""
    forwarded = "X-Forwarded-For" in request.headers
    return not forwarded and request.remote_addr in {"127.0.0.1", "::1"}


def exposition() -> Response:
    """Everything counted so far, as Prometheus text."""
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    """Count every request of ``app``."""

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        REQUESTS.labels(endpoint, str(response.status_code)).inc()
        started: Any = g.get("started")
        if started is not None:
            SECONDS.labels(endpoint).observe(time.perf_counter() - started)
        return response
