"""Every case of ../shared/data/leak-checks.json, real leaks of other forums, tried here; or the reason why not yet."""

from __future__ import annotations

import io
import itertools
import json
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.accounts.services import tokens
from portal.core import jobs
from portal.core.db import db
from portal.core.jobs import Job
from portal.directory.services import people
from portal.forums.queries.lists import Filters, list_threads
from portal.forums.queries.pages import get_thread_head, get_whole_thread
from portal.forums.services import attachments, drafts, merging, posts, reactions, reading
from portal.groups.services import lead, members, opening
from tests.contract import checks, test_house
from tests.contract.checks import (
    ALPHA,
    BETA,
    acknowledge,
    actor_of,
    do,
    queue_mail,
    refusal,
    rooms_of,
    same,
    take_seat,
)
from tests.contract.matrix import READERS, ROWS
from tests.contract.sweep import UNKNOWN, address, alike, browser, foreign_markers, methods, rules, walk
from tests.support.client import PortalClient
from tests.support.world import ATTACHMENTS, GROUPS, MARKERS, PEOPLE, POSTS, SPACES, THREADS

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "leak-checks.json"
NOT_YET = {
    2: "threads move inside their space alone",
    12: "there are no backlinks",
    15: "there are no tags",
    26: "time is measured in benchmarks/, not in tests",
    36: "groups are never moved under another parent",
    39: "exports are made at once, in one fence; there is no stream",
    42: "threads move inside their space alone",
    61: "members read a group from its beginning",
    62: "markings are a later issue",
    63: "digests are a later issue",
    65: "there are no feeds",
    67: "there are no feeds",
    68: "the subject-access export is a later issue",
    82: "there are no signed addresses: every file is asked for anew",
    98: "posts move inside their space alone",
    102: "there is no history rule",
    105: "there are no flags",
    112: "nothing is copied from another group",
    113: "nothing is imported into a group's content",
    121: "there are no webhooks",
}

Case = Callable[[Flask], None]
TRIED: dict[int, Case] = {}


def case(*numbers: int) -> Callable[[Case], Case]:
    """The function tries these cases."""

    def register(work: Case) -> Case:
        TRIED.update(dict.fromkeys(numbers, work))
        return work

    return register


def silent(found: Any) -> None:
    assert list(found) == []


def remove(app: Flask, person: str = "colleague") -> None:
    do(
        app,
        "lead",
        members.remove_member,
        group_id=GROUPS["alpha"],
        person_id=PEOPLE[person].id,
        reason="Gone",
    )


@case(1)
def search_is_only_over_what_one_reads(app: Flask) -> None:
    silent(checks.search_tells(app))
    client = browser(app, "member")
    for more in (
        f"&space={SPACES[BETA]}",
        f"&group_id={GROUPS['beta']}",
        "&kind=post",
        "&sort=rank",
        "&scope=all",
    ):
        answer = client.get(f"/api/v1/search?q={MARKERS[BETA]}{more}")
        assert answer.json == {"items": [], "next": None}, more


@case(3)
def what_a_supplier_does_not_see_is_not_found_by_kind(app: Flask) -> None:
    client = browser(app, "supplier")
    for kind in ("post", "thread", "file", "person", "forum", "draft"):
        assert client.get(f"/api/v1/search?q={MARKERS[ALPHA]}&kind={kind}").json["items"] == []  # type: ignore[index]


@case(4)
def an_archived_group_is_closed_to_outsiders(app: Flask) -> None:
    do(app, "administrator", opening.archive_group, group_id=GROUPS["beta"])
    for endpoint in ("forums.thread_csv", "forums_api.download", "forums_api.list_posts"):
        silent(walk(app, endpoint, people=("member", "supplier"), spaces=(BETA, "gamma/members")))
    silent(checks.search_tells(app))


