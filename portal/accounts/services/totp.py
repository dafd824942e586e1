"""Codes of six figures that change every thirty seconds (RFC 6238), and the picture to scan."""

from __future__ import annotations

import hmac
import io

import pyotp
import segno

from portal.core import clock

STEP = 30
LENIENT = 1
"""Steps before and after the present one that are taken: clocks differ, people type slowly."""
ISSUER = "ICS Exchange"


def new_secret() -> str:
    """A secret for an authenticator app."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str) -> int | None:
    """The number of the time step that ``code`` belongs to, or None where it fits none of those taken."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    present = int(clock.now().timestamp()) // STEP
    generator = pyotp.TOTP(secret)
    for step in range(present - LENIENT, present + LENIENT + 1):
        if hmac.compare_digest(generator.generate_otp(step), digits):
            return step
    return None


def picture(secret: str, email: str) -> str:
    """The QR code that an app scans, as inline SVG without any style attribute."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out,
        kind="svg",
        scale=5,
        border=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=False,
        nl=False,
        svgclass="px-qr",
        lineclass=None,
        omitsize=False,
    )
    return out.getvalue().decode()


def in_groups(secret: str) -> str:
    """The secret in groups of four, to be typed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
