"""Markdown to safe HTML: guard, python-markdown, bleach with one allow-list. Knows no reader and looks up nothing.

Run as a script it is the helper process for long texts: text in, JSON of HTML and mentions out. It imports nothing of
ours, so that it starts fast and from any folder.
"""

from __future__ import annotations

import html as entities
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

import bleach
import markdown
from bleach.sanitizer import Cleaner
from markdown.extensions import Extension
from markdown.extensions.tables import TableExtension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

VERSION = 1
MAX_BYTES = 64 * 1024
MAX_LINE = 10_000
MAX_NESTING = 20
MAX_RUN = 200
MAX_MARKS = 2_000
MAX_CELLS = 200
MAX_MENTIONS = 50
HELPER_CPU = 10
HELPER_MEMORY = 512 * 1024 * 1024

# fmt: off
TAGS = frozenset({
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span", "sup", "sub"
})
# fmt: on
SCHEMES = frozenset({"http", "https", "mailto"})
ABSOLUTE = re.compile(r"(?:https?://|mailto:)[^\s\\]", re.IGNORECASE)
RELATIVE = re.compile(r"/(?![/\\])|[#?]|[^:/?#\\]+(?:[/?#]|$)")
BARE_ADDRESS = r"(?<![\w/@])(https?://[^\s<>\"`|\x02\x03]+)"
OWN_IMAGE = re.compile(r"^/attachments/\d{7,9}(?:/[\w.%~-]{1,200})?$")
MENTION = r"@\[([^\]\n]{1,120})\]\(person:(\d{7,9})\)"


class MarkupRefused(ValueError):
    """A text that is not rendered; the message says why, to its author."""


def safe_address(address: str) -> bool:
    """Whether a link may lead there: http, https, mailto, or a place of our own.

    Decided here because bleach takes "word:digits" for a host and its port, and so lets ``javascript:1`` and
    ``person:1234567`` pass. Tabs and controls are refused, since browsers drop them before they read the scheme.
    """
    seen = entities.unescape(address).strip(" ")
    if any(letter < " " or letter == "\x7f" for letter in seen):
        return False
    return bool(ABSOLUTE.match(seen) or RELATIVE.match(seen))


def _attributes(tag: str, name: str, value: str) -> bool:
    if tag == "a":
        return name == "href" and safe_address(value)
    if tag == "img":
        return (name == "src" and bool(OWN_IMAGE.match(value))) or name == "alt"
    if tag == "span":
        return name == "class" and value == "px-mention"
    if tag in {"th", "td"}:
        return name == "align" and value in {"left", "right", "center"}
    if tag == "ol":
        return name == "start" and value.isdigit() and len(value) < 7
    return False