@case(7, 31, 84)
def lists_name_nothing_foreign(app: Flask) -> None:
    for person in ("member", "supplier", "former", "administrator"):
        client = browser(app, person)
        for path in (
            "/",
            "/groups/",
            "/drafts/",
            "/bookmarks/",
            "/search?q=title",
            "/api/v1/groups",
            "/api/v1/me",
        ):
            assert foreign_markers(person, client.get(path)) == [], (person, path)
    for path in ("/", "/groups/", "/directory/suppliers/", "/people/"):
        text = browser(app, "member").get(path).get_data(as_text=True)
        assert PEOPLE["other_member"].name not in text, path
    page = browser(app, "supplier").get("/directory/suppliers/").get_data(as_text=True)
    assert not [key for key in ("member", "lead", "neighbour") if PEOPLE[key].name in page]


@case(9)
def a_group_that_one_left_is_in_no_list(app: Flask) -> None:
    before = browser(app, "colleague").get("/").get_data(as_text=True)
    assert "Supplier A user group" in before
    remove(app)
    client = browser(app, "colleague")
    assert "alpha" not in str(client.get("/api/v1/me").json)
    for path in ("/", "/drafts/", "/bookmarks/"):
        assert MARKERS[ALPHA] not in client.get(path).get_data(as_text=True), path


@case(10)
def rows_of_lists_are_those_that_the_matrix_lets_be_read(app: Flask) -> None:
    for person, space in itertools.product(("member", "supplier", "lead", "moderator"), THREADS):
        if person not in READERS[space]:
            assert browser(app, person).get(f"/api/v1/threads/{THREADS[space]}/posts").status_code == 404
            continue
        found = do(app, person, lambda actor, space=space: list_threads(actor, SPACES[space], Filters()))
        assert [row.id for row in found.items] == [THREADS[space]]
        head = do(app, person, lambda actor, space=space: get_thread_head(actor, THREADS[space]))
        seen = do(app, person, lambda actor, head=head: get_whole_thread(actor, head))
        assert [post.id for post in seen] == [POSTS[space], POSTS[space] + 1]


@case(11)
def queries_pass_the_fence_and_a_lint_rule_says_so(app: Flask) -> None:
    for guard in (
        "session.get",
        "text()",
        "__table__",
        "session.connection()",
        "unscoped",
        "portal_unfenced",
    ):
        test_house.test_the_source_keeps_to_the_one_way(guard)
        test_house.test_the_guard_can_fail(guard)


@case(16)
def counts_do_not_move_with_foreign_posts(app: Flask) -> None:
    paths = ("/", "/groups/", "/groups/beta/", "/directory/suppliers/", "/api/v1/groups", "/api/v1/me")
    client = browser(app, "member")
    before = [client.get(path) for path in paths]
    for number in range(3):
        do(app, "other_member", posts.reply, thread_id=THREADS[BETA], body=f"Number {number}")
    for path, old in zip(paths, before, strict=True):
        assert alike(old, client.get(path)), path


@case(18)
def a_hidden_last_post_names_nobody(app: Flask) -> None:
    thread = THREADS["alpha/supplier"]
    posted = do(app, "colleague", posts.reply, thread_id=thread, body="Secretword")
    do(app, "lead", posts.hide, post_id=posted.id, reason="Names a family")
    client = browser(app, "supplier")
    for path in (
        f"/threads/{thread}.csv",
        "/groups/alpha/forum/?space=supplier",
        f"/api/v1/threads/{thread}/posts",
    ):
        text = client.get(path).get_data(as_text=True)
        assert "Secretword" not in text, path
    assert PEOPLE["colleague"].name not in client.get("/groups/alpha/forum/?space=supplier").get_data(
        as_text=True
    )


@case(20, 22, 23, 114, 119)
def foreign_things_are_as_none_on_every_kind_of_route(app: Flask) -> None:
    """The whole map is walked by test_matrix, every number in a body by test_oracles: here one of each kind."""
    for endpoint in (
        "forums.thread",
        "forums.react",
        "forums.merge",
        "groups.desk",
        "groups.remove",
        "forums_api.edit",
    ):
        silent(walk(app, endpoint, people=("other_lead", "supplier"), spaces=(ALPHA,)))
    silent(walk(app, "admin.person", people=("lead", "moderator")))
    silent(checks.files_are_ones_own(app))
    silent(checks.every_action_is_refused_to_nobody_in_particular(app))


