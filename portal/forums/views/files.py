"""Files sent with a form of the composer: stored at once, so that a refused text does not lose them."""

from __future__ import annotations

from flask import request

from portal.core.errors import Invalid
from portal.core.identity import Actor
from portal.forums.forms import WritingForm, number
from portal.forums.queries.post_views import AttachmentView, list_waiting_files
from portal.forums.services import attachments

MOST = 10


def files_of_form(actor: Actor, space_id: int, form: WritingForm) -> list[AttachmentView]:
    """The files that go with the text: those kept from before, and those sent now.

    Each upload has a key made from the form's, so that a form sent twice stores its files once. Raises ``Invalid``.
    """
    kept = [value for value in (number(text) for text in request.form.getlist("attachment")[:MOST]) if value]
    sent = [file for file in request.files.getlist("attachments") if file.filename]
    if len(kept) + len(sent) > MOST:
        raise Invalid({"body": f"Attach {MOST} files at most to one post"})
    for place, file in enumerate(sent):
        stored = attachments.add(
            actor,
            space_id=space_id,
            filename=file.filename or "file",
            data=file.read(),
            invented=bool(form.invented.data),
            idempotency_key=f"{form.key.data}:{place}",
        )
        kept.append(stored.id)
    return list_waiting_files(actor, kept)
