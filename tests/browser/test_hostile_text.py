"""Texts that try to run, posted and opened in a real Chromium: nothing runs, nothing is asked of another host."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from portal.core import tenancy
from portal.core.errors import Invalid
from portal.forums.services import posts, threads
from portal.groups.queries import actors
from tests.browser.conftest import PASTE, Screens
from tests.support.live import LiveServer, elsewhere
from tests.support.world import FORUMS, PEOPLE, THREADS
from tests.unit.core.corpora import CORPORA, needs_corpora

pytestmark = [pytest.mark.browser, needs_corpora]
ALPHA = THREADS["alpha/members"]
EVERY = 35
"""One of so many lines of the longest list."""
OWN = (
    "[a](javascript:window.__xss=1)",
    "[a](JaVaScRiPt&colon;window.__xss=1)",
    "[a]( &#x01;javascript:window.__xss=1)",
    '![a](x" onerror="window.__xss=1)',
    "![a](https://elsewhere.example/pixel.png)",
    '<https://elsewhere.example/"onmouseover="window.__xss=1>',
    "[a](data:text/html,<script>window.__xss=1</script>)",
    "[r]: javascript:window.__xss=1\n\n[a][r]",
    "@[<img src=x onerror=window.__xss=1>](person:1)",
    "```<script>window.__xss=1</script>\n<img src=x onerror=window.__xss=1>\n```",
    "| <script>window.__xss=1</script> |\n| - |\n| <svg onload=window.__xss=1> |",
    '<div style="background:url(https://elsewhere.example/x)">a</div>',
    "<style>@import 'https://elsewhere.example/x.css';</style>",
    '<base href="https://elsewhere.example/"><a href="x">a</a>',
    '<form action="https://elsewhere.example/"><button formaction="javascript:window.__xss=1">a</button></form>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.__xss=1&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=window.__xss=1>">',
    "<a id=posts><a id=posts name=dataset>",
    '<meta http-equiv=refresh content="0;url=https://elsewhere.example/">',
)
WATCH = """for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = () => { window.__xss = name; };
}"""
SHOWN = "#posts *, .px-threads *, .px-results *, .px-feed *, h1 *, [data-composer-preview] *"
DANGEROUS = """selector => [...document.querySelectorAll(selector)].filter((element) =>
  /^(SCRIPT|IFRAME|FRAME|OBJECT|EMBED|STYLE|LINK|META|BASE|MATH|AUDIO|VIDEO|TEMPLATE)$/i.test(element.tagName)
  || (element.namespaceURI.includes("svg") && !element.closest("svg.px-icon, svg.px-mark"))
  || [...element.attributes].some((one) => /^(on.*|style|srcdoc|srcset|formaction|action|background)$/i.test(one.name))
  || (element.hasAttribute("href") && element.protocol && !/^(https?|mailto):$/.test(element.protocol))
  || (element.hasAttribute("src") && new URL(element.src, location).host !== location.host)
).map((element) => element.outerHTML)"""


def payloads() -> Iterator[str]:
    """Our own tries, all of html5lib's and bleach's, and every so many of the long list."""
    yield from OWN
    for case in json.loads((CORPORA / "xss/html5lib-sanitizer/tests1.json").read_text(encoding="utf-8")):
        yield str(case["input"])
    for path in sorted((CORPORA / "xss/bleach").glob("*.test")):
        yield path.read_text(encoding="utf-8").partition("\n--\n")[0]
    lines = (CORPORA / "xss/payloadbox/xss-payload-list.txt").read_text(encoding="utf-8").splitlines()
    yield from lines[::EVERY]


def clean(page: Page) -> None:
    """Nothing ran, and nothing stands there that could."""
    assert page.evaluate("window.__xss") is None, page.url
    assert page.evaluate(DANGEROUS, SHOWN) == [], page.url


def test_nothing_runs_as_it_arrives_nor_when_it_is_read(live: LiveServer, screens: Screens) -> None:
    page = _watched(screens)
    tried = list(payloads())
    assert len(tried) > 250

    def write() -> tuple[int, int]:
        """As the neighbour: every text as a post, some as titles; how many were taken, and the last position."""
        actor = actors.find_actor_of_person(PEOPLE["neighbour"].id)
        assert actor is not None
        taken = last = 0
        with tenancy.acting_as(actor):
            for number, text in enumerate(tried):
                try:
                    last = posts.reply(actor, thread_id=ALPHA, body=text).position
                    taken += 1
                    if number % 8 == 0:
                        title = " ".join(text.split())[:190]
                        threads.start(
                            actor, forum_id=FORUMS["alpha/members"], kind="issue", title=title, body=text
                        )
                except Invalid:
                    continue
        return taken, last

    taken, last = elsewhere(live.app, write, seconds=60)
    assert taken > 0.9 * len(tried)
    expect(page.locator(f"#post-{last}")).to_be_attached(timeout=30_000)
    expect(page.locator("#posts > [data-post]")).to_have_count(last)  # all of them came live
    clean(page)

    page.goto(f"/threads/{ALPHA}?from=1")
    while True:
        clean(page)
        later = page.locator('a[rel="next"]')
        if not later.count():
            break
        later.first.click()
    expect(page.locator(f"#post-{last}")).to_be_attached()

    for path in (
        "/",
        "/groups/alpha/",
        "/groups/alpha/forum/?space=members",
        "/search?q=xss",
        "/search?q=script",
    ):
        page.goto(path)
        clean(page)


def test_nothing_runs_in_the_preview(screens: Screens) -> None:
    page = _watched(screens)
    page.locator("#composer-text").fill("\n\n".join(OWN))
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-composer-preview] p").first).to_be_visible()
    clean(page)


def test_nothing_runs_in_what_is_pasted(screens: Screens) -> None:
    page = _watched(screens)
    text = page.locator("#composer-text")
    for payload in OWN:
        text.fill("")
        text.evaluate(PASTE, f"<b>pasted</b> {payload}")
        assert "pasted" in text.input_value()
    clean(page)
    # Chromium tells of what the policy refuses in the document, apart from the page, where a paste is read.
    screens.problems[:] = [one for one in screens.problems if "Content Security Policy" not in one]


def _watched(screens: Screens) -> Page:
    browser = screens.browser("member")
    browser.add_init_script(WATCH)
    page = browser.new_page()
    page.goto(f"/threads/{ALPHA}")
    expect(page.locator("[data-presence-names]")).to_contain_text("Northmoor")
    return page
