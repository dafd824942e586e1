"""The forms of accounts. The edge checks their CSRF field; here each field says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from portal.core.errors import Invalid

POSTS = (
    "ICS champion",
    "Application manager",
    "Practice manager",
    "Practitioner",
    "Performance and quality",
    "ICT",
    "Strategic manager",
    "Expert Panel member",
)


def _one_line(form: Form, field: Any) -> None:
    """Refuse control characters: they have no place in a name, and a NUL stops the database."""
    if any(
        ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF
        for letter in field.data or ""
    ):
        raise ValidationError("Leave out line breaks and other characters that cannot be seen.")


def _spaces_once(text: str | None) -> str | None:
    return " ".join(part for part in text.strip().split(" ") if part) if text else text


class AccountForm(FlaskForm):
    """Base of the forms: no CSRF field of its own, and a place for what a service refuses."""

    class Meta(FlaskForm.Meta):
        """The edge has checked the CSRF field before the view is entered."""

        csrf = False

    def refuse(self, error: Invalid) -> None:
        """Show a service's refusal at the right fields; at the form where it names none that is here."""
        shown = False
        for name, sentence in error.fields.items():
            if name in self._fields:
                self._fields[name].errors = [*self._fields[name].errors, sentence]
                shown = True
        if not shown:
            self.form_errors.append(error.detail)


class SignInForm(AccountForm):
    """Address and password; where to go after, and what was being sent when the session had ended."""

    email = EmailField("E-mail address", [InputRequired("Enter your e-mail address")])
    password = PasswordField("Password", [InputRequired("Enter your password")])
    next = HiddenField()
    carried = HiddenField()


class CodeForm(AccountForm):
    """The second step."""

    code = StringField(
        "Code",
        [
            InputRequired("Enter your code"),
            Length(max=40, message="A code is shorter"),
        ],
    )
    next = HiddenField()
    carried = HiddenField()


class ResetRequestForm(AccountForm):
    """Who cannot sign in."""

    email = EmailField("E-mail address", [InputRequired("Enter your e-mail address")])


class NewPasswordForm(AccountForm):
    """A new password by a mailed link."""

    password = PasswordField("New password", [InputRequired("Enter a new password")])


class ChangePasswordForm(AccountForm):
    """A new password by its owner."""

    present = PasswordField("Your present password", [InputRequired("Enter your present password")])
    password = PasswordField("New password", [InputRequired("Enter a new password")])


class ConfirmForm(AccountForm):
    """What is asked before something of weight."""

    present = PasswordField("Your password", [InputRequired("Enter your password")])


class ChangeEmailForm(AccountForm):
    """Another address to sign in with."""

    email = EmailField(
        "New e-mail address", [InputRequired("Enter your new e-mail address"), Length(max=254), _one_line]
    )
    present = PasswordField("Your password", [InputRequired("Enter your password")])


NAME: list[Callable[..., None]] = [
    InputRequired("Enter your name"),
    Length(min=2, max=120, message="A name has 2 to 120 characters"),
    _one_line,
]
TELEPHONE: list[Callable[..., None]] = [
    Optional(),
    Length(max=40, message="A telephone number has at most 40 characters"),
    Regexp(r"^[0-9+()./ extEXT-]+$", message="Enter a telephone number, like 01632 960 001"),
]


def _posts(present: str | None = None) -> list[SelectChoice]:
    known = [*POSTS, present] if present and present not in POSTS else list(POSTS)
    return [SelectChoice("", "Not said"), *(SelectChoice(post, post) for post in known)]


class ProfileForm(AccountForm):
    """What colleagues see of a person."""

    name = StringField("Name", NAME, filters=[_spaces_once])
    post = SelectField("What you do", [Optional()], choices=_posts(), validate_choice=True)
    telephone = TelField("Telephone", TELEPHONE, filters=[_spaces_once])

    def keep_post(self, present: str | None) -> None:
        """Offer the post that the person has, though it be none of the list."""
        self.post.choices = _posts(present)


class AcceptInvitationForm(ProfileForm):
    """The first form of a new person. The address is the invitation's and not asked for."""

    password = PasswordField("Choose a password", [InputRequired("Choose a password")])


class AcceptPoliciesForm(AccountForm):
    """Acceptable use and privacy, at the first sign-in."""

    use = BooleanField(
        "I will keep to the rules for acceptable use",
        [InputRequired("Tick the box to say that you will keep to the rules")],
    )
    privacy = BooleanField(
        "I have read the privacy notice",
        [InputRequired("Tick the box to say that you have read the privacy notice")],
    )


class SecondFactorForm(AccountForm):
    """A code of the app that has just scanned the picture; the password where a factor is replaced."""

    code = StringField("Code of six figures", [InputRequired("Enter the code that your app shows")])
    present = PasswordField("Your password")
    sealed = HiddenField()


class TokenForm(AccountForm):
    """A new API token."""

    name = StringField(
        "What it is for",
        [
            InputRequired("Say what the token is for"),
            Length(max=80, message="Use at most 80 characters"),
            _one_line,
        ],
        filters=[_spaces_once],
    )
    scope = RadioField(
        "What it may do",
        [InputRequired("Choose what the token may do")],
        choices=[SelectChoice("read", "Read"), SelectChoice("write", "Read and write")],
        default="read",
    )
    days = SelectField(
        "It works for",
        choices=[SelectChoice("30", "30 days"), SelectChoice("90", "90 days"), SelectChoice("365", "A year")],
        default="90",
    )
