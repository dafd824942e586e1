"""Plugs accounts into the application."""

from __future__ import annotations

from argon2 import PasswordHasher
from flask import Flask, Response, request

from portal.accounts import listeners
from portal.accounts.views import account, invitations, reset, second_factor, sign_in
from portal.accounts.views.blueprint import bp
from portal.core import access, ids
from portal.core.identity import current_actor

LISTENING = listeners  # registers itself by being imported
PAGES = (account, invitations, reset, second_factor, sign_in)


def _note_access(response: Response) -> Response:
    """Note that the session or token was used, and write what is due in a transaction of its own."""
    actor = current_actor()
    if request.endpoint == "static" or not actor.is_authenticated:
        return response
    if actor.session_id is not None:
        access.note("session", actor.session_id)
    elif actor.token_scope is not None:
        secret = request.headers.get("Authorization", "").partition(" ")[2].strip()
        access.note("token", ids.digest(secret), at_first_sight=True)
    access.write_noted()
    return response


def init_app(app: Flask) -> None:
    """Register the pages, the hasher and the way back to a form that came without a session."""
    app.extensions.setdefault("portal.hasher", PasswordHasher())
    app.extensions["portal.sign_in_during_post"] = sign_in.sign_in_during_post
    app.extensions["portal.first_steps"] = {
        "accept": "accounts.welcome",
        "second-factor": "accounts.second_factor",
    }
    app.after_request(_note_access)
    app.register_blueprint(bp)
