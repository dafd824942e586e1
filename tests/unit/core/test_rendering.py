"""Rendering beyond the corpora: threads, addresses, mentions, the guard and the helper process."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from portal.core import markup, rendering
from portal.core.markup import MarkupRefused, excerpt, render_markdown
from tests.unit.core.corpora import CORPORA, needs_corpora


def rendered(text: str) -> str:
    """The text's HTML; the word "refused" where a person would be told why not."""
    try:
        return render_markdown(text).html
    except MarkupRefused as refused:
        return "refused" if str(refused).endswith(".") else ""


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads change places often, so that what they share unguarded breaks soon."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless_threads")
def test_texts_of_several_threads_are_never_mixed() -> None:
    wrong: list[str] = []

    def author(number: int) -> None:
        text = "\n\n".join(f"group{number} *word* [l](https://h{number}.example/)" for _ in range(10))
        for _ in range(8):
            try:
                html, _ = rendering.render(text)
            except Exception as error:
                wrong.append(repr(error))
                continue
            if html.count(f"group{number} ") != 10 or html.count("group") != 10:
                wrong.append(html)

    threads = [threading.Thread(target=author, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "javascript:1", "JaVaScRiPt:1", "vbscript:12", "data:1", "data:text/html,x",
        "person:1234567", "&#106;avascript:1", "java&Tab;script:1", "file:///etc/passwd", "//x.example", "/\\x.example",
        "\\\\x.example", "https:x.example", "</&Tab;/x.example>", "ftp://x.example",
    ],
)  # fmt: skip
def test_a_link_leads_only_to_the_web_to_mail_or_to_our_own_pages(address: str) -> None:
    assert "href" not in render_markdown(f"[a]({address})").html


@pytest.mark.parametrize(
    "address",
    ["/threads/1234567", "#part", "?page=2", "guide/part-2", "mailto:a@b.example", "HTTPS://x.example/a:b"],
)
def test_honest_addresses_are_links(address: str) -> None:
    assert f'href="{address}"' in render_markdown(f"[a]({address})").html


def test_only_links_that_may_leave_say_so() -> None:
    assert 'rel="nofollow noopener noreferrer"' in render_markdown("[a](HTTP://x.example)").html
    assert "rel=" not in render_markdown("[a](/threads/1234567)").html


@pytest.mark.parametrize(
    ("text", "address", "rest"),
    [
        ("See https://ics.intranet/a_b_c?x=1&y=2.", "https://ics.intranet/a_b_c?x=1&amp;y=2", "</a>."),
        ("(https://x.example/a_(b))", "https://x.example/a_(b)", "</a>)"),
        ("**https://x.example**", "https://x.example", "</a></strong>"),
        ("https://x.example, and", "https://x.example", "</a>, and"),
    ],
)
def test_a_bare_address_becomes_a_link(text: str, address: str, rest: str) -> None:
    html = render_markdown(text).html
    assert f'<a href="{address}" rel="nofollow noopener noreferrer">{address}{rest}' in html


@pytest.mark.parametrize(
    "text", ["README.md", "portal.py", "a@b.example", "`https://x.example`", "    https://x.example"]
)
def test_what_only_looks_like_an_address_stays_text(text: str) -> None:
    assert "<a" not in render_markdown(text).html


def test_an_address_in_a_link_s_words_does_not_make_a_link_in_a_link() -> None:
    assert render_markdown("[https://a.example](https://b.example)").html.count("<a ") == 1


def test_a_mention_in_code_mentions_nobody() -> None:
    assert render_markdown("`@[A, B](person:1234567)`").mentions == ()
    assert render_markdown("```\n@[A, B](person:1234567)\n```").mentions == ()


def test_each_person_is_mentioned_once_and_no_more_than_fifty() -> None:
    text = "\n\n".join(f"@[A](person:{1_000_000 + number % 60})" for number in range(80))
    assert render_markdown(text).mentions == tuple(range(1_000_000, 1_000_050))


