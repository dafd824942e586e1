"""Who may reach what: the role × route matrix, written from domain.md and not from what the code answers.

Every endpoint has a row; a new one without a row fails ``test_matrix.py``. A row says

- ``scope``: what the address names, and so how its readers are found:
  "public", "self" (any signed-in person, about themselves), "administrator", "space" (a thing in one),
  "group" (a group's pages, by what the person reads of it), "membership" (one's own),
  "card" (a group's card), "authorities" (directory entries);
- ``lead``: in a space, only leads, deputies and moderators get past 403;
- ``any_space``: whoever reads one space of the group gets an answer (the space is named in the body);
- ``own``: a reader's page only for what is theirs, else 403 with the reason;
- ``keeps``: a page of whoever keeps the group's membership, 403 to its other readers;
- ``hidden_from_suppliers``: a page of the group that a supplier's representative does not have at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal[
    "public", "self", "administrator", "space", "group", "card", "authorities", "half", "membership"
]

EVERYBODY = frozenset(
    [
        "member",
        "colleague",
        "neighbour",
        "lead",
        "deputy",
        "supplier",
        "other_member",
        "other_lead",
        "other_supplier",
        "moderator",
        "administrator",
        "former",
        "inhouse_member",
        "officer",
    ]
)
"""All signed-in persons of the world of the tests."""
SUPPLIERS = frozenset({"supplier", "other_supplier"})
AUTHORITIES = EVERYBODY - SUPPLIERS
"""Authorities' people and the department's."""

ALPHA = frozenset({"member", "colleague", "neighbour", "lead", "deputy"})
BETA = frozenset({"other_member", "other_lead"})
DELEGATES = frozenset({"lead", "deputy", "other_lead", "inhouse_member", "moderator"})

READERS: dict[str, frozenset[str]] = {
    "alpha/members": ALPHA,
    "alpha/supplier": ALPHA | {"supplier"},
    "beta/members": BETA,
    "beta/supplier": BETA | {"other_supplier"},
    "inhouse/members": frozenset({"inhouse_member"}),
    "nlar/members": DELEGATES,
    "nlar/supplier-a": DELEGATES | {"supplier"},
    "nlar/supplier-b": DELEGATES | {"other_supplier"},
    "national/authorities": AUTHORITIES,
    "national/suppliers": EVERYBODY,
    "gamma/members": frozenset(),
}
"""domain.md, "Tenancy: group and space": who reads each space. A former member and a stranger read nothing."""

LEADERS: dict[str, frozenset[str]] = {
    "alpha/members": frozenset({"lead", "deputy"}),
    "alpha/supplier": frozenset({"lead", "deputy"}),
    "beta/members": frozenset({"other_lead"}),
    "beta/supplier": frozenset({"other_lead"}),
    "inhouse/members": frozenset({"inhouse_member"}),
    "nlar/members": frozenset({"moderator"}),
    "nlar/supplier-a": frozenset({"moderator"}),
    "nlar/supplier-b": frozenset({"moderator"}),
    "national/authorities": frozenset({"moderator"}),
    "national/suppliers": frozenset({"moderator"}),
    "gamma/members": frozenset(),
}

KNOWS: dict[str, frozenset[str]] = {
    "alpha": AUTHORITIES | {"supplier"},
    "beta": AUTHORITIES | {"other_supplier"},
    "inhouse": AUTHORITIES,
    "nlar": EVERYBODY,
    "national": EVERYBODY,
    "gamma": frozenset({"lead"}),
}
"""Who may know of a group, by its card: authorities and the department; suppliers their own; a working group's
members and its parent's lead."""

MEMBERSHIPS: dict[str, frozenset[str]] = {
    "alpha": ALPHA | {"supplier"},
    "beta": BETA | {"other_supplier"},
    "inhouse": frozenset({"inhouse_member"}),
    "nlar": DELEGATES | SUPPLIERS,
    "national": frozenset({"moderator"}),
    "gamma": frozenset(),
}
"""Whose membership could be left."""

