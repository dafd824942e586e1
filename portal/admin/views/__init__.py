"""The pages of the administration."""

from portal.admin.views import (
    glass,
    groups,
    importing,
    index,
    invitations,
    operation,
    organisations,
    people,
    trail,
)
from portal.admin.views.blueprint import bp

__all__ = [
    "bp",
    "glass",
    "groups",
    "importing",
    "index",
    "invitations",
    "operation",
    "organisations",
    "people",
    "trail",
]
