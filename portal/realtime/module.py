"""Plugs realtime into the application: the Socket.IO server, its door and the hub."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from flask_socketio import SocketIO

from portal.realtime import edge
from portal.realtime.door import Door
from portal.realtime.hub import Hub

LARGEST_MESSAGE = 256 * 1024


def init_app(app: Flask) -> None:
    """Put Socket.IO beside the pages of ``app``. The hub's thread starts with ``start`` or the first socket."""
    socketio = SocketIO(
        async_mode="threading",
        manage_session=False,
        cookie=None,
        async_handlers=False,  # events of a socket are handled in its own thread, in order
        cors_allowed_origins=lambda origin, environ: door.is_own(origin, environ),
        transports=["websocket", "polling"],
        max_http_buffer_size=LARGEST_MESSAGE,
        ping_interval=25,
        ping_timeout=20,
    )
    socketio.init_app(app)
    hub = Hub(app, socketio)
    app.extensions["portal.hub"] = hub

    def room() -> bool:
        lines = list(socketio.server.eio.sockets.values())
        return sum(not line.closed for line in lines) < app.config["PORTAL_SOCKETS"]

    door: Any = Door(app, app.wsgi_app, room)
    app.wsgi_app = door  # type: ignore[method-assign]
    socketio.on("connect")(edge.connect)
    socketio.on("disconnect")(edge.disconnect)
    socketio.on("*")(edge.dispatch)


def start() -> None:
    """Start looking after open pages in this process (servers alone call it, after any fork)."""
    current_app.extensions["portal.hub"].start()


def stop(app: Flask) -> None:
    """Close every socket of this process."""
    app.extensions["portal.hub"].stop()