KEEPERS: dict[str, frozenset[str]] = {
    "alpha": frozenset({"lead"}),
    "beta": frozenset({"other_lead"}),
    "inhouse": frozenset({"inhouse_member"}),
    "nlar": frozenset({"moderator"}),
    "national": frozenset({"moderator"}),
    "gamma": frozenset({"lead"}),
}
"""Who keeps a group's membership: its lead (a deputy only while the lead is vacant), the moderators of the NLAR and
the national group, and for a working group the lead of its parent, who names its people without reading it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the matrix says of one endpoint."""

    scope: Scope
    lead: bool = False
    hidden_from_suppliers: bool = False
    any_space: bool = False
    own: bool = False
    keeps: bool = False


PUBLIC, SELF, ADMIN = Row("public"), Row("self"), Row("administrator")
SPACE, LEAD = Row("space"), Row("space", lead=True)
GROUP, CARD, AUTHORITY = Row("group"), Row("card"), Row("authorities")
KEEPER = Row("group", keeps=True, hidden_from_suppliers=True)
MEMBERS_ONLY = Row("group", hidden_from_suppliers=True)
MEMBERS = Row("membership")
HALF = Row("half")

ROWS: dict[str, Row] = {
    "static": PUBLIC,
    # web
    "web.home": SELF,
    "web.healthz": PUBLIC,
    "web.readyz": PUBLIC,
    "web.metrics": PUBLIC,
    # accounts: before sign-in
    "accounts.sign_in": PUBLIC,
    "accounts.sign_in_post": PUBLIC,
    "accounts.sign_in_code": PUBLIC,
    "accounts.sign_in_code_post": PUBLIC,
    "accounts.signed_out": PUBLIC,
    "accounts.reset": PUBLIC,
    "accounts.reset_post": PUBLIC,
    "accounts.reset_sent": PUBLIC,
    "accounts.new_password": PUBLIC,
    "accounts.new_password_post": PUBLIC,
    "accounts.invitation": PUBLIC,
    "accounts.invitation_post": PUBLIC,
    # accounts: one's own
    "accounts.sign_out": PUBLIC,
    "accounts.welcome": HALF,
    "accounts.welcome_post": HALF,
    "accounts.second_factor": HALF,
    "accounts.second_factor_post": HALF,
    "accounts.recovery_codes": HALF,
    "accounts.recovery_codes_post": HALF,
    "accounts.remove_second_factor": SELF,
    "accounts.remove_second_factor_post": SELF,
    "accounts.account": SELF,
    "accounts.email": SELF,
    "accounts.email_post": SELF,
    "accounts.confirm_email": SELF,
    "accounts.confirm_email_post": SELF,
    "accounts.password": SELF,
    "accounts.password_post": SELF,
    "accounts.profile": SELF,
    "accounts.profile_post": SELF,
    "accounts.end_session": SELF,
    "accounts.end_others": SELF,
    "accounts.new_token": SELF,
    "accounts.new_token_post": SELF,
    "accounts.revoke": SELF,
    # help
    **{
        f"help.{page}": PUBLIC
        for page in (
            [
                "index",
                "acceptable_use",
                "accessibility",
                "contact",
                "cookies",
                "privacy",
                "what_the_supplier_sees",
                "withhold_my_name",
            ]
        )
    },
    # search and the API's description
    "search.search": SELF,
    "search.search_api": SELF,
    "api.openapi": SELF,
    # forums: pages
    "forums.bookmarks": SELF,
    "forums.drafts": SELF,
    "forums.discard_draft": SELF,
    "forums.seen": SELF,
    "forums.forum": GROUP,
    "forums.issues": GROUP,
    "forums.issues_csv": GROUP,
    "forums.new_thread": GROUP,
    "forums.boards": Row("group", lead=True),
    "forums.create_board": Row("group", lead=True),
    "forums.change_board": Row("group", lead=True),
    "forums.thread": SPACE,
    "forums.thread_csv": SPACE,
    "forums.post_address": SPACE,
    "forums.unread": SPACE,
    "forums.reply": SPACE,
    "forums.mark_read": SPACE,
    "forums.follow": SPACE,
    "forums.post": SPACE,
    "forums.edit": Row("space", own=True),
    "forums.delete": SPACE,
    "forums.restore": SPACE,
    "forums.react": SPACE,
    "forums.bookmark": SPACE,
    "forums.tools": LEAD,
    "forums.pin": LEAD,
    "forums.lock": LEAD,
    "forums.move": LEAD,
    "forums.merge": LEAD,
    "forums.split": LEAD,
    "forums.rename": LEAD,
    "forums.hide": LEAD,
    "forums.unhide": LEAD,
    # forums: API
    "forums_api.list_threads": GROUP,
    "forums_api.start_thread": Row("group", any_space=True),
    "forums_api.get_thread": SPACE,
    "forums_api.list_posts": SPACE,
    "forums_api.list_events": SPACE,
    "forums_api.reply": SPACE,
    "forums_api.edit": SPACE,
    "forums_api.delete": SPACE,
    "forums_api.restore": SPACE,
    "forums_api.react": SPACE,
    "forums_api.mark_read": SPACE,
    "forums_api.follow": SPACE,
    "forums_api.bookmark": SPACE,
    "forums_api.get_draft": SELF,
    "forums_api.save_draft": SELF,
    "forums_api.discard_draft": SELF,
    "forums_api.preview": SELF,
    "forums_api.mentions": SELF,
    "forums_api.add_attachment": SELF,
    "forums_api.remove_attachment": SPACE,
    "forums_api.download": SPACE,
    "forums_api.download_named": SPACE,
    # directory
    "directory.index": AUTHORITY,
    "directory.authority": AUTHORITY,
    "directory.suppliers": SELF,
    "directory.authorities_api": AUTHORITY,
    # groups: cards
    "groups.my_groups": SELF,
    "groups.home": CARD,
    "groups.join": CARD,
    "groups.withdraw": CARD,
    "groups_api.me": SELF,
    "groups_api.groups": SELF,
    "groups_api.directory": SELF,
    # groups: inside
    "groups.readers": GROUP,
    "groups.members": MEMBERS_ONLY,
    "groups.people": SELF,
    "groups.person": SELF,
    "groups.leave": MEMBERS,
    "groups.leave_page": MEMBERS,
    # groups: the lead's
    **{
        f"groups.{page}": KEEPER
        for page in [
            "add",
            "add_page",
            "archive",
            "card_page",
            "confirm",
            "decide",
            "desk",
            "end_deputy",
            "grants",
            "hand_over",
            "hand_over_page",
            "make_deputy",
            "member",
            "open_working",
            "paste",
            "paste_page",
            "prolong",
            "remove",
            "save_card",
            "working_group_page",
        ]
    },
    # administration
    **{
        f"admin.{page}": ADMIN
        for page in [
            "appoint_lead",
            "archive_group",
            "audit",
            "audit_file",
            "change_organisation",
            "change_person_email",
            "confirm",
            "create_organisation",
            "end_deployment",
            "end_glass",
            "glass",
            "grant_administrator",
            "group",
            "groups",
            "index",
            "invitations",
            "invite_person",
            "new_group",
            "new_organisation",
            "new_person",
            "open_glass",
            "open_group",
            "open_register",
            "operation",
            "organisation",
            "organisations",
            "people",
            "person",
            "preview",
            "record_deployment",
            "reinstate_person",
            "resend_invitation",
            "revoke_invitation",
            "suspend_person",
            "upload",
            "withdraw_administrator",
        ]
    },
    # notifications
    "notifications.inbox": SELF,
    "notifications.mark_read": SELF,
    "notifications.settings": SELF,
    "notifications.settings_post": SELF,
    "notifications.unsubscribe": PUBLIC,
    "notifications.unsubscribe_post": PUBLIC,
}
