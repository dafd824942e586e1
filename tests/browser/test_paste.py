"""Pasting from Word, Excel and the web: what was formatted there is Markdown here."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASTE, Screens
from tests.support.world import THREADS

pytestmark = pytest.mark.browser
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p {margin: 0}</style></head><body>
<p class=MsoNormal>We ask for <b>two</b> things,
<i>soon</i>:<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst><span>·<span>&nbsp;&nbsp; </span></span>a date<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast><span>·<span>&nbsp;&nbsp; </span></span>a name<o:p></o:p></p></body></html>"""
EXCEL = """<table><tr><td>Release</td><td>Fails | passes</td></tr><tr><td>7.1</td><td>3</td></tr></table>"""
DOCUMENT = """<b style="font-weight:normal;"><p><span style="font-weight:700">Heavy</span> and
<span style="font-weight:400">light</span>, see <a href="https://example.org/x">this</a></p></b>"""


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (WORD, "We ask for **two** things, *soon*:\n\n- a date\n- a name"),
        (EXCEL, "| Release | Fails \\| passes |\n| --- | --- |\n| 7.1 | 3 |"),
        (DOCUMENT, "**Heavy** and light, see [this](https://example.org/x)"),
    ],
    ids=["Word", "Excel", "a document on the web"],
)
def test_what_was_formatted_is_markdown(screens: Screens, html: str, wanted: str) -> None:
    page = screens.open("member", f"/threads/{THREADS['alpha/members']}")
    text = page.locator("#composer-text")
    expect(page.get_by_role("toolbar", name="Formatting")).to_be_visible()
    text.fill("Before: ")
    text.press("End")
    text.evaluate(PASTE, html)
    expect(text).to_have_value(f"Before: {wanted}")
    text.press("Control+z")
    expect(text).to_have_value("Before: ")
    # Chromium tells of what the policy refuses in the document, apart from the page, where a paste is read.
    screens.problems[:] = [one for one in screens.problems if "Content Security Policy" not in one]
