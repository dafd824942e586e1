"""Markdown, case data and file types, on what nobody here wrote (../shared/corpora)."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest

from portal.core import casedata, filetypes, markup, rendering
from portal.core.markup import MarkupRefused, render_markdown

CORPORA = Path(__file__).resolve().parents[3].parent / "shared" / "corpora"
if not CORPORA.is_dir() and os.environ.get("CI") != "true":
    pytest.skip("../shared/corpora is not here", allow_module_level=True)
NAMESPACE = "{http://www.w3.org/1999/xhtml}"


def dangers(html: str) -> list[str]:
    """What in rendered HTML could run, fetch or deceive; judged by a browser's parser, not by our own rules."""
    found = []
    for element in html5lib.parseFragment(html, namespaceHTMLElements=True).iter():
        tag = str(element.tag).replace(NAMESPACE, "")
        if tag == "DOCUMENT_FRAGMENT":
            continue
        if tag not in rendering.TAGS | {"tbody"}:
            found.append(f"<{tag}>")
        for name, value in element.attrib.items():
            if str(name) not in {"href", "src", "alt", "rel", "class", "align", "start"}:
                found.append(f"{name}=")
            if name == "src" and not rendering.OWN_IMAGE.match(value):
                found.append(f"src={value}")
            scheme = urlsplit("".join(value.split())).scheme.lower() if name == "href" else ""
            if scheme not in {"", "http", "https", "mailto"}:
                found.append(f"href={value}")
    return found


def rendered(text: str) -> str:
    try:
        return render_markdown(text).html
    except MarkupRefused:
        return ""


def hostile_texts() -> list[str]:
    texts = []
    for path in sorted((CORPORA / "xss").rglob("*")):
        if not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        content = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".json":
            texts += [
                case["input"] for case in json.loads(content) if isinstance(case, dict) and "input" in case
            ]
        elif "payloadbox" in str(path) or path.suffix == ".txt":
            texts += content.splitlines()
        else:
            texts.append(content[:60_000])
    return [text for text in texts if text.strip()]


def test_nothing_dangerous_is_left_of_any_hostile_text() -> None:
    texts = hostile_texts()
    assert len(texts) > 6000
    bad = {text: found for text in texts if (found := dangers(rendered(text)))}
    assert not bad


def test_every_example_of_the_references_renders_or_is_refused_and_stays_safe() -> None:
    examples = json.loads(next((CORPORA / "markdown" / "commonmark").glob("*.json")).read_text())
    texts = [example["markdown"] for example in examples]
    texts += [
        path.read_text(errors="replace") for path in (CORPORA / "markdown" / "python-markdown").rglob("*.txt")
    ]
    assert len(texts) > 700
    assert not [text for text in texts if dangers(rendered(text))]


CASES: dict[str, str] = json.loads(
    (CORPORA / "hostile-files" / "markdown-pathological" / "cases.json").read_text()
)


@pytest.mark.parametrize("name", CASES)
def test_a_pathological_text_is_refused_before_the_parser_or_is_short_work(name: str) -> None:
    """The guard refuses, or what it lets pass is no longer than one line's work (no timed assert: see benchmarks)."""
    html = rendered(CASES[name])
    assert not dangers(html)
    if html:
        assert len(CASES[name]) <= markup.LONG


def test_a_long_text_is_rendered_in_a_helper_process_that_is_killed_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "Some *words* here.\n\n" * 1000
    assert render_markdown(long).html.count("<em>") == 1000
    monkeypatch.setattr(markup, "DEADLINE", 0.001)
    with pytest.raises(MarkupRefused, match="too complicated"):
        render_markdown(long)


def test_mentions_are_names_in_the_html_and_ids_beside_it() -> None:
    found = render_markdown("Ask @[Ruth Sandmoor, Thornhithe](person:1500004) please")
    assert found.mentions == (1500004,)
    assert "1500004" not in found.html
    assert '<span class="px-mention">@Ruth Sandmoor, Thornhithe</span>' in found.html


