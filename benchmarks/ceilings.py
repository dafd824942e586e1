"""The bare pages that ours are measured against: the least that Flask, SQLAlchemy and Jinja need for the same posts."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template_string
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

PAGE = """<!DOCTYPE html><html lang="en"><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
<p>{{ user.name }}</p>{% for post in posts %}<article id="post-{{ post.position }}">
<header><b>{{ post.author_name }}</b>
<time>{{ post.at }}</time></header><div>{{ post.html|safe }}</div><footer><a href="#r">Reply</a> <a href="#q">Quote</a>
<a href="#l">Copy link</a></footer></article>{% endfor %}</body></html>"""


class Base(DeclarativeBase):
    """Base of the bare tables."""


class Author(Base):
    """A person."""

    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class BarePost(Base):
    """A post, with nothing around it."""

    __tablename__ = "bare_post"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[int] = mapped_column(index=True)
    position: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    at: Mapped[str]
    html: Mapped[str]
    author: Mapped[Author] = relationship(lazy="joined")

    @property
    def author_name(self) -> str:
        """The author's name."""
        return self.author.name


class User(UserMixin):
    """Whoever is signed in."""

    def __init__(self, row: Any) -> None:
        self.id, self.name = row.id, row.name


def make(url: str, topics: int, each: int, body: str) -> Flask:
    """A bare application on ``url`` with ``topics`` topics of ``each`` posts: /entities/<n> and /rows/<n>."""
    engine = create_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Author(id=n, name=f"Author {n}") for n in range(1, 21)])
        session.flush()
        for topic in range(topics):
            session.add_all(
                BarePost(topic=topic, position=n, author_id=1 + n % 20, at="2010-03-24", html=body)
                for n in range(1, each + 1)
            )
        session.commit()
    app = Flask("bare")
    app.secret_key = "bare"
    manager = LoginManager(app)

    @manager.request_loader
    def _user(request: Any) -> User | None:
        with Session(engine) as session:
            return User(session.get(Author, 1))

    @app.get("/entities/<int:topic>")
    def entities(topic: int) -> str:
        with Session(engine) as session:
            query = select(BarePost).where(BarePost.topic == topic).order_by(BarePost.position).limit(20)
            posts = session.scalars(query).all()
            return render_template_string(PAGE, title="Topic", posts=posts, user=current_user)

    @app.get("/rows/<int:topic>")
    def rows(topic: int) -> str:
        query = (
            select(BarePost.position, BarePost.at, BarePost.html, Author.name.label("author_name"))
            .join(Author, Author.id == BarePost.author_id)
            .where(BarePost.topic == topic)
            .order_by(BarePost.position)
            .limit(20)
        )
        with engine.connect() as connection:
            posts = connection.execute(query).all()
        return render_template_string(PAGE, title="Topic", posts=posts, user=current_user)

    return app
