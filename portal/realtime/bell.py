"""The bell between server processes: Redis says *that* something happened, the database says what.

Losing it costs a second or two: every process looks once a second anyway. So nothing here waits, and nothing fails.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from typing import Any

import redis
import structlog

from portal.core import ids

log = structlog.get_logger(__name__)
CHANNEL = "portal:live"
PAUSE = 1.0


class Bell:
    """Rings the other processes, and hears them. Without an address it does neither."""

    def __init__(self, url: str, heard: Callable[[dict[str, Any]], None]) -> None:
        self.process = ids.token()[:12]
        self._url = url
        self._heard = heard
        self._out: queue.Queue[dict[str, Any]] = queue.Queue(maxsize=10_000)
        self._stop = threading.Event()
        self._failing = False

    def start(self) -> None:
        """Begin to listen and to send, in two threads that end with the process."""
        if self._url:
            for work in (self._send, self._listen):
                threading.Thread(target=self._keep_at, args=(work,), name="portal-bell", daemon=True).start()

    def stop(self) -> None:
        """End both threads soon."""
        self._stop.set()

    def ring(self, **message: Any) -> None:
        """Tell the other processes; at once, without waiting for Redis."""
        if self._url and not self._stop.is_set():
            try:
                self._out.put_nowait({"from": self.process, **message})
            except queue.Full:
                log.warning("bell_overflow")

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self._url, socket_connect_timeout=1, socket_timeout=2)

    def _keep_at(self, work: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                work()
            except (redis.RedisError, OSError) as error:
                if not self._failing:
                    log.warning("bell_lost", error=type(error).__name__)
                self._failing = True
                self._stop.wait(PAUSE)

    def _send(self) -> None:
        with self._client() as client:
            while not self._stop.is_set():
                try:
                    message = self._out.get(timeout=0.5)
                except queue.Empty:
                    continue
                client.publish(CHANNEL, json.dumps(message))
                self._failing = False

    def _listen(self) -> None:
        with self._client() as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe(CHANNEL)
            while not self._stop.is_set():
                found = pubsub.get_message(timeout=0.5)
                if found is None:
                    continue
                try:
                    message = json.loads(found["data"])
                except ValueError:
                    continue
                if isinstance(message, dict) and message.get("from") != self.process:
                    self._heard(message)