@case(24, 83, 85)
def a_preview_looks_nothing_up(app: Flask) -> None:
    texts = set()
    for person, number in itertools.product(("other_member", "member"), (THREADS[BETA], UNKNOWN)):
        client = PortalClient(app).sign_in_as(person)
        for query in ("", f"?source_topic_id={number}", f"?thread={number}&space={SPACES[BETA]}&include=all"):
            answer = client.json("POST", f"/api/v1/preview{query}", {"body": f"See /threads/{number} there"})
            texts.add(answer.get_data(as_text=True).replace(str(number), "N"))
    assert len(texts) == 1
    assert MARKERS[BETA] not in texts.pop()


@case(27)
def files_tell_other_sites_nothing(app: Flask) -> None:
    client = browser(app, "member")
    for number in (ATTACHMENTS[ALPHA], ATTACHMENTS[BETA], UNKNOWN):
        answer = client.get(f"/attachments/{number}", headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
    signing_in = PortalClient(app)
    page = signing_in.http.get("/sign-in")
    assert all(
        "SameSite=Lax" in cookie or "SameSite=Strict" in cookie
        for cookie in page.headers.getlist("Set-Cookie")
    )
    outside = [app.test_client().get(f"/attachments/{n}") for n in (ATTACHMENTS[ALPHA], UNKNOWN)]
    assert outside[0].status_code == outside[1].status_code == 302


@case(28, 107)
def people_are_private(app: Flask) -> None:
    silent(checks.people_are_known_by_a_shared_group(app))
    text = browser(app, "supplier").get("/people/").get_data(as_text=True)
    assert "@northmoor.example" not in text


@case(30)
def an_inbox_is_empty_of_what_one_left(app: Flask) -> None:
    colleague = PEOPLE["colleague"]
    words = f"@[{colleague.name}](person:{colleague.id})"
    do(app, "member", posts.reply, thread_id=THREADS[ALPHA], body=words)
    client = browser(app, "colleague")
    before = client.get("/notifications/").get_data(as_text=True)
    assert MARKERS[ALPHA] in before
    assert "new notification" in before
    remove(app)
    after = client.get("/notifications/").get_data(as_text=True)
    assert MARKERS[ALPHA] not in after
    assert "Notifications, none new" in after


@case(32)
def a_bookmark_of_what_is_lost_shows_nothing(app: Flask) -> None:
    do(app, "colleague", reading.bookmark, post_id=POSTS[ALPHA], on=True)
    assert MARKERS[ALPHA] in browser(app, "colleague").get("/bookmarks/").get_data(as_text=True)
    queue_mail(app, "colleague", ALPHA)
    remove(app)
    assert MARKERS[ALPHA] not in browser(app, "colleague").get("/bookmarks/").get_data(as_text=True)
    checks.COMPOSED.clear()
    checks.run_jobs(app)
    assert checks.COMPOSED == []


@case(34)
def a_lower_role_has_the_lower_roles_pages(app: Flask) -> None:
    client = browser(app, "deputy")
    do(app, "lead", lead.dismiss_deputy, group_id=GROUPS["alpha"], person_id=PEOPLE["deputy"].id)
    assert client.get(f"/threads/{THREADS[ALPHA]}/tools").status_code == 403
    text = client.get("/").get_data(as_text=True)
    assert MARKERS["nlar/members"] not in text
    assert client.get(f"/threads/{THREADS['nlar/members']}.csv").status_code == 404


@case(35)
def rights_inside_end_with_the_group(app: Flask) -> None:
    do(app, "lead", lead.hand_over_lead, group_id=GROUPS["alpha"], person_id=PEOPLE["deputy"].id)
    do(
        app,
        "deputy",
        members.remove_member,
        group_id=GROUPS["alpha"],
        person_id=PEOPLE["lead"].id,
        reason="Gone",
    )
    client = browser(app, "lead")
    for space in ("alpha/members", "alpha/supplier", "nlar/members", "nlar/supplier-a"):
        assert client.get(f"/threads/{THREADS[space]}.csv").status_code == 404, space


@case(38)
def former_members_change_nothing(app: Flask) -> None:
    posted = do(app, "colleague", posts.reply, thread_id=THREADS[ALPHA], body="My own words")
    remove(app)
    for work, more in ((posts.edit, {"body": "Changed"}), (posts.delete, {})):
        assert refusal(app, "colleague", work, post_id=posted.id, **more).startswith("NotFound")
    text = browser(app, "member").get(f"/threads/{THREADS[ALPHA]}.csv").get_data(as_text=True)
    assert "My own words" in text


@case(44, 54)
def whoever_was_removed_hears_nothing(app: Flask) -> None:
    silent(checks.whoever_was_removed_hears_nothing(app))


@case(46)
def a_suspended_person_has_no_way_in(app: Flask) -> None:
    secret = do(app, "colleague", tokens.create_token, name="Mine").secret
    bearer = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/me", headers=bearer).status_code == 200
    do(app, "administrator", people.suspend_person, person_id=PEOPLE["colleague"].id, reason="Long leave")
    assert app.test_client().get("/api/v1/me", headers=bearer).status_code == 401
    assert browser(app, "colleague").get("/").status_code == 302
    with rooms_of(app):
        answer = acknowledge(app, "colleague", "thread:join", {"thread": THREADS[ALPHA], "seq": 2})
        assert answer["problem"]["status"] == 401


@case(47)
def a_room_is_joined_exactly_where_the_page_opens(app: Flask) -> None:
    with rooms_of(app):
        for person in ("member", "supplier", "lead", "former", "administrator", "moderator"):
            client = browser(app, person)
            for space in THREADS:
                page = client.get(f"/threads/{THREADS[space]}.csv").status_code == 200
                joined = acknowledge(app, person, "thread:join", {"thread": THREADS[space], "seq": 2})
                assert joined["ok"] is page is (person in READERS[space]), (person, space)


@case(48, 50)
def sockets_take_no_room_from_the_client(app: Flask) -> None:
    silent(checks.sockets_tell_nothing_of_foreign_threads(app))
    with rooms_of(app) as (_, rooms):
        for event in ("thread:join", "thread:post", "thread:typing"):
            forged = {
                "thread": THREADS[BETA],
                "room": f"thread:{THREADS[ALPHA]}:authority:1",
                "space": SPACES[ALPHA],
            }
            assert acknowledge(app, "member", event, forged)["problem"]["status"] == 422
        for name in ("join", "enter_room", f"thread:{THREADS[ALPHA]}:authority:1"):
            assert acknowledge(app, "other_member", name, {})["problem"]["status"] == 404
        assert not [room for room, sids in rooms.rooms.items() if sids]


@case(49)
def only_the_hub_emits(app: Flask) -> None:
    test_house.test_the_source_keeps_to_the_one_way("emit")
    test_house.test_the_guard_can_fail("emit")


@case(56)
def an_edit_told_after_the_delete_carries_no_words(app: Flask) -> None:
    with rooms_of(app) as (hub, rooms):
        take_seat(app, hub, "member", ALPHA)
        for number in range(20):
            posted = do(app, "neighbour", posts.reply, thread_id=THREADS[ALPHA], body=f"First {number}")
            do(app, "neighbour", posts.edit, post_id=posted.id, body=f"Secretword {number}")
            do(app, "neighbour", posts.delete, post_id=posted.id)
            hub.look()
        assert len(rooms.heard["member"]) >= 60
        assert "Secretword" not in str(rooms.heard["member"])


@case(57)
def nobody_sees_anothers_reading(app: Flask) -> None:
    do(app, "colleague", reading.mark_read, thread_id=THREADS[ALPHA], position=2)
    do(app, "colleague", reading.follow, thread_id=THREADS[ALPHA], state="muted")
    client = browser(app, "member")
    for path in (
        f"/api/v1/threads/{THREADS[ALPHA]}",
        f"/api/v1/threads/{THREADS[ALPHA]}/posts",
        "/groups/alpha/members/",
    ):
        text = client.get(path).get_data(as_text=True)
        assert "muted" not in text, path
        assert "last_seen" not in text, path
    assert client.get(f"/api/v1/threads/{THREADS[ALPHA]}").json["read_position"] == 0  # type: ignore[index]


@case(58)
def a_supplier_never_sees_who_is_there(app: Flask) -> None:
    silent(checks.suppliers_hear_no_presence(app))
    with rooms_of(app):
        forged = {"thread": THREADS["alpha/supplier"], "authority": "Thornhithe", "name": "Ruth Sandmoor"}
        assert acknowledge(app, "supplier", "thread:typing", forged)["problem"]["status"] == 422
        joined = acknowledge(app, "supplier", "thread:join", {"thread": THREADS["alpha/supplier"], "seq": 2})
        assert joined["present"] == []


@case(60)
def acknowledgements_reach_one_socket(app: Flask) -> None:
    with rooms_of(app) as (hub, rooms):
        take_seat(app, hub, "member", ALPHA)
        given = {"thread": THREADS[ALPHA], "body": "", "key": "key-of-nothing"}
        assert acknowledge(app, "neighbour", "thread:post", given)["ok"] is False
        do(app, "neighbour", drafts.save, key="my-draft", space_id=SPACES[ALPHA], body="Unsent")
        hub.look()
        assert not [event for event in rooms.heard["member"] if "thread:present" not in event]


@case(71)
def files_are_the_servers_own(app: Flask) -> None:
    do(
        app,
        "member",
        attachments.add,
        space_id=SPACES[ALPHA],
        stream=io.BytesIO(b"Some words"),
        filename="a.txt",
    )
    queue_mail(app, "member", ALPHA)
    checks.run_jobs(app)
    folders = (app.config["PORTAL_STORAGE_URL"], app.config["PORTAL_MAIL_URL"])
    written = [p for f in folders for p in Path(f.removeprefix("file://")).rglob("*") if p.is_file()]
    assert written
    assert [path.name for path in written if path.stat().st_mode & 0o077] == []


@case(72)
def what_an_administrators_pages_link_to_is_closed_to_nobody(app: Flask) -> None:
    client = browser(app, "administrator")
    seen: set[str] = set()
    for path in ("/", "/admin/", "/admin/people", "/admin/audit", "/groups/", "/directory/"):
        page = client.get(path, follow_redirects=True).get_data(as_text=True)
        seen |= set(re.findall(r'(?:href|action|src)="(/[^"#?]*)', page))
    nobody = app.test_client()
    open_to_all = re.compile(r"/(?:static|help|sign-in|sign-out|signed-out|reset|favicon)")
    wanted = [path for path in sorted(seen) if not open_to_all.match(path)]
    assert len(wanted) > 10
    assert [path for path in wanted if nobody.get(path).status_code not in {302, 401, 404, 405}] == []


@case(73)
def every_way_to_a_files_bytes_is_closed(app: Flask) -> None:
    ways = [e for e in ROWS if "download" in e or "attachment" in e]
    assert len(ways) >= 3
    for endpoint in ways:
        silent(
            walk(
                app, endpoint, people=("other_member", "supplier", "former", "administrator"), spaces=(ALPHA,)
            )
        )


@case(74)
def a_foreign_file_is_put_to_no_post(app: Flask) -> None:
    silent(checks.files_are_ones_own(app))
    assert browser(app, "member").get(f"/attachments/{ATTACHMENTS[BETA]}").status_code == 404


@case(75)
def a_reference_gives_no_right(app: Flask) -> None:
    thread = THREADS["alpha/supplier"]
    do(app, "member", posts.reply, thread_id=thread, body=f"See ![file](/attachments/{ATTACHMENTS[ALPHA]})")
    assert browser(app, "supplier").get(f"/attachments/{ATTACHMENTS[ALPHA]}").status_code == 404
    text = browser(app, "supplier").get(f"/api/v1/threads/{thread}/posts").get_data(as_text=True)
    assert MARKERS[ALPHA] not in text


@case(76)
def a_file_that_was_taken_away_is_gone(app: Flask) -> None:
    do(app, "neighbour", attachments.remove, attachment_id=ATTACHMENTS[ALPHA])
    for person in ("member", "neighbour", "lead"):
        assert browser(app, person).get(f"/attachments/{ATTACHMENTS[ALPHA]}").status_code == 404


@case(77)
def no_spelling_of_an_address_opens_a_file(app: Flask) -> None:
    number, name = ATTACHMENTS[BETA], f"{MARKERS[BETA]}.txt"
    client = browser(app, "member")
    spellings = f"""
        /attachments/{number} /attachments/{number}/{name} /x/..//attachments/{number} /attachments//{number}
        /./attachments/{number} /attachments/./{number} /attachments/%2e/{number} /%61ttachments/{number}
        /attachments/{number}%00 /attachments/{number};x /attachments/{number}/..%2f{name} /ATTACHMENTS/{number}
        /attachments/{number}/%252e%252e/{name} /attachments/%30{number} /attachments/0{number} /attachments/{number}.0
        /attachments\\{number} /attachments/{number}/../{number} /attachments/{number}?x={name}
        /static/../attachments/{number} /static/%2e%2e/attachments/{number} /attachments/+{number}
    """.split()
    assert len(spellings) >= 20
    for path in spellings:
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code in {400, 404}, path
        assert f"Bytes {MARKERS[BETA]}" not in answer.get_data(as_text=True), path


@case(80)
def the_files_of_a_removed_post_are_removed(app: Flask) -> None:
    do(app, "lead", posts.hide, post_id=POSTS[ALPHA], reason="Names a family")
    assert browser(app, "member").get(f"/attachments/{ATTACHMENTS[ALPHA]}").status_code == 404
    assert browser(app, "lead").get(f"/attachments/{ATTACHMENTS[ALPHA]}").status_code == 200
    do(app, "lead", posts.unhide, post_id=POSTS[ALPHA])
    do(app, "neighbour", posts.delete, post_id=POSTS[ALPHA])
    for person in ("member", "lead", "supplier"):
        assert browser(app, person).get(f"/attachments/{ATTACHMENTS[ALPHA]}").status_code == 404


@case(89)
def a_single_post_is_not_to_be_had(app: Flask) -> None:
    client = browser(app, "member")
    for path in (
        "/posts/{}",
        "/api/v1/posts/{}",
        "/api/v1/posts/{}?include=parent,thread,author",
        "/posts/{}/edit",
    ):
        pair = [client.get(path.format(number)) for number in (POSTS[BETA], UNKNOWN * 10**7)]
        assert pair[0].status_code in {404, 405}
        assert alike(*pair), path


@case(90)
def nobody_learns_of_members_by_completing_a_name(app: Flask) -> None:
    silent(checks.mentions_stay_inside(app))


@case(91)
def a_supplier_completes_own_colleagues_and_named_authors(app: Flask) -> None:
    client = browser(app, "supplier")
    found: set[str] = set()
    for letter in string.ascii_lowercase:
        answer = client.get(f"/api/v1/mentions?space={SPACES['alpha/supplier']}&q={letter}")
        found |= {item["name"] for item in answer.json["items"]}  # type: ignore[index]
    assert found <= {PEOPLE["neighbour"].name}, "who wrote there under their name, and own colleagues"


@case(93)
def a_mention_reaches_readers_alone(app: Flask) -> None:
    silent(checks.mentions_reach_readers_alone(app))


@case(95)
def a_filter_with_a_foreign_number_selects_nothing(app: Flask) -> None:
    client = browser(app, "member")
    for query in (f"forum={THREADS[BETA]}", f"forum={SPACES[BETA]}", f"forum={UNKNOWN}"):
        text = client.get(f"/groups/alpha/forum/?{query}").get_data(as_text=True)
        assert MARKERS[BETA] not in text


@case(96)
def versions_are_for_readers_of_the_post(app: Flask) -> None:
    do(app, "neighbour", posts.edit, post_id=POSTS[ALPHA], body="Said otherwise")
    for person in ("other_member", "supplier", "former"):
        for path in ("/posts/{}", "/posts/{}/edit"):
            pair = [
                browser(app, person).get(path.format(number)) for number in (POSTS[ALPHA], UNKNOWN * 10**7)
            ]
            assert same(*pair)
    do(app, "lead", posts.hide, post_id=POSTS[ALPHA], reason="Names a family")
    assert f"Body 1 {MARKERS[ALPHA]}" not in browser(app, "member").get(f"/posts/{POSTS[ALPHA]}").get_data(
        as_text=True
    )


@case(100)
def a_split_takes_posts_of_its_thread_alone(app: Flask) -> None:
    given = {"thread_id": THREADS[ALPHA], "title": "Apart"}
    for foreign in (POSTS[BETA], POSTS["alpha/supplier"], UNKNOWN * 10**7):
        assert refusal(app, "lead", merging.split, post_ids=[POSTS[ALPHA] + 1, foreign], **given)
    text = browser(app, "member").get(f"/threads/{THREADS[ALPHA]}.csv").get_data(as_text=True)
    assert f"Body 2 {MARKERS[ALPHA]}" in text


@case(108)
def nothing_signed_in_is_cached(app: Flask) -> None:
    silent(checks.nothing_is_cached(app))
    for endpoint in ("forums.thread", "forums_api.list_posts", "groups.home", "web.home", "search.search"):
        for rule in rules(app, endpoint):
            if "GET" in methods(rule):
                answer = browser(app, "member").get(address(app, rule, ALPHA))
                assert "no-store" in answer.headers["Cache-Control"], endpoint


@case(109)
def headers_of_one_change_nothing_for_another(app: Flask) -> None:
    path = f"/threads/{THREADS[ALPHA]}.csv"
    plain = browser(app, "other_member").get(path)
    fuzz = {
        "Accept": "application/json",
        "Referer": "https://elsewhere.example/",
        "X-Forwarded-Host": "elsewhere.example",
        "X-Forwarded-For": "192.0.2.1",
        "X-Original-URL": "/",
        "X-User": PEOPLE["member"].email,
    }
    for name, value in fuzz.items():
        answer = browser(app, "member").get(path, headers={name: value})
        assert "elsewhere.example" not in answer.get_data(as_text=True), name
        assert alike(plain, browser(app, "other_member").get(path)), name


@case(111)
def a_foreign_etag_is_no_oracle(app: Flask) -> None:
    for path in (f"/attachments/{ATTACHMENTS[BETA]}", f"/threads/{THREADS[BETA]}.csv"):
        tag = browser(app, "other_member").get(path).headers.get("ETag", '"x"')
        answer = browser(app, "member").get(path, headers={"If-None-Match": tag, "Range": "bytes=0-3"})
        assert answer.status_code == 404


@case(116)
def an_invitation_works_once(app: Flask) -> None:
    silent(checks.invitations_are_used_once(app))


@case(122)
def jobs_hold_no_words_and_no_secrets(app: Flask) -> None:
    do(
        app,
        "neighbour",
        posts.reply,
        thread_id=THREADS[ALPHA],
        body=f"Ask @[Asha Fenn](person:{PEOPLE['member'].id})",
    )
    do(app, "neighbour", reactions.react, post_id=POSTS[ALPHA] + 1, kind="thanks", on=True)
    queue_mail(app, "member", ALPHA)
    with app.app_context():
        queued = [json.dumps([job.kind, job.key, job.payload]) for job in db.session.query(Job).all()]
        jobs.run_due()
        db.session.rollback()
        queued += [str(job.failure) for job in db.session.query(Job).all()]
        db.session.rollback()
    assert queued
    for secret in (*MARKERS.values(), *(somebody.token for somebody in PEOPLE.values()), "Asha"):
        assert not [row for row in queued if secret in row], secret


@pytest.mark.parametrize("number", sorted(TRIED))
def test_the_leak_does_not_happen_here(app: Flask, number: int) -> None:
    TRIED[number](app)


def test_every_case_is_tried_or_has_its_reason() -> None:
    numbers = {case["n"] for case in json.loads(CASES.read_text())}
    assert set(TRIED) | set(NOT_YET) == numbers
    assert set(TRIED) & set(NOT_YET) == set()


def test_an_actor_of_the_checks_is_the_person_of_now(app: Flask) -> None:
    remove(app)
    with app.test_request_context():
        assert SPACES[ALPHA] not in actor_of("colleague").spaces
