"""The form of the settings page."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField


class MailForm(FlaskForm):
    """One switch."""

    class Meta(FlaskForm.Meta):
        """The edge has checked the CSRF field before the view is entered."""

        csrf = False

    mentions_and_replies = BooleanField(
        "E-mail me when somebody names me or answers me",
        description="One e-mail for each, at once, unless you have read it by then. It holds a link, not the text.",
    )
