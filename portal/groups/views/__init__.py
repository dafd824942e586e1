"""The pages of groups and their people. Importing this package registers every view on the blueprint."""

from portal.groups.views import cards, lead, members, people
from portal.groups.views.blueprint import bp

__all__ = ["bp", "cards", "lead", "members", "people"]
