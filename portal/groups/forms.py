"""The forms of groups' pages."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from portal.core.errors import Invalid


class GroupForm(FlaskForm):
    """A form whose CSRF field the edge has checked already, and that can show what a command refused."""

    class Meta:
        """The edge has checked the CSRF field."""

        csrf = False

    def take(self, refused: Invalid) -> None:
        """Show a command's refusal at its fields; what has no field stands in the summary."""
        for name, sentence in (refused.fields or {"": refused.detail}).items():
            field = getattr(self, name, None) if name else None
            if field is not None and hasattr(field, "errors"):
                field.errors = [*field.errors, sentence]
            else:
                self.form_errors: list[str] = [*(self.form_errors or []), sentence]


def _number(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


class AddForm(GroupForm):
    """One new person in the group."""

    name = StringField("Name", [Optional(), Length(max=120, message="Use 120 characters or fewer")])
    email = EmailField(
        "E-mail address",
        [InputRequired("Enter an e-mail address"), Length(max=254, message="Use 254 characters or fewer")],
    )
    organisation_id = SelectField(
        "Organisation", [InputRequired("Choose the organisation")], coerce=_number, validate_choice=True
    )


class PasteForm(GroupForm):
    """Colleagues, one a line."""

    people = TextAreaField(
        "Name, e-mail address and authority, one person a line",
        [InputRequired("Paste at least one line"), Length(max=60_000, message="That is too much at once")],
    )
    confirmed = HiddenField()


class JoinForm(GroupForm):
    """A request to join."""

    words = TextAreaField(
        "Say who you are and why you ask (you may leave this empty)",
        [Optional(), Length(max=1000, message="Use 1000 characters or fewer")],
    )


class DecideForm(GroupForm):
    """The lead's decision on a request."""

    decision = StringField("Decision", [AnyOf(["accept", "refuse"], message="Choose whether to let them in")])
    reason = TextAreaField(
        "Reason, if you refuse. They are told",
        [Optional(), Length(max=500, message="Use 500 characters or fewer")],
    )


class RemoveForm(GroupForm):
    """A removal, with its reason."""

    reason = TextAreaField(
        "Why does this membership end?",
        [
            InputRequired("Say why. The record keeps it"),
            Length(max=500, message="Use 500 characters or fewer"),
        ],
    )


class CardForm(GroupForm):
    """The words on the group's card."""

    how_to_join = TextAreaField(
        "How to ask to join", [Optional(), Length(max=500, message="Use 500 characters or fewer")]
    )


class WorkingGroupForm(GroupForm):
    """A new working group."""

    name = StringField(
        "Name of the working group",
        [InputRequired("Enter the group’s name"), Length(min=3, max=120, message="Use 3 to 120 characters")],
    )
    how_to_join = TextAreaField(
        "What it is for", [Optional(), Length(max=500, message="Use 500 characters or fewer")]
    )


class LeaveForm(GroupForm):
    """Leaving, said once."""

    sure = BooleanField("I want to leave this group", [InputRequired("Tick this to leave the group")])


class HandOverForm(GroupForm):
    """Handing the lead over, said once."""

    sure = BooleanField("I hand the lead over", [InputRequired("Tick this to hand the lead over")])
