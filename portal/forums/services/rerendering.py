"""Rendering stored texts again, when the renderer's version rises."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select, update

from portal.core.db import begin_write, db
from portal.core.markup import RENDERER_VERSION, MarkupRefused, render_markdown
from portal.forums.models import Post

BATCH = 100


def rerender_posts() -> Iterator[int]:
    """Render every post of an older version again, by the batch; yields how many each time.

    Runs unscoped, from the command line. A text that is refused now keeps the HTML that it has.
    """
    last = 0
    while True:
        rows = db.session.execute(
            select(Post.id, Post.markdown, Post.html)
            .where(Post.renderer < RENDERER_VERSION, Post.kind == "post", Post.id > last)
            .order_by(Post.id)
            .limit(BATCH)
        ).all()
        db.session.rollback()
        if not rows:
            return
        rendered: list[tuple[int, str, str]] = []
        for row in rows:
            try:
                rendered.append((row.id, row.markdown, render_markdown(row.markdown).html))
            except MarkupRefused:
                rendered.append((row.id, row.markdown, row.html))
        begin_write()
        for post_id, markdown, html in rendered:
            db.session.execute(
                update(Post)
                .where(Post.id == post_id, Post.markdown == markdown)  # edited meanwhile: rendered then
                .values(html=html, renderer=RENDERER_VERSION)
                .execution_options(synchronize_session=False)
            )
        db.session.commit()
        last = rows[-1].id
        yield len(rows)
