"""P4: the sweep and the checks are tried on broken code. Each breakage must be reported by the check it names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, g, request
from sqlalchemy import select, true, update
from sqlalchemy.orm import with_loader_criteria

import portal.admin.views.people
import portal.forums.api.blueprint
import portal.forums.sockets
import portal.forums.views.forum
import portal.forums.views.thread
import portal.forums.views.writing
import portal.groups.queries.groups
import portal.groups.queries.members
import portal.groups.queries.people
import portal.groups.views.resolving
import portal.web.edge
import portal.web.errors
from portal.accounts.services import invitations
from portal.core import spaces, tenancy
from portal.core.db import db
from portal.core.errors import Forbidden, NotFound
from portal.core.identity import Actor, SpaceRight
from portal.core.tenancy import Fence, SpaceScoped
from portal.forums.models import Attachment, Thread
from portal.forums.queries import api as api_queries
from portal.forums.services import writing
from portal.groups.queries import actors
from portal.realtime import hub
from portal.search import partitions
from portal.search import queries as search_queries
from portal.web.edge import Access, Declared
from tests.contract import checks
from tests.contract.checks import ALPHA, BETA
from tests.contract.sweep import walk
from tests.support.world import PEOPLE, SPACES, THREADS

Breakage = Callable[[pytest.MonkeyPatch, Flask], None]
Check = Callable[[Flask], Iterable[str]]
EVERYTHING = frozenset(SPACES.values())


def sweep(endpoint: str, *people: str, spaces: tuple[str, ...] = (ALPHA,)) -> Check:
    """The marker sweep over one endpoint, for a few people and spaces."""
    return lambda app: walk(app, endpoint, people=people, spaces=spaces)


def outside_the_fence(module: Any, name: str) -> Breakage:
    """One query runs with its filter off."""

    def breakage(patch: pytest.MonkeyPatch, app: Flask) -> None:
        real = getattr(module, name)

        def unfenced(*given: Any, **named: Any) -> Any:
            before = g.get("fence")
            g.fence = Fence(EVERYTHING, EVERYTHING, None, unscoped="a mutant")
            try:
                return real(*given, **named)
            finally:
                g.fence = before

        patch.setattr(module, name, unfenced)

    return breakage


def all_seeing(actor: Actor) -> Actor:
    """Somebody who reads every space."""
    rights = {
        number: SpaceRight(number, 1, *name.split("/"), "members", 1, True, frozenset())  # type: ignore[call-arg]
        for name, number in SPACES.items()
    }
    return dataclasses.replace(actor, spaces=MappingProxyType(rights))


def the_value_of_the_fence_is_everything(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(tenancy, "_fence", lambda: Fence(EVERYTHING, EVERYTHING))


def the_hook_and_the_proof_are_off(patch: pytest.MonkeyPatch, app: Flask) -> None:
    everything = with_loader_criteria(SpaceScoped, lambda cls: true(), include_aliases=True)
    patch.setattr(tenancy, "_read_criteria", everything)
    patch.setattr(tenancy, "_is_unscoped", lambda: True)


def a_core_select_goes_past_the_hook(patch: pytest.MonkeyPatch, app: Flask) -> None:
    table = Thread.__table__

    def place(actor: Actor, number: int) -> Any:
        row = db.session.execute(select(table.c.id, table.c.space_id).where(table.c.id == number)).first()
        if row is None:
            raise NotFound()
        return SimpleNamespace(id=row.id, space_id=row.space_id, change_number=2)

    patch.setattr(tenancy, "_is_unscoped", lambda: True)
    patch.setattr(portal.forums.api.blueprint, "get_thread_place", place)


def without_condition(name: str, words: str) -> Breakage:
    """The actor's query lacks a condition: ``and_`` or ``or_`` drops what holds ``words``."""

    def breakage(patch: pytest.MonkeyPatch, app: Flask) -> None:
        real = getattr(actors, name)

        def fewer(*conditions: Any) -> Any:
            kept = [condition for condition in conditions if words not in str(condition)]
            return real(*kept) if name == "and_" or len(kept) == len(conditions) else true()

        patch.setattr(actors, name, fewer)
        patch.setattr(
            actors, "_statement", actors._statement.__wrapped__
        )  # the good one is built once and kept

    return breakage


