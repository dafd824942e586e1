"""Hashing and sealing: passwords by argon2, second-factor secrets under a key made from the secret key.

Argon2 runs while no transaction is open: it takes as long as a hundred statements.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from portal.core.commands import outside_transaction

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that can be taken for another


def hasher() -> PasswordHasher:
    """The application's hasher; tests give a cheap one."""
    found: PasswordHasher = current_app.extensions["portal.hasher"]
    return found


@functools.lru_cache(maxsize=4)
def _nobodys_hash(parameters: PasswordHasher) -> str:
    return parameters.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """The argon2 hash to store."""
    outside_transaction("argon2")
    return hasher().hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether ``password`` fits. Without a stored hash as much work is done, and the answer is no."""
    outside_transaction("argon2")
    dummy = _nobodys_hash(
        hasher()
    )  # made before the first use, so that the first unknown address takes no longer
    try:
        hasher().verify(stored or dummy, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return hasher().check_needs_rehash(stored)


def _key(purpose: str) -> bytes:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"portal {purpose}".encode()).derive(
        secret
    )


def seal(text: str) -> str:
    """Encrypt a short text under the application's key."""
    return Fernet(base64.urlsafe_b64encode(_key("second factor"))).encrypt(text.encode()).decode()


def unseal(sealed: str, ttl: int | None = None) -> str | None:
    """What was sealed; None where it was altered, sealed with another key or more than ``ttl`` seconds ago."""
    try:
        fernet = Fernet(base64.urlsafe_b64encode(_key("second factor")))
        return fernet.decrypt(sealed.encode(), ttl=ttl).decode()
    except (InvalidToken, ValueError):
        return None


def new_recovery_code() -> str:
    """A code of twelve letters and figures, in three groups."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def recovery_digest(code: str) -> str:
    """What is stored of a recovery code, under the application's key."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hmac.new(_key("recovery codes"), plain.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
