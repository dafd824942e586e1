"""A group for every supplier that the register knows, empty, as domain.md asks for Annex 2."""

from __future__ import annotations

from portal.admin.queries import has_in_house_group, list_suppliers_without_group
from portal.core.db import db
from portal.core.identity import Actor
from portal.groups.services.opening import Opened, open_group


def open_groups(actor: Actor) -> list[Opened]:
    """Open a user group for each supplier without one, and the in-house group; those opened. Twice opens nothing."""
    waiting = list_suppliers_without_group()
    in_house = has_in_house_group()
    db.session.rollback()
    opened = [
        open_group(actor, name=f"{name} user group", kind="sug", supplier_id=supplier_id)
        for supplier_id, name in waiting
    ]
    if not in_house:
        opened.append(open_group(actor, name="In-house systems group", kind="inhouse"))
    return opened
