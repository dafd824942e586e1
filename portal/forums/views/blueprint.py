"""The blueprint that all pages of the forums hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("forums", __name__, template_folder="../templates")
