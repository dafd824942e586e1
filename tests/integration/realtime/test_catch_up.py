"""P7: a page built from live events is the page that a reload gives, after any mix of changes and reconnects."""

from __future__ import annotations

import random
from typing import Any

import pytest

from portal.forums import live as forum_live
from portal.forums.queries.pages import get_thread_head, get_whole_thread
from portal.forums.services import posts, reactions
from portal.realtime.hub import Change
from tests.support.live import LiveServer, Page, acting, wait_until, without_hover
from tests.support.marks import on_both
from tests.support.world import POSTS, THREADS

ALPHA = THREADS["alpha/members"]


class Screen:
    """What thread.js keeps, by the same rules: the next change is shown, of a gap is asked."""

    def __init__(self, live: LiveServer, person: str) -> None:
        self.live, self.person = live, person
        self.seq, self.posts = 0, {}  # type: ignore[var-annotated]
        self.shown: list[int] = []
        self.connect()

    def connect(self) -> None:
        self.page: Page = self.live.open(self.person)
        answer = self.page.join(ALPHA, self.seq)
        assert answer["ok"] is True
        for event in answer["missed"]:
            self.show(event)
        assert self.seq == answer["seq"]
        self.taken = 0

    def take(self) -> None:
        heard = self.page.of("thread:event")
        for event in heard[self.taken :]:
            if event["seq"] > self.seq:
                self.show(event)
        self.taken = len(heard)

    def show(self, event: dict[str, Any]) -> None:
        assert event["seq"] == self.seq + 1, "a gap"
        self.seq = event["seq"]
        self.shown.append(self.seq)
        if event["data"].get("gone"):
            self.posts.pop(event["data"]["post"], None)
        elif event["html"]:
            self.posts[event["data"]["post"]] = without_hover(event["html"])


@on_both
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_page_built_from_events_is_the_reloaded_page(live: LiveServer, seed: int) -> None:
    chance = random.Random(seed)
    screens = [Screen(live, person) for person in ("member", "lead")]
    own: list[int] = []
    gone: set[int] = set()
    for step in range(30):
        what = chance.choice(["reply", "reply", "edit", "delete", "restore", "react", "hide", "cut"])
        if what == "reply" or not own:
            own.append(acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body=f"Words {step}").id)
        elif what == "cut":
            screen = chance.choice(screens)
            screen.take()
            screen.page.close()
            acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body=f"While away {step}")
            screen.connect()
        else:
            post_id = chance.choice(own)
            if what == "edit" and post_id not in gone:
                acting(live.app, "neighbour", posts.edit, post_id=post_id, body=f"Changed {step}")
            elif what == "delete" and post_id not in gone:
                acting(live.app, "neighbour", posts.delete, post_id=post_id)
                gone.add(post_id)
            elif what == "restore" and post_id in gone:
                acting(live.app, "neighbour", posts.restore, post_id=post_id)
                gone.discard(post_id)
            elif what == "hide":
                first = POSTS["alpha/members"]
                acting(live.app, "lead", posts.hide, post_id=first, reason="Tried out in a test")
                acting(live.app, "lead", posts.unhide, post_id=first)
            elif what == "react" and post_id not in gone:
                acting(live.app, "colleague", reactions.react, post_id=post_id, kind="thanks", on=True)
    head = acting(live.app, "member", lambda actor: get_thread_head(actor, ALPHA))
    for screen in screens:

        def current(screen: Screen = screen) -> bool:
            screen.take()
            return bool(screen.seq == head.change_number)

        wait_until(current, 6, "the last change")
        assert screen.shown == list(range(1, head.change_number + 1))

    def reloaded(actor: Any) -> dict[int, str]:
        numbers = [view.id for view in get_whole_thread(actor, head)] + sorted(gone)
        return {
            number: without_hover(forum_live.render(ALPHA, Change(0, "", number), "authority").html)
            for number in numbers
        }

    page = acting(live.app, "member", reloaded)
    for screen in screens:
        assert screen.posts == page
    assert len(page) >= 4


def test_after_very_many_changes_the_page_is_loaded_anew(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forum_live, "MOST", 3)
    for number in range(3):
        acting(live.app, "neighbour", posts.reply, thread_id=ALPHA, body=f"Number {number}")
    page = live.open("member")
    answer = page.join(ALPHA, 0)
    assert (answer["reload"], answer["missed"], answer["seq"]) == (True, [], 5)
    assert page.join(ALPHA, 2)["missed"][-1]["seq"] == 5
