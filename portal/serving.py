"""Serving: gunicorn with one worker of threads in each process, the worker of due jobs, and how both end.

One process is one gunicorn worker, because a page's socket must come back to the process that knows it. More
processes stand on consecutive ports behind a balancer with sticky sessions (docs/deploying.md).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import click
import structlog
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.queries import has_demonstration_accounts
from portal.app import create_app
from portal.core import jobs, retention
from portal.core.db import db
from portal.realtime import module as realtime

log = structlog.get_logger(__name__)
GRACE = 10
IDLE = 0.5
SEAL_EVERY = 5.0
HOUR = 3600.0


class Worker:
    """Does what is due until told to stop: jobs, mail, sealing the audit trail, forgetting what need not be kept."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name="portal-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand and stop."""
        self._stop.set()

    def run(self) -> None:
        """Work in this thread until ``stop``."""
        seal_at = hour_at = time.monotonic()
        while not self._stop.is_set():
            did = 0
            try:
                with self._app.app_context():
                    did = jobs.run_due()
                    if time.monotonic() >= seal_at:
                        retention.every_few_seconds()
                        seal_at = time.monotonic() + SEAL_EVERY
                    if time.monotonic() >= hour_at:
                        retention.every_hour()
                        hour_at = time.monotonic() + HOUR
                    db.session.rollback()
            except SQLAlchemyError as error:
                log.warning("worker_waits_for_the_database", error=type(error).__name__)
                self._stop.wait(SEAL_EVERY)
            except Exception:
                log.exception("worker_failed")
                self._stop.wait(SEAL_EVERY)
            if not did:
                self._stop.wait(IDLE)


class SocketWorker(ThreadWorker):
    """Gunicorn's worker of threads; told to stop, it closes the sockets first, whose threads would else hold it."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM."""
        stopping = getattr(self.app, "stopping", None)
        if stopping is not None:
            threading.Thread(target=stopping, name="portal-stopping", daemon=True).start()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """SIGINT: Control-C in a terminal ends as gently."""
        self.handle_exit(sig, frame)


class Server(BaseApplication):
    """The portal inside gunicorn. The application is made in the worker, after the fork."""

    def __init__(self, settings: Mapping[str, Any], host: str, port: int) -> None:
        self._settings = settings
        self._bind = f"{host}:{port}"
        self._made: Flask | None = None
        self._inside: Worker | None = None
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's settings; a thread for every open socket and some for pages."""
        values = {
            "bind": self._bind,
            "workers": 1,
            "threads": self._settings["PORTAL_THREADS"],
            "worker_class": SocketWorker,
            "worker_connections": max(1000, self._settings["PORTAL_THREADS"]),
            "graceful_timeout": GRACE,
            "timeout": 60,
            "keepalive": 5,
            "loglevel": "warning",
            "proc_name": "portal",
            "control_socket_disable": True,
        }
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of this worker, with its hub and, where asked, the worker of jobs."""
        app = self._made = create_app(self._settings)
        with app.app_context():
            realtime.start()
        if self._settings["PORTAL_WORKER_INSIDE"]:
            self._inside = Worker(app)
            self._inside.start()
        return app

    def stopping(self) -> None:
        """Close the sockets and stop the worker."""
        if self._inside is not None:
            self._inside.stop()
        if self._made is not None:
            realtime.stop(self._made)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=5000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on."
)
@click.option("--threads", type=click.IntRange(4), help="Threads of each process (default: PORTAL_THREADS).")
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="On consecutive ports."
)
@click.pass_obj
def serve(obj: dict[str, Any], host: str, port: int, threads: int | None, processes: int) -> None:
    """Serve the portal."""
    settings = dict(obj["settings"])
    if threads:
        settings["PORTAL_THREADS"] = threads
        settings["PORTAL_SOCKETS"] = min(settings["PORTAL_SOCKETS"], max(2, threads - 4))
    _refuse_bad_start(settings, processes)
    if processes > 1:
        _serve_many(host, port, threads, processes)
        return
    click.echo(f"ICS Exchange is at http://{host}:{port} (Control-C stops it).")
    Server(settings, host, port).run()


def _refuse_bad_start(settings: Mapping[str, Any], processes: int) -> None:
    """Refuse, in one line, what would not be safe or would not work (contract.md, "Commands" and "Settings")."""
    if processes > 1 and (
        settings["PORTAL_DATABASE_URL"].startswith("sqlite") or not settings["PORTAL_REDIS_URL"]
    ):
        raise click.ClickException("More than one process needs PostgreSQL and Redis.")
    if settings["PORTAL_ENV"] == "production":
        with create_app(settings).app_context():
            if has_demonstration_accounts():
                raise click.ClickException("There are demonstration accounts in this database.")
            db.session.remove()


def _serve_many(host: str, port: int, threads: int | None, processes: int) -> None:
    """One process of ours for each port; the end of one, or of this one, is the end of all."""
    more = ["--threads", str(threads)] if threads else []
    start = [sys.executable, sys.argv[0], "serve", "--host", host, *more]
    children = [subprocess.Popen([*start, "--port", str(port + n)]) for n in range(processes)]  # noqa: S603

    def end(*_: Any) -> None:
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    while all(child.poll() is None for child in children):
        time.sleep(0.2)
    end()
    codes = [child.wait(timeout=GRACE + 5) for child in children]
    if any(codes):
        raise click.ClickException("A process ended unexpectedly.")


@click.command()
@click.pass_obj
def worker(obj: dict[str, Any]) -> None:
    """Do what is due: jobs, mail, sealing the audit trail. Runs until it is told to stop."""
    app = create_app(obj["settings"])
    due = Worker(app)

    def end(*_: Any) -> None:
        due.stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    due.run()


COMMANDS: list[click.Command] = [serve, worker]
