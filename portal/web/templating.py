"""What every template knows: filters for dates and counts, and the page's furniture."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g
from markupsafe import Markup, escape

from portal.core import clock
from portal.core.identity import current_actor
from portal.web import navigation, panels
from portal.web.security import csp_nonce

LONDON = ZoneInfo("Europe/London")
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def clock_time(moment: datetime) -> str:
    """ "2:15pm", in London."""
    local = moment.astimezone(LONDON)
    return f"{local.hour % 12 or 12}:{local.minute:02d}{'am' if local.hour < 12 else 'pm'}"


def date_words(moment: datetime) -> str:
    """ "12 March 2010", in London."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"


def datetime_words(moment: datetime) -> str:
    """ "12 March 2010, 2:15pm", in London."""
    return f"{date_words(moment)}, {clock_time(moment)}"


def relative_words(moment: datetime) -> str:
    """ "3 hours ago": shown on hover."""
    seconds = int((clock.now() - moment).total_seconds())
    for size, name in (
        (86400 * 365, "year"),
        (86400 * 30, "month"),
        (86400, "day"),
        (3600, "hour"),
        (60, "minute"),
    ):
        if seconds >= size:
            many = seconds // size
            return f"{many} {name}{'s' if many != 1 else ''} ago"
    return "just now" if seconds >= 0 else "soon"


def _stamp(moment: datetime, words: str, title: str) -> Markup:
    iso = moment.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, title, words)


def datetime_filter(moment: datetime | None) -> Markup:
    """A moment in full, relative on hover."""
    return _stamp(moment, datetime_words(moment), relative_words(moment)) if moment else Markup("")


def date_filter(moment: datetime | None) -> Markup:
    """A day, in full on hover."""
    return _stamp(moment, date_words(moment), datetime_words(moment)) if moment else Markup("")


def when_filter(moment: datetime | None) -> Markup:
    """A moment for a list: the time today, "Yesterday", else the day."""
    if moment is None:
        return Markup("")
    today = clock.now().astimezone(LONDON).date()
    days = (today - moment.astimezone(LONDON).date()).days
    local = moment.astimezone(LONDON)
    words = (
        clock_time(moment)
        if days == 0
        else "Yesterday"
        if days == 1
        else f"{local.day} {local:%B}"
        if local.year == today.year
        else date_words(moment)
    )
    return _stamp(moment, words, datetime_words(moment))


def count_words(number: int) -> str:
    """Small counts as words ("three"), larger ones as figures."""
    return WORDS[number] if 0 <= number < len(WORDS) else f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """ "1 post", "3 posts"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def paragraphs(text: str | None) -> Markup:
    """Plain text with its line breaks, escaped."""
    return Markup("<br>").join(escape(line) for line in (text or "").splitlines())


def _seconds_left() -> int | None:
    """Seconds until the present sign-in session ends, for the warning two minutes before."""
    expires = g.get("session_expires")
    return max(0, int((expires - clock.now()).total_seconds())) if expires else None


def furniture() -> dict[str, Any]:
    """The context of every page: viewer, navigation, bell, banner."""
    actor = current_actor()
    signed_in = actor.is_authenticated
    bell = current_app.extensions.get("portal.bell")
    return {
        "viewer": actor if signed_in else None,
        "nav": navigation.service_items(actor, navigation.present_section()) if signed_in else [],
        "bell": bell(actor) if bell and signed_in and not actor.must else None,
        "banner": g.get("banner"),
        "crumbs": g.get("crumbs", []),
        "csp_nonce": csp_nonce(),
        "demo": current_app.config["PORTAL_ENV"] == "demo",
        "session_seconds": _seconds_left(),
    }


def init_app(app: Flask) -> None:
    """Give ``app``'s templates their filters and furniture."""
    app.jinja_env.filters.update(
        datetime=datetime_filter,
        date=date_filter,
        when=when_filter,
        count_words=count_words,
        plural=plural,
        paragraphs=paragraphs,
    )
    app.jinja_env.globals["panels"] = panels.render
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(furniture)