def test_a_mention_s_id_is_not_in_the_html_of_the_helper_either() -> None:
    found = render_markdown("@[A, B](person:1234567)\n\n" + "word\n\n" * 4000)
    assert found.mentions == (1234567,)
    assert "1234567" not in found.html


def test_plain_words_hold_no_markup_and_no_entities() -> None:
    found = render_markdown("# A & B\n\n*c*&nbsp;d <e@f.example>\n\n- &lt;g&gt;")
    assert found.plain == "A & B\nc\u00a0d e@f.example\n<g>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\0b", "characters"),
        ("a\ud800b", "characters"),
        ("a\uffffb", "characters"),
        ("x" * 10_001, "line"),
        ("\u2028".join(["x" * 6000] * 2), "line"),
        ("é\n" * 25_000, "64 KB"),
        ("> " * 21 + "x", "nested"),
        ("- " * 21 + "x", "nested"),
        ("[" * 200, "signs"),
        ("`" * 200, "signs"),
    ],
)
def test_the_guard_refuses_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(MarkupRefused, match=reason):
        render_markdown(text)


@pytest.mark.parametrize("text", ["> " * 20 + "x", "x" * 10_000, "[" * 199, "x\n\n" * 20_000])
def test_the_guard_lets_pass_what_is_within_its_bounds(text: str) -> None:
    assert "x" in render_markdown(text + "\n\nx").html


@pytest.mark.parametrize(
    "unit", ["=\n", "-\n", "# a\n", "|-|-\n", "> a\n[a](\n", "![a](x:\n", "[a](<b\n", "*a\n"]
)
def test_signs_and_lines_beyond_measure_leave_the_server_s_process(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "render", lambda text: pytest.fail("rendered in the server's process"))
    text = (unit * 5000)[: markup.LONG]
    monkeypatch.setattr(markup, "_in_helper", lambda text: ("<p>helped</p>", ()))
    assert rendered(text) in {"<p>helped</p>", "refused"}


def test_random_signs_render_or_are_refused() -> None:
    chance = random.Random(20260101)
    signs = [
        "*",
        "_",
        "`",
        "[",
        "](",
        ")",
        "!",
        "<",
        ">",
        "|",
        "-",
        "#",
        "\n",
        "\n\n",
        "    ",
        "a",
        "@[",
        "person:1",
        "&",
    ]
    for _ in range(300):
        text = "".join(chance.choice(signs) for _ in range(chance.randrange(1, 300)))
        assert 'href="person:' not in rendered(text)


def test_the_helper_knows_neither_our_environment_nor_our_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}
    real = subprocess.run

    def run(command: list[str], **options: object) -> object:
        seen.update(options, command=command)
        return real(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.chdir("/")
    assert "<p>" in render_markdown("word\n\n" * 4000).html
    assert seen["env"] == {}
    assert "-I" in seen["command"]  # type: ignore[operator]


def test_a_helper_that_does_not_work_is_our_fault_and_not_the_author_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "__file__", "/nowhere/rendering.py")
    with pytest.raises(RuntimeError, match="helper"):
        render_markdown("word\n\n" * 4000)


@needs_corpora
def test_naughty_strings_render_or_are_refused_with_a_reason() -> None:
    for text in json.loads((CORPORA / "strings" / "blns" / "blns.json").read_text()):
        assert "<script" not in rendered(text).lower()


def test_an_excerpt_is_one_line_cut_at_a_word() -> None:
    assert excerpt("one\n two  three", 50) == "one two three"
    assert excerpt("one two three", 9) == "one two…"


def test_differences_of_long_texts_are_shown_by_lines() -> None:
    old = "".join(f"line {number}\n" for number in range(3000))
    shown = str(markup.diff_html(old, old.replace("line 7\n", "line <b>\n")))
    assert "<del>line 7\n</del><ins>line &lt;b&gt;\n</ins>" in shown
    assert shown.count("<del>") == 1
