"""The pages of the forums."""

from __future__ import annotations

from flask import Flask

from portal.forums.views import boards, forum, moderation, personal, thread, writing
from portal.forums.views.blueprint import bp
from portal.web import navigation

PAGES = (forum, thread, writing, moderation, boards, personal)


def init_app(app: Flask) -> None:
    """Register the pages and their entries in the group's navigation."""
    app.register_blueprint(bp)
    navigation.group_entry(20, "Forum", "forums.forum", "forums")
    navigation.group_entry(30, "Issues", "forums.issues", "issues")
