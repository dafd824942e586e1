"""Preparing what a person wrote, before any transaction: lengths, case data, Markdown to HTML."""

from __future__ import annotations

from dataclasses import dataclass

from portal.core.casedata import find_case_data
from portal.core.errors import CaseDataFound, Invalid
from portal.core.markup import MarkupRefused, Rendered, render_markdown

TITLE_MIN, TITLE_MAX = 3, 200
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text ready to be stored: its Markdown, what became of it, and the words declared to be invented."""

    markdown: str
    rendered: Rendered
    invented_words: str


def case_words(text: str) -> tuple[str, ...]:
    """The passages of a text that look like case data, each once."""
    return tuple(dict.fromkeys(finding.words for finding in find_case_data(text)))


def check_line(
    field: str,
    words: object,
    *,
    least: int = 0,
    most: int = TITLE_MAX,
    what: str = "This",
    looked_through: bool = False,
) -> str:
    """One line of text, trimmed. Raises ``Invalid`` at ``field``.

    A name, a title or a reason has no use for case data, invented or not. ``looked_through``: the caller looks for it,
    together with a text whose author may state that it is invented.
    """
    if not isinstance(words, str):
        raise Invalid({field: f"{what} must be text."})
    line = " ".join(words.split())
    if any(not letter.isprintable() for letter in line):
        raise Invalid({field: f"{what} holds characters that cannot be shown."})
    if len(line) < least:
        raise Invalid(
            {
                field: f"{what} needs at least {least} characters."
                if line
                else f"Enter {what[:1].lower()}{what[1:]}."
            }
        )
    if len(line) > most:
        raise Invalid({field: f"{what} must be {most} characters or fewer."})
    if not looked_through and (found := case_words(line)):
        quoted = ", ".join(f"“{passage}”" for passage in found)
        raise Invalid({field: f"Take out what could identify a child or family: {quoted}"})
    return line


def prepare_text(body: object, *, invented: bool, field: str = "body", beside: str = "") -> Prepared:
    """Check and render ``body``; ``beside`` is checked for case data with it (a title).

    Raises ``Invalid`` at ``field``, or ``CaseDataFound`` unless the author states that the details are invented.
    """
    if not isinstance(body, str):
        raise Invalid({field: "The text must be text."})
    text = body.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid({field: "Enter what you want to say."})
    words = case_words(f"{beside}\n{text}" if beside else text)
    if words and not invented:
        raise CaseDataFound(words, field)
    try:
        rendered = render_markdown(text)
    except MarkupRefused as error:
        raise Invalid({field: str(error)}) from error
    return Prepared(text, rendered, "; ".join(words))
