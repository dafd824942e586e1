"""Files sent with a form of the composer: stored at once, so that a refused text does not lose them."""

from __future__ import annotations

from flask import request

from portal.core.errors import CaseDataFound, Invalid
from portal.core.identity import Actor
from portal.forums.forms import WritingForm, number
from portal.forums.queries.post_views import AttachmentView, list_waiting_files
from portal.forums.services import attachments

MOST = 10


def files_of_form(actor: Actor, space_id: int, form: WritingForm) -> list[AttachmentView]:
    """The files that go with the text: those kept from before, and those sent now. Raises ``Invalid`` at the text."""
    kept = [value for value in (number(text) for text in request.form.getlist("attachment")[:MOST]) if value]
    sent = [file for file in request.files.getlist("attachments") if file.filename]
    if len(kept) + len(sent) > MOST:
        raise Invalid({"body": f"Attach {MOST} files at most to one post"})
    for file in sent:
        try:
            stored = attachments.add(
                actor,
                space_id=space_id,
                filename=file.filename or "file",
                stream=file.stream,
                invented=bool(form.invented.data),
            )
        except CaseDataFound as error:
            raise CaseDataFound(error.words, "body") from error
        except Invalid as error:
            raise Invalid({"body": f"{file.filename}: {error.detail}"}) from error
        kept.append(stored.id)
    return list_waiting_files(actor, kept)
