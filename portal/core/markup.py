"""The one door from a person's Markdown to stored HTML, and differences between two texts."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.core import rendering
from portal.core.commands import outside_transaction
from portal.core.rendering import MarkupRefused

RENDERER_VERSION = rendering.VERSION
LONG = 16 * 1024
DEADLINE = 4.0
"""Seconds that a long text may take in its helper process before that is killed."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered text: safe HTML, the renderer's version, its plain words, and the ids of persons mentioned."""

    html: str
    version: int
    plain: str
    mentions: tuple[int, ...]


def render_markdown(text: str) -> Rendered:
    """Render ``text``. Raises ``MarkupRefused`` with a reason for its author."""
    outside_transaction("rendering")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    rendering.guard(text)
    try:
        html = rendering.render(text) if len(text) <= LONG else _in_helper(text)
    except RecursionError as error:
        raise MarkupRefused("The text is nested too deeply.") from error
    mentions = tuple(dict.fromkeys(int(number) for _, number in re.findall(rendering.MENTION, text)))
    return Rendered(html, RENDERER_VERSION, rendering.plain(html), mentions[:50])


def _in_helper(text: str) -> str:
    """Render in a process of its own, killed at the deadline. No fork: the server has threads."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "portal.core.rendering"],
            input=text.encode(),
            capture_output=True,
            timeout=DEADLINE,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise MarkupRefused(
            "The text is too complicated to show. Shorten it, or attach it as a file."
        ) from error
    return done.stdout.decode()


def excerpt(plain: str, limit: int = 200) -> str:
    """The beginning of a plain text on one line, cut at a word."""
    flat = " ".join(plain.split())
    return flat if len(flat) <= limit else flat[:limit].rsplit(" ", 1)[0] + "…"


def diff_html(old: str, new: str) -> Markup:
    """What changed between two plain texts, escaped, in ``<del>`` and ``<ins>``; by lines where they are long."""
    by_words = len(old) + len(new) < 20_000
    pattern = r"\s+|\w+|[^\w\s]" if by_words else r"[^\n]*\n|[^\n]+"
    before, after = re.findall(pattern, old), re.findall(pattern, new)
    parts: list[Markup] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=True).get_opcodes():
        if kind == "equal":
            parts.append(escape("".join(before[a:b])))
            continue
        if b > a:
            parts.append(Markup("<del>{}</del>").format("".join(before[a:b])))
        if d > c:
            parts.append(Markup("<ins>{}</ins>").format("".join(after[c:d])))
    return Markup("").join(parts)
