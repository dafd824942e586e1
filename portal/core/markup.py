"""The one door from a person's Markdown to stored HTML, and differences between two texts."""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.core import rendering
from portal.core.commands import outside_transaction
from portal.core.rendering import MarkupRefused

__all__ = ["MarkupRefused", "Rendered", "diff_html", "excerpt", "render_markdown"]

RENDERER_VERSION = rendering.VERSION
LONG = 16 * 1024
BUSY = 1_000
"""How many lines and signs a text may have to be rendered in this process: at most, some 80 ms of a thread's time."""
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
    if _short_work(text):
        try:
            html, mentions = rendering.render(text)
        except RecursionError as error:
            raise MarkupRefused("The text is nested too deeply.") from error
    else:
        html, mentions = _in_helper(text)
    return Rendered(html, RENDERER_VERSION, rendering.plain(html), mentions)


def _short_work(text: str) -> bool:
    """Whether the parser is soon done: its time grows with the signs and lines, and with their square at worst."""
    return len(text) <= LONG and len(re.findall(r"[\n\[(!<`*_|&]", text)) <= BUSY


def _in_helper(text: str) -> tuple[str, tuple[int, ...]]:
    """Render in a process of its own, killed at the deadline.

    No fork: the server has threads. ``-I`` and an empty environment: it needs neither our folder nor our secrets.
    Raises ``MarkupRefused``, or ``RuntimeError`` where the helper itself does not work.
    """
    too_much = "The text is too complicated to show. Shorten it, or attach it as a file."
    try:
        done = subprocess.run(  # noqa: S603 - our own file, no shell, the text comes by standard input
            [sys.executable, "-I", rendering.__file__],
            input=text.encode(),
            capture_output=True,
            timeout=DEADLINE,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MarkupRefused(too_much) from error
    if done.returncode < 0 or b"MemoryError" in done.stderr[-200:]:
        raise MarkupRefused(too_much)
    if done.returncode == 3:
        raise MarkupRefused("The text is nested too deeply.")
    if done.returncode:
        raise RuntimeError(f"the rendering helper ended with {done.returncode}: {done.stderr[-500:]!r}")
    answer = json.loads(done.stdout)
    return answer["html"], tuple(answer["mentions"])


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