def anybody_may_write(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(tenancy, "_write_condition", lambda cls: true())


def new_rows_are_not_checked(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(tenancy, "_check_row", lambda cls, values: None)


def epochs_stay(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(spaces, "end_rights", lambda person_id, space_ids: None)


def rooms_have_no_epoch(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(hub, "room_of", lambda thread_id, audience, epoch: f"thread:{thread_id}:{audience}")


def rooms_are_not_left(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(hub, "room_of", lambda thread_id, audience, epoch: f"thread:{thread_id}")
    patch.setattr(hub.Hub, "_move_on", lambda self, watch, epoch: None)


def suppliers_count_as_authorities(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(hub, "AUTHORITY_SIDE", frozenset({"authority", "department", "supplier"}))


def search_is_over_all_spaces(patch: pytest.MonkeyPatch, app: Flask) -> None:
    outside_the_fence(search_queries, "list_hits")(patch, app)
    unfenced = search_queries.list_hits

    def list_hits(actor: Actor, *given: Any, **named: Any) -> Any:
        return unfenced(all_seeing(actor), *given, **named)

    patch.setattr(search_queries, "list_hits", list_hits)


def search_candidates_are_of_anywhere(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(partitions, "present_fence", lambda: Fence(EVERYTHING, EVERYTHING))


def a_file_is_put_to_a_post_by_its_number_alone(patch: pytest.MonkeyPatch, app: Flask) -> None:
    def attach(actor: Actor, post: Any, attachment_ids: Iterable[int]) -> None:
        before, g.fence = g.fence, Fence(EVERYTHING, EVERYTHING, None, unscoped="a mutant")
        numbers = list(attachment_ids)
        db.session.execute(
            update(Attachment)
            .where(Attachment.id.in_(numbers))
            .values(post_id=None)
            .execution_options(synchronize_session=False)
        )
        g.fence = before

    patch.setattr(writing, "attach", attach)


def drafts_are_found_by_their_key_alone(patch: pytest.MonkeyPatch, app: Flask) -> None:
    real = api_queries.find_draft
    owner = SimpleNamespace(person_id=PEOPLE["neighbour"].id)
    patch.setattr(api_queries, "find_draft", lambda actor, key: real(owner, key))  # type: ignore[arg-type]


def everybody_reads_everything_by_word(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(Actor, "reads", lambda self, space_id: True)


def mentions_are_of_anywhere(patch: pytest.MonkeyPatch, app: Flask) -> None:
    real = api_queries.list_people_to_mention
    everybody_reads_everything_by_word(patch, app)
    patch.setattr(
        api_queries, "list_people_to_mention", lambda actor, *given: real(all_seeing(actor), *given)
    )


def whoever_is_named_is_told(patch: pytest.MonkeyPatch, app: Flask) -> None:
    found = app.extensions["portal.find_actor"]

    def of_person(person_id: int) -> Actor | None:
        actor = found.of_person(person_id)
        return all_seeing(actor) if actor else None

    patch.setitem(app.extensions, "portal.find_actor", dataclasses.replace(found, of_person=of_person))


def everybody_has_a_role(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(Actor, "roles_in", lambda self, group_id: frozenset({"member"}))


def suppliers_are_insiders(patch: pytest.MonkeyPatch, app: Flask) -> None:
    for module in (portal.groups.views.resolving, portal.groups.queries.members):
        patch.setattr(module, "require_insider", lambda actor, group_id: None)


def all_people_are_listed(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(portal.groups.queries.people, "_known", lambda actor: true())


def all_profiles_open(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(portal.groups.queries.people, "ALSO_KNOWN", [lambda actor, person_id: True])


def all_cards_are_known(patch: pytest.MonkeyPatch, app: Flask) -> None:
    patch.setattr(portal.groups.queries.groups, "_known", lambda actor: true())


def foreign_things_answer(error: Callable[[], Exception], module: Any, name: str) -> Breakage:
    """What is foreign answers otherwise than what is not there."""

    def breakage(patch: pytest.MonkeyPatch, app: Flask) -> None:
        real = getattr(module, name)

        def find(actor: Actor, number: int) -> Any:
            try:
                return real(actor, number)
            except NotFound:
                if number in THREADS.values():
                    raise error() from None
                raise

        patch.setattr(module, name, find)

    return breakage


def _told_apart() -> Exception:
    error = NotFound()
    error.detail = "This discussion is not yours."
    error.title = "Not for you"  # type: ignore[misc]
    return error


def the_api_is_exempt(patch: pytest.MonkeyPatch, app: Flask) -> None:
    real = tenancy.set_fence

    def lax(actor: Actor) -> None:
        real(actor)
        if request and request.path.startswith("/api/"):
            g.fence = Fence(EVERYTHING, EVERYTHING, None, unscoped="a mutant")

    patch.setattr(tenancy, "set_fence", lax)


def the_form_is_checked_before_the_fence(patch: pytest.MonkeyPatch, app: Flask) -> None:
    real = portal.web.edge._resolve

    def late(resolve: Callable[..., Any], actor: Actor) -> Any:
        if request.method == "POST":
            portal.web.edge.csrf.protect()
        return real(resolve, actor)

    patch.setattr(portal.web.edge, "_resolve", late)


def error_pages_name_what_they_hide(patch: pytest.MonkeyPatch, app: Flask) -> None:
    real = portal.web.errors._answer

    def telling(*given: Any, **named: Any) -> Response:
        answer = real(*given, **named)
        g.fence = Fence(EVERYTHING, EVERYTHING, None, unscoped="a mutant")
        number = (request.view_args or {}).get("number")
        title = db.session.scalar(select(Thread.title).where(Thread.id == number))
        answer.set_data(answer.get_data(as_text=True) + f"<p>{title or ''}</p>")
        return answer

    patch.setattr(portal.web.errors, "_answer", telling)


def answers_are_cached_by_address(patch: pytest.MonkeyPatch, app: Flask) -> None:
    kept: dict[str, bytes] = {}

    def before() -> Response | None:
        return Response(kept[request.path]) if request.path in kept else None

    def after(response: Response) -> Response:
        if response.status_code == 200 and request.method == "GET":
            kept[request.path] = response.get_data()
        return response

    patch.setitem(app.before_request_funcs, None, [before, *app.before_request_funcs.get(None, [])])
    patch.setitem(app.after_request_funcs, None, [*app.after_request_funcs.get(None, []), after])


def answers_may_be_cached(patch: pytest.MonkeyPatch, app: Flask) -> None:
    def after(response: Response) -> Response:
        response.headers["Cache-Control"] = "public, max-age=60"
        return response

    # functions after a request run last one first
    patch.setitem(app.after_request_funcs, None, [after, *app.after_request_funcs.get(None, [])])


def declared(endpoint: str, level: Access) -> Breakage:
    """A view says wrongly how it is reached."""

    def breakage(patch: pytest.MonkeyPatch, app: Flask) -> None:
        view = app.view_functions[endpoint]
        was: Declared = view.portal_access  # type: ignore[attr-defined]
        patch.setattr(view, "portal_access", dataclasses.replace(was, access=level))

    return breakage


def mail_is_written_as_the_worker(patch: pytest.MonkeyPatch, app: Flask) -> None:
    real = tenancy.acting_as

    def acting_as(actor: Actor) -> Any:
        at_work = g.get("actor") is not None and g.actor.kind == "system"
        return nullcontext() if at_work else real(actor)

    patch.setattr(tenancy, "acting_as", acting_as)


def invitations_work_again(patch: pytest.MonkeyPatch, app: Flask) -> None:
    def get(token: str) -> Any:
        digest = invitations.ids.digest(token)
        found = db.session.scalars(
            select(invitations.Invitation).where(invitations.Invitation.token_digest == digest)
        ).first()
        if found is None:
            raise NotFound()
        return found

    patch.setattr(invitations, "get_open_invitation", get)


MUTANTS: dict[str, tuple[Breakage, Check]] = {
    "the fence's value is everything": (
        the_value_of_the_fence_is_everything,
        sweep("forums.thread_csv", "other_member", "supplier"),
    ),
    "hook and proof off": (the_hook_and_the_proof_are_off, sweep("forums.thread_csv", "other_member")),
    "a core select past the hook": (
        a_core_select_goes_past_the_hook,
        sweep("forums_api.list_events", "other_member"),
    ),
    "a thread's head unfenced": (
        outside_the_fence(portal.forums.views.thread, "get_thread_head"),
        sweep("forums.thread", "other_member", "administrator"),
    ),
    "a thread's place unfenced": (
        outside_the_fence(portal.forums.api.blueprint, "get_thread_place"),
        sweep("forums_api.list_posts", "other_member"),
    ),
    "a post's number unfenced": (
        outside_the_fence(api_queries, "get_post_number"),
        sweep("forums_api.react", "other_member", spaces=(ALPHA,)),
    ),
    "a post's facts unfenced": (
        outside_the_fence(portal.forums.views.writing, "get_post_facts"),
        sweep("forums.react", "former", "supplier"),
    ),
    "a file by its number alone": (
        outside_the_fence(api_queries, "get_file"),
        sweep("forums_api.download", "other_member", "supplier"),
    ),
    "CSV of another space": (
        lambda patch, app: patch.setattr(
            portal.forums.views.forum,
            "get_readable_space",
            lambda actor, group, slug: SimpleNamespace(id=SPACES[ALPHA], slug="members"),
        ),
        sweep("forums.issues_csv", "other_member", "supplier"),
    ),
    "ended memberships count": (without_condition("and_", "ended_at"), checks.ended_rights_read_nothing),
    "memberships outlive the organisation": (
        without_condition("and_", "membership.organisation_id = person.organisation_id"),
        checks.ended_rights_read_nothing,
    ),
    "a supplier reads the members' space": (
        without_condition("or_", "membership.side"),
        sweep("forums.thread_csv", "supplier", spaces=(ALPHA, "nlar/supplier-b")),
    ),
    "suppliers read the authorities' national space": (
        without_condition("and_", "organisation.kind"),
        sweep("forums.thread_csv", "supplier", spaces=("national/authorities",)),
    ),
    "readers write": (anybody_may_write, checks.writes_stay_where_one_writes),
    "new rows unchecked": (new_rows_are_not_checked, checks.writes_stay_where_one_writes),
    "epochs not raised": (epochs_stay, checks.rights_end_with_the_epoch),
    "epochs not raised, heard live": (epochs_stay, checks.whoever_was_removed_hears_nothing),
    "rooms without an epoch": (rooms_have_no_epoch, checks.whoever_was_removed_hears_nothing),
    "rooms not left": (rooms_are_not_left, checks.whoever_was_removed_hears_nothing),
    "presence told to suppliers": (suppliers_count_as_authorities, checks.suppliers_hear_no_presence),
    "a socket joins unread": (
        outside_the_fence(portal.forums.sockets, "get_thread_place"),
        checks.sockets_tell_nothing_of_foreign_threads,
    ),
    "search over all spaces": (search_is_over_all_spaces, checks.search_tells),
    "search candidates unfenced": (search_candidates_are_of_anywhere, checks.search_candidates_are_fenced),
    "foreign files put to a post": (a_file_is_put_to_a_post_by_its_number_alone, checks.files_are_ones_own),
    "drafts of others": (drafts_are_found_by_their_key_alone, checks.drafts_are_ones_own),
    "mentions across groups": (mentions_are_of_anywhere, checks.mentions_stay_inside),
    "notified without reading": (whoever_is_named_is_told, checks.mentions_reach_readers_alone),
    "mail to whoever lost the right": (
        everybody_reads_everything_by_word,
        checks.mail_is_composed_as_its_reader,
    ),
    "mail composed as the worker": (mail_is_written_as_the_worker, checks.mail_is_composed_as_its_reader),
    "join requests shown to strangers": (
        everybody_has_a_role,
        sweep("groups.desk", "other_member", "officer"),
    ),
    "members shown to suppliers": (
        suppliers_are_insiders,
        sweep("groups.members", "supplier", spaces=("alpha/supplier",)),
    ),
    "all people listed": (all_people_are_listed, checks.people_are_known_by_a_shared_group),
    "all profiles open": (all_profiles_open, checks.people_are_known_by_a_shared_group),
    "cards shown to suppliers": (
        all_cards_are_known,
        sweep("groups.home", "supplier", "other_supplier", spaces=(ALPHA, BETA)),
    ),
    "403 for what is foreign": (
        foreign_things_answer(
            lambda: Forbidden("You may not read this."), portal.forums.views.thread, "get_thread_head"
        ),
        sweep("forums.thread", "other_member"),
    ),
    "another 404 for what is foreign": (
        foreign_things_answer(_told_apart, portal.forums.api.blueprint, "get_thread_place"),
        sweep("forums_api.get_thread", "other_member"),
    ),
    "the API exempt from the fence": (the_api_is_exempt, sweep("forums_api.list_posts", "other_member")),
    "the form checked before the fence": (
        the_form_is_checked_before_the_fence,
        sweep("forums.pin", "other_member"),
    ),
    "error pages name what they hide": (
        error_pages_name_what_they_hide,
        sweep("forums.thread", "other_member"),
    ),
    "a cache without the viewer": (
        answers_are_cached_by_address,
        sweep("forums.thread_csv", "member", "other_member"),
    ),
    "answers may be cached": (answers_may_be_cached, checks.nothing_is_cached),
    "a staff page for everybody": (
        declared("admin.people", Access.SIGNED_IN),
        sweep("admin.people", "member"),
    ),
    "a page for nobody": (
        declared("forums.bookmarks", Access.PUBLIC),
        sweep("forums.bookmarks", "anonymous"),
    ),
    "invitations used twice": (invitations_work_again, checks.invitations_are_used_once),
}


def reports(app: Flask, check: Check) -> list[str]:
    """What a check says, at most the first three; an error in the middle of it is a report too."""
    app.extensions["portal.limiter"].storage.reset()
    found: list[str] = []
    try:
        for problem in check(app):
            found.append(problem)
            if len(found) == 3:
                break
    except tenancy.OutsideFence as error:
        found.append(f"refused by the fence: {error}")
    return found


@pytest.mark.parametrize("name", MUTANTS)
def test_a_breakage_is_caught(app: Flask, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    breakage, check = MUTANTS[name]
    breakage(monkeypatch, app)
    caught = reports(app, check)
    assert caught, f"nothing reports that {name}"


@pytest.mark.parametrize("name", MUTANTS)
def test_the_same_check_is_silent_on_the_code_as_it_is(app: Flask, name: str) -> None:
    assert reports(app, MUTANTS[name][1]) == []


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 20
