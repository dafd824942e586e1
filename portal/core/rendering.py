"""Markdown to safe HTML: guard, python-markdown, bleach with one allow-list. Knows no reader and looks up nothing.

Run as ``python -m portal.core.rendering`` it is the helper process for long texts: text in, HTML out.
"""

from __future__ import annotations

import re
import sys
from typing import Any
from xml.etree.ElementTree import Element

import bleach
import markdown
from bleach.linkifier import LinkifyFilter
from bleach.sanitizer import Cleaner
from markdown.extensions import Extension
from markdown.extensions.tables import TableExtension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor

VERSION = 1
MAX_BYTES = 64 * 1024
MAX_LINE = 10_000
MAX_NESTING = 20
MAX_RUN = 200
MAX_MARKS = 2_000
MAX_CELLS = 200

# fmt: off
TAGS = frozenset({
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span", "sup", "sub"
})
# fmt: on
SCHEMES = frozenset({"http", "https", "mailto"})
OWN_IMAGE = re.compile(r"^/attachments/\d{7,9}(?:/[\w.%~-]{1,200})?$")
MENTION = r"@\[([^\]\n]{1,120})\]\(person:(\d{7,9})\)"


class MarkupRefused(ValueError):
    """A text that is not rendered; the message says why, to its author."""


def _attributes(tag: str, name: str, value: str) -> bool:
    if tag == "a":
        return name == "href" and not value.strip().lower().startswith("//")
    if tag == "img":
        return (name == "src" and bool(OWN_IMAGE.match(value))) or name == "alt"
    if tag == "span":
        return name == "class" and value == "px-mention"
    if tag in {"th", "td"}:
        return name == "align" and value in {"left", "right", "center"}
    if tag == "ol":
        return name == "start" and value.isdigit() and len(value) < 7
    return False


def _safe_link(attributes: Any, new: bool = False) -> Any:
    href = attributes.get((None, "href"), "")
    if new and not href.startswith(("http://", "https://")):
        return None
    if href.startswith(("http://", "https://")):
        attributes[(None, "rel")] = "nofollow noopener noreferrer"
    return attributes


def _links(source: Any) -> Any:
    return LinkifyFilter(source, callbacks=[_safe_link], skip_tags={"pre", "code"}, parse_email=False)


_cleaner = Cleaner(
    tags=TAGS, attributes=_attributes, protocols=SCHEMES, strip=True, strip_comments=True, filters=[_links]
)


class _Mention(InlineProcessor):
    """``@[Name, Authority](person:1234567)`` becomes the name; the id goes beside the text, never into it."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element, int, int]:  # type: ignore[override]  # noqa: N802
        element = Element("span")
        element.set("class", "px-mention")
        element.text = "@" + m.group(1)
        return element, m.start(0), m.end(0)


class _Headings(Treeprocessor):
    """The page has the h1 and the section the h2: an author's first level is h3."""

    def run(self, root: Element) -> None:
        for element in root.iter():
            if element.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
                element.tag = f"h{min(6, int(element.tag[1]) + 2)}"


class _House(Extension):
    """Our own rules: raw HTML is text, mentions, headings; no reference to anything outside."""

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.inlinePatterns.register(_Mention(MENTION, md), "mention", 175)
        md.treeprocessors.register(_Headings(md), "headings", 5)


def guard(text: str) -> None:
    """Refuse, before any parser sees it, a text that would keep one busy. Raises ``MarkupRefused``."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise MarkupRefused("The text is longer than 64 KB. Attach it as a file instead.")
    if any(letter < " " and letter not in "\n\r\t" for letter in text) or any(
        "\ud800" <= c <= "\udfff" for c in text
    ):
        raise MarkupRefused("The text holds characters that cannot be shown.")
    for line in text.splitlines():
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
        re.search(rf"(.{{1,3}}?)\1{{{MAX_RUN},}}", _marks(line)) for line in text.splitlines()
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


def render(text: str) -> str:
    """Safe HTML of a text that ``guard`` let pass."""
    parser = markdown.Markdown(
        extensions=[TableExtension(use_align_attribute=True), "fenced_code", "sane_lists", _House()],
        output_format="html",
        tab_length=4,
    )
    return str(_cleaner.clean(parser.convert(text)))


def plain(html: str) -> str:
    """The words of rendered HTML, for search and mail."""
    spaced = re.sub(r"<(?:/p|/li|/h\d|/tr|/td|/th|br ?/?|/pre|hr)[^>]*>", "\n", html)
    words = bleach.clean(spaced, tags=set(), strip=True)
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        words = words.replace(entity, letter)
    return re.sub(r"[ \t]*\n\s*", "\n", words).strip()


if __name__ == "__main__":
    sys.stdout.buffer.write(render(sys.stdin.buffer.read().decode("utf-8")).encode("utf-8"))
