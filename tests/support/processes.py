"""Server processes of their own, as production runs them: started from a test, ended by their id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STARTED_WITHIN = 40.0


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """``portal serve`` on a free port. A context manager that ends it, and says how it ended."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.code: int | None = None
        self._log = (folder / f"server-{self.port}.log").open("w+")
        environ = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PORTAL_ENV": "test",
            "PORTAL_INSTANCE": str(folder),
            "PORTAL_BASE_URL": self.url,
            "PORTAL_THREADS": "12",
            "PORTAL_SOCKETS": "8",
            "PORTAL_WORKER_INSIDE": "0",
            **{name: str(value) for name, value in settings.items()},
        }
        start = "import wsgi; wsgi.main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, "serve", "--port", str(self.port)],
            cwd=folder,
            env=environ,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> ServerProcess:
        until = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/sign-in", timeout=5).close()
                return self
            except OSError as error:
                ended = self.process.poll() is not None
                if ended or time.monotonic() > until:
                    self.stop()
                    raise AssertionError(f"the server did not start: {error}\n{self.said()}") from error
                time.sleep(0.1)

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def said(self) -> str:
        """What the process wrote so far."""
        return Path(self._log.name).read_text()

    def stop(self) -> float:
        """End the process as an operator does (SIGTERM); how many seconds it took."""
        begin = time.monotonic()
        if self.code is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.code = self.process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.code = self.process.wait()
            self._log.close()
        return time.monotonic() - begin
