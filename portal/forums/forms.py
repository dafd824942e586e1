"""The forms of the forums. They carry what was typed back to the page; what is allowed is the services' to say."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import BooleanField, Form, HiddenField, RadioField, SelectField, StringField, TextAreaField

from portal.core import ids
from portal.core.errors import CaseDataFound, IdempotencyMismatch, Invalid
from portal.core.identity import Actor

PLAIN = str.maketrans({"\0": None})


def _clean(text: str | None) -> str | None:
    """Browsers send line ends as CRLF; a NUL is no text anywhere."""
    return text.translate(PLAIN).replace("\r\n", "\n") if text else text


def attributions(actor: Actor) -> list[tuple[str, str]]:
    """How a person may have their name shown. Only authorities' people choose; all others write as themselves."""
    named = ("named", f"As {actor.name}, {actor.organisation_short}")
    if actor.organisation_kind != "authority":
        return [named]
    return [
        named,
        ("described", "As my kind of authority, without its name"),
        ("withheld", "As “A member authority”"),
    ]


class WritingForm(Form):
    """What every form that writes a post has. ``key`` makes a second press of the button harmless."""

    body = TextAreaField("Your text", filters=[_clean])
    attribution = SelectField("Show your name as", validate_choice=False)
    invented = BooleanField("These details are invented")
    key = HiddenField()
    case_data = False

    def offer(self, actor: Actor) -> None:
        """Fill the choices for ``actor`` and draw a key where the form has none."""
        self.attribution.choices = attributions(actor)
        sent, known = bool(self.attribution.raw_data), dict(self.attribution.choices)
        if not self.attribution.data or (not sent and self.attribution.data not in known):
            self.attribution.data = "named"  # what was sent is the service's to refuse
        if not self.key.data:
            self.key.data = new_key()

    def take(self, error: Invalid) -> None:
        """Put the sentences of a refusal at their fields; what has no field stands above the form."""
        for name, sentence in error.fields.items():
            field = self._fields.get(name)
            if field is None or isinstance(field, HiddenField):
                self.form_errors.append(sentence)
            else:
                field.errors = [sentence]
        if not error.fields:
            self.form_errors.append(error.detail)
        if isinstance(error, CaseDataFound):
            self.case_data = True
        if isinstance(error, IdempotencyMismatch):
            self.form_errors[:] = [
                "This was already sent, with other words. To send it once more as it is now, press the button again."
            ]
            self.key.data = new_key()
            self.key.raw_data = None

    @property
    def shows_invented(self) -> bool:
        """Whether the statement "these details are invented" is offered."""
        return self.case_data or bool(self.invented.data)


class ReplyForm(WritingForm):
    """A reply in the thread's page. The text's id is that of the composer's field."""

    body = TextAreaField("Your reply", id="composer-text", filters=[_clean])
    reply_to = HiddenField()


class ThreadForm(WritingForm):
    """A new thread."""

    title = StringField("Title", filters=[_clean])
    kind = StringField("What is it?")
    forum_id = SelectField("Forum", validate_choice=False)
    body = TextAreaField("What happens, in a sentence or two", id="composer-text", filters=[_clean])
    attribution = RadioField("Show this as coming from", validate_choice=False)

    def offer_forums(self, forums: Iterable[tuple[int, str]]) -> None:
        """Fill the choice of forums; the first is chosen where none is."""
        self.forum_id.choices = [(str(number), name) for number, name in forums]
        if not self.forum_id.data and self.forum_id.choices:
            self.forum_id.data = self.forum_id.choices[0][0]


class EditForm(WritingForm):
    """A change to one's own post."""

    body = TextAreaField("Your post", id="composer-text", filters=[_clean])
    revision = HiddenField()


class OneField(Form):
    """Forms of one line of words: a reason, a name, an address."""

    words = StringField("Words", filters=[_clean])

    def take(self, error: Invalid) -> None:
        """Show the refusal at the one field."""
        self.words.errors = [error.detail]


class BoardForm(Form):
    """A forum's name and purpose."""

    name = StringField("Name", filters=[_clean])
    purpose = StringField("What it is for", filters=[_clean])

    def take(self, error: Invalid) -> None:
        """Put the sentences of a refusal at their fields."""
        for name, sentence in error.fields.items():
            if name in self._fields:
                self._fields[name].errors = [sentence]
            else:
                self.form_errors.append(sentence)
        if not error.fields:
            self.form_errors.append(error.detail)


def new_key() -> str:
    """A fresh idempotency key for a form that is shown."""
    return ids.token()[:22]


def number(text: str | None) -> int | None:
    """A whole number from a field, or None: for ids that a form carries."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 17 else None
