"""``make bench``: CPU a request of our pages against the bare ceilings, and how they grow with the data.

Requests go through the whole WSGI stack in one process; the figure is the median CPU time of interleaved rounds, so
that a noisy machine moves all of them alike. ``--posts N`` sets the large size (default 100,000; 1,000,000 is the
promise), ``--url`` another database than SQLite.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

import config
from benchmarks import ceilings
from portal.accounts.models import AuthSession, Credential
from portal.app import create_app
from portal.core import clock, ids, tenancy
from portal.core.db import begin_write, db
from portal.core.spaces import Space
from portal.demo.cli import load
from portal.demo.grow import RARE, Bulk, grow
from portal.forums.models import Thread
from portal.groups.models import Group, Membership

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, EACH = 15, 12
TOKEN = "a-token-for-measuring"
Visit = Callable[[], Any]


def portal(folder: Path, url: str, posts: int) -> tuple[Flask, dict[str, list[str]]]:
    """A portal with ``posts`` bulk posts, and the addresses to visit: threads, forums, searches."""
    app = create_app(
        config.load(
            {
                "PORTAL_ENV": "demo",
                "PORTAL_INSTANCE": str(folder),
                "PORTAL_DATABASE_URL": url,
                "PORTAL_WORKER_INSIDE": "0",
            }
        ),
        command_line=True,
    )
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        load()
        with tenancy.unscoped("content for measuring"):
            grow(
                Bulk(
                    groups=max(1, posts // 100_000),
                    people=100,
                    threads=max(10, posts // 40),
                    posts=posts,
                    seed=1,
                )
            )
            begin_write()
            slug = db.session.scalars(
                select(Group.slug).where(Group.slug.like("bulk-%")).order_by(Group.id)
            ).first()
            group = db.session.scalar(select(Group.id).where(Group.slug == slug))
            members = select(Membership.person_id).where(Membership.group_id == group).order_by(Membership.id)
            person = db.session.scalars(members).first()
            db.session.add(
                Credential(person_id=person, second_factor_exempt=True, policies_accepted_at=clock.now())
            )
            db.session.add(
                AuthSession(
                    person_id=person,
                    token_digest=ids.digest(TOKEN),
                    seen_at=clock.now(),
                    expires_at=clock.now() + timedelta(days=1),
                )
            )
            db.session.flush()
            db.session.commit()
            numbers = db.session.scalars(
                select(Thread.id)
                .where(Thread.space_id.in_(_spaces(group)), Thread.post_count >= 20)
                .order_by(Thread.id)
                .limit(200)
            ).all()
            db.session.rollback()
    return app, {
        "thread": [f"/threads/{number}" for number in numbers],
        "forum": [f"/groups/{slug}/forum/"],
        "search, a rare word": [f"/search?q={word}" for word in RARE[:50]],
        "search, a common word": ["/search?q=assessment", "/search?q=record+worker"],
        "home": ["/"],
    }


def _spaces(group: int | None) -> Any:
    return select(Space.id).where(Space.group_id == group)


def visits(app: Flask, paths: list[str], *, signed_in: bool) -> Visit:
    """A function that opens one of ``paths``, following the redirect to the canonical address beforehand."""
    client = app.test_client()
    if signed_in:
        client.set_cookie("portal", TOKEN, domain="localhost")
    settled = []
    for path in paths:
        answer = client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            raise click.ClickException(f"{path} answers {answer.status_code}")
        settled.append(
            answer.request.path
            + (f"?{answer.request.query_string.decode()}" if answer.request.query_string else "")
        )
    chance = random.Random(1)

    def visit() -> Any:
        return client.get(chance.choice(settled))

    return visit


def measure(named: dict[str, Visit]) -> dict[str, float]:
    """Median CPU milliseconds of each visit, in interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in named}
    for visit in named.values():
        for _ in range(5):
            visit()
    for _ in range(ROUNDS):
        for name, visit in named.items():
            start = time.process_time()
            for _ in range(EACH):
                visit()
            times[name].append((time.process_time() - start) * 1000 / EACH)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=1_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        named: dict[str, Visit] = {}
        body = "<p>" + "assessment record worker team form field screen print " * 5 + "</p>"
        bare = ceilings.make(f"sqlite:///{folder / 'bare.sqlite'}", 50, 40, body)
        named["bare page, entities"] = visits(bare, [f"/entities/{n}" for n in range(50)], signed_in=False)
        named["bare page, rows"] = visits(bare, [f"/rows/{n}" for n in range(50)], signed_in=False)
        for size in (chosen.small, chosen.posts):
            inside = folder / str(size)
            inside.mkdir()
            app, paths = portal(inside, f"sqlite:///{inside / 'portal.sqlite'}", size)
            for kind, addresses in paths.items():
                named[f"{kind}, {size:,} posts"] = visits(app, addresses, signed_in=True)
        found = measure(named)
        report(found, chosen.small, chosen.posts)


def report(found: dict[str, float], small: int, large: int) -> None:
    """Print CPU a request, the ratio to the bare entity page, and the growth."""
    bare = found["bare page, entities"]
    click.echo(f"{'page':44} {'CPU ms':>8} {'speed against bare entities':>28}")
    for name, value in found.items():
        click.echo(f"{name:44} {value:8.2f} {bare / value:27.2f}×")
    click.echo(f"\nGrowth from {small:,} to {large:,} posts")
    for name in found:
        if name.endswith(f"{large:,} posts"):
            before = found[name.replace(f"{large:,} posts", f"{small:,} posts")]
            click.echo(f"{name.split(', ' + format(large, ','))[0]:44} {found[name] / before:8.2f}×")


if __name__ == "__main__":
    main()