def _outward(source: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Mark every link that may leave the portal, after all else has been cleaned."""
    for token in source:
        if token["type"] == "StartTag" and token["name"] == "a":
            href = token["data"].get((None, "href"))
            if href and not href.startswith(("/", "#", "?")):
                token["data"][(None, "rel")] = "nofollow noopener noreferrer"
        yield token


def _clean(html: str) -> str:
    """A cleaner of its own for every call: one shared by threads mixes the texts of their authors."""
    return str(
        Cleaner(
            tags=TAGS,
            attributes=_attributes,
            protocols=SCHEMES,
            strip=True,
            strip_comments=True,
            filters=[_outward],  # type: ignore[list-item]  # a generator does what their class does
        ).clean(html)
    )


class _Mention(InlineProcessor):
    """``@[Name, Authority](person:1234567)`` becomes the name; the id goes beside the text, never into it."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]  # noqa: N802
        element = Element("span")
        element.set("class", "px-mention")
        element.text = "@" + m.group(1)
        element.set("data-person", m.group(2))
        return element, m.start(0), m.end(0)


class _Mentions(Treeprocessor):
    """Takes the ids of the persons mentioned out of the tree, where they really became mentions (not in code)."""

    def __init__(self, md: markdown.Markdown, found: list[int]) -> None:
        super().__init__(md)
        self.found = found

    def run(self, root: Element) -> None:
        for element in root.iter("span"):
            number = element.attrib.pop("data-person", None)
            if number and int(number) not in self.found and len(self.found) < MAX_MENTIONS:
                self.found.append(int(number))


class _BareAddress(InlineProcessor):
    """``https://…`` as it stands becomes a link; nothing is fetched, and a mere ``name.md`` stays text."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]  # noqa: N802
        address = m.group(1).rstrip(".,;:!?'*_~]}")
        while address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1].rstrip(".,;:!?'*_~]}")
        element = Element("a")
        element.set("href", address)
        element.text = AtomicString(address)
        return element, m.start(0), m.start(0) + len(address)


class _Headings(Treeprocessor):
    """The page has the h1 and the section the h2: an author's first level is h3."""

    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
                element.tag = f"h{min(6, int(element.tag[1]) + 2)}"


class _House(Extension):
    """Our own rules: raw HTML is text, mentions, bare addresses, headings; no reference to anything outside."""

    def __init__(self, mentions: list[int]) -> None:
        super().__init__()
        self.mentions = mentions

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.inlinePatterns.register(_Mention(MENTION, md), "mention", 175)
        md.inlinePatterns.register(_BareAddress(BARE_ADDRESS, md), "bare_address", 115)
        md.treeprocessors.register(_Headings(md), "headings", 5)
        md.treeprocessors.register(_Mentions(md, self.mentions), "mentions", 4)


def guard(text: str) -> None:
    """Refuse, before any parser sees it, a text that would keep one busy. Raises ``MarkupRefused``."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise MarkupRefused("The text is longer than 64 KB. Attach it as a file instead.")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", text):
        raise MarkupRefused("The text holds characters that cannot be shown.")
    for line in text.split("\n"):
        if len(line) > MAX_LINE:
            raise MarkupRefused("A line is longer than 10,000 characters. Break it up.")
        if line.count("|") > MAX_CELLS:
            raise MarkupRefused("A table has more than 200 columns.")
        start = re.match(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*", line)
        depth = len(re.findall(r">|[-*+]|\d+[.)]", start.group())) if start else 0
        indent = len(line) - len(line.lstrip(" \t"))
        if depth > MAX_NESTING or (indent > MAX_NESTING * 4 and not line.lstrip().isalnum()):
            raise MarkupRefused("Lists or quotes are nested more than 20 deep.")
        if depth and line.count(">") > MAX_NESTING and line.lstrip().startswith(">" * (MAX_NESTING + 1)):
            raise MarkupRefused("Lists or quotes are nested more than 20 deep.")
    if re.search(rf"[\[\](){{}}<>`*_~!#|\\&]{{{MAX_RUN},}}", text) or any(
        re.search(rf"(.{{1,3}}?)\1{{{MAX_RUN},}}", _marks(line)) for line in text.split("\n")
    ):
        raise MarkupRefused("The text holds a very long run of signs.")
    paragraphs = re.split(r"\n\s*\n", text)
    for paragraph in paragraphs:
        for sign in "[*_`<~!(":
            if paragraph.count(sign) > MAX_MARKS:
                raise MarkupRefused("The text holds too many formatting signs.")
        if paragraph.count("[") > 400 and paragraph.count("]") < paragraph.count("[") // 2:
            raise MarkupRefused("The text holds too many opening brackets.")


def _marks(text: str) -> str:
    """Only the signs that Markdown gives a meaning to, in order."""
    return re.sub(r"[^\[\](){}<>`*_~!\\&]+", "", text)


def render(text: str) -> tuple[str, tuple[int, ...]]:
    """Safe HTML of a text that ``guard`` let pass, and the ids of the persons it mentions, each once."""
    mentions: list[int] = []
    parser = markdown.Markdown(
        extensions=[TableExtension(use_align_attribute=True), "fenced_code", "sane_lists", _House(mentions)],
        output_format="html",
        tab_length=4,
    )
    return _clean(parser.convert(text)), tuple(mentions)


def plain(html: str) -> str:
    """The words of rendered HTML, for search and mail."""
    spaced = re.sub(r"<(?:/p|/li|/h\d|/tr|/td|/th|br ?/?|/pre|hr)[^>]*>", "\n", html)
    words = entities.unescape(bleach.clean(spaced, tags=set(), strip=True))
    return re.sub(r"[ \t]*\n\s*", "\n", words).strip()


def main() -> int:
    """The helper process: its caller's deadline, and limits of its own should the caller be gone. 3 is "nested"."""
    resource.setrlimit(resource.RLIMIT_CPU, (HELPER_CPU, HELPER_CPU))
    resource.setrlimit(resource.RLIMIT_AS, (HELPER_MEMORY, HELPER_MEMORY))
    try:
        html, mentions = render(sys.stdin.buffer.read().decode("utf-8"))
    except RecursionError:
        return 3
    sys.stdout.buffer.write(json.dumps({"html": html, "mentions": mentions}).encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
