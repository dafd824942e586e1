"""The forms of the administration."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from portal.core.errors import Invalid
from portal.directory.words import is_one_line

NAME_MOST = Length(max=200, message="Use 200 characters or fewer")


def as_number(value: Any) -> int | None:
    """A choice's value as the number it is, None where it is none."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def numbers(found: list[tuple[int, str]], first: str) -> list[SelectChoice]:
    """Choices of numbered things, after an empty one that says what to do."""
    return [SelectChoice("", first), *(SelectChoice(number, name) for number, name in found)]


class StaffForm(FlaskForm):
    """A form whose CSRF field the edge has checked, and that shows at its fields what a command refused."""

    class Meta(FlaskForm.Meta):
        """The edge checks CSRF before the view is entered."""

        csrf = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether each field is right; no text of one line holds characters that cannot be seen."""
        right: bool = super().validate(extra_validators)
        for field in self._fields.values():
            one_line = isinstance(field, StringField) and not isinstance(field, (TextAreaField, HiddenField))
            if one_line and not is_one_line(field.data or ""):
                field.errors = [
                    *field.errors,
                    "Leave out line breaks and other characters that cannot be seen",
                ]
                right = False
        return right

    @property
    def sent(self) -> dict[str, Any]:
        """The fields as a command takes them: a text that was not sent at all is an empty one."""
        return {
            name: "" if field.data is None and isinstance(field, StringField) else field.data
            for name, field in self._fields.items()
        }

    def take(self, refused: Invalid) -> None:
        """Show a refusal at its fields; in the summary where a field is not here."""
        for name, sentence in (refused.fields or {"": refused.detail}).items():
            if name in self._fields:
                self._fields[name].errors = [*self._fields[name].errors, sentence]
            else:
                self.form_errors.append(sentence)


class OrganisationForm(StaffForm):
    """An organisation as the directory names it."""

    kind = SelectField(
        "Kind",
        choices=[
            SelectChoice("authority", "Local authority"),
            SelectChoice("supplier", "Supplier"),
            SelectChoice("department", "Department"),
        ],
    )
    name = StringField("Name", [InputRequired("Enter the organisation’s name"), NAME_MOST])
    short_name = StringField(
        "Short name",
        [Optional(), Length(max=80, message="Use 80 characters or fewer")],
        description="As it stands beside a person’s name",
    )
    type = StringField(
        "Type", [Optional(), Length(max=60)], description="For an authority, as “County council”"
    )
    region = StringField("Region", [Optional(), Length(max=60)])


class DeploymentForm(StaffForm):
    """What an authority runs."""

    product_id = SelectField("Product", [InputRequired("Choose a product")], coerce=as_number)
    version = StringField("Version", [Optional(), Length(max=40, message="Use 40 characters or fewer")])
    stage = SelectField(
        "Stage",
        choices=[
            SelectChoice("operational", "Operational"),
            SelectChoice("procurement", "Procurement"),
            SelectChoice("review", "Review"),
        ],
    )


class InviteForm(StaffForm):
    """Somebody new, by e-mail."""

    email = EmailField("E-mail address", [InputRequired("Enter an e-mail address"), Length(max=254)])
    name = StringField("Name", [InputRequired("Enter the person’s name"), Length(max=120)])
    organisation_id = SelectField("Organisation", [InputRequired("Choose an organisation")], coerce=as_number)


class AddressForm(StaffForm):
    """Another address for a person."""

    email = EmailField("New e-mail address", [InputRequired("Enter the new e-mail address"), Length(max=254)])


class SuspendForm(StaffForm):
    """Why somebody is suspended."""

    reason = StringField(
        "Reason",
        [InputRequired("Say why, in a few words"), NAME_MOST],
        description="Kept with the account. Write nothing about a child or a family",
    )


class GroupForm(StaffForm):
    """A new group."""

    kind = SelectField(
        "Kind",
        choices=[
            SelectChoice("sug", "Supplier user group"),
            SelectChoice("inhouse", "In-house systems group"),
            SelectChoice("nlar", "NLAR forum"),
            SelectChoice("national", "National space"),
        ],
    )
    name = StringField("Name", [InputRequired("Enter the group’s name"), Length(max=120)])
    supplier_id = SelectField(
        "Supplier",
        [Optional()],
        coerce=as_number,
        description="Only for a supplier user group, which it shares a space with",
    )
    how_to_join = TextAreaField(
        "How to ask to join", [Optional(), Length(max=500)], description="Stands on the group’s card"
    )


class LeadForm(StaffForm):
    """A group's first lead."""

    email = EmailField("E-mail address", [InputRequired("Enter an e-mail address"), Length(max=254)])
    name = StringField(
        "Name", [Optional(), Length(max=120)], description="Needed where the person has no account yet"
    )
    organisation_id = SelectField("Authority", [InputRequired("Choose an authority")], coerce=as_number)


class UploadForm(StaffForm):
    """A file of the register."""

    kind = SelectField(
        "What the file holds",
        choices=[
            SelectChoice("authorities", "Authorities"),
            SelectChoice("suppliers", "Suppliers and products"),
            SelectChoice("people", "People"),
            SelectChoice("deployments", "Who runs what"),
        ],
    )
    file = FileField(
        "File",
        description="CSV or Excel (.xlsx), 1 MB or less. Larger files: portal import, on the command line",
    )


class ConfirmForm(StaffForm):
    """A file that was looked at, to be written."""

    sealed = HiddenField()
    keep_good = BooleanField("Write the good rows and leave out those that are refused")


class GlassForm(StaffForm):
    """Why a group's content is opened, and for how long."""

    group_id = SelectField("Group", [InputRequired("Choose a group")], coerce=as_number)
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why. The group’s lead reads it"), Length(max=500)],
        description="20 characters or more. The group’s lead is told at once and reads it",
    )
    hours = SelectField(
        "Ends after",
        choices=[
            SelectChoice("1", "1 hour"),
            SelectChoice("2", "2 hours"),
            SelectChoice("4", "4 hours"),
            SelectChoice("8", "8 hours"),
        ],
    )