def test_a_link_reads_the_same_whether_what_it_names_exists_or_not() -> None:
    """leak-checks 24 and 83: rendering looks nothing up."""
    first, second = (
        render_markdown(f"See /threads/{n}-x and [it](/threads/{n})").html for n in ("1234567", "7654321")
    )
    assert first.replace("1234567", "7654321") == second


def test_only_own_attachments_are_pictures() -> None:
    html = render_markdown("![a](/attachments/1234567/a.png) ![b](https://elsewhere.example/b.png)").html
    assert html.count("src=") == 1


def test_headings_begin_below_the_page_s_own() -> None:
    assert "<h3>One</h3>" in render_markdown("# One").html


def test_differences_are_escaped() -> None:
    shown = str(markup.diff_html("a <b> c", "a <i> c"))
    assert "<del>b</del>" in shown
    assert "<ins>i</ins>" in shown
    assert "<b>" not in shown


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NHS number 943 476 5919", "NHS number"),
        ("9434765919", "NHS number"),
        ("943-476-5919", "NHS number"),
        ("NI AB123456C on file", "National Insurance number"),
        ("DOB 12/03/2004", "date of birth"),
        ("born on 3 May 2001", "date of birth"),
        ("Tom Arkwell (12/05/2003)", "date of birth"),
    ],
)
def test_case_data_is_found(text: str, kind: str) -> None:
    assert [finding.kind for finding in casedata.find_case_data(text)] == [kind]


def test_a_pupil_number_is_known_by_its_check_letter() -> None:
    digits = "12345678901"
    total = sum(int(digit) * weight for weight, digit in enumerate(digits + "2", start=2))
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    right, wrong = letters[total % 23], letters[(total + 1) % 23]
    assert casedata.find_case_data(f"UPN {right}{digits}2")
    assert not casedata.find_case_data(f"UPN {wrong}{digits}2")


@pytest.mark.parametrize(
    "text",
    [
        "943 476 5918",  # wrong check digit
        "Release 7.1.2 comes on 14 June 2010",
        "Call 01632 960 123",
        "Thread 123456789 of the forum",
        "QQ123456C is the published example",
        "The meeting of 24 March 2010 in London",
        "Section 47 enquiries, 12/03/2010",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert casedata.find_case_data(text) == ()


HOSTILE = CORPORA / "hostile-files"


@pytest.mark.parametrize(
    "path",
    sorted((HOSTILE / "svg").iterdir()) + sorted((HOSTILE / "archives").iterdir()),
    ids=lambda p: p.name,
)
def test_drawings_and_archives_are_refused(path: Path) -> None:
    with path.open("rb") as stream, pytest.raises(filetypes.FileRefused):
        filetypes.detect(stream, path.name)


@pytest.mark.parametrize(
    "name",
    [
        "polyglot/html-as.png",
        "polyglot/html-as.txt",
        "office/macro-renamed.xlsx",
        "office/sheet-bomb-40MiB.xlsx",
    ],
)
def test_the_bytes_decide_and_not_the_name(name: str) -> None:
    with (HOSTILE / name).open("rb") as stream, pytest.raises(filetypes.FileRefused):
        filetypes.detect(stream, name)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(filetypes.FileRefused, match="empty"):
        filetypes.detect(io.BytesIO(b""), "a.txt")


def strings_in(thing: Any) -> list[str]:
    if isinstance(thing, str):
        return [thing]
    values = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else []
    return [text for value in values for text in strings_in(value)]


def test_file_names_are_made_safe() -> None:
    for source in ("filenames.json", "header-injection.json"):
        for name in strings_in(json.loads((HOSTILE / "names" / source).read_text())):
            safe = filetypes.safe_filename(name)
            assert safe
            assert len(safe) <= 120
            assert not set(safe) & set('/\\\r\n\0"')
            assert safe not in {".", ".."}
