"""Files beside posts: taken in, taken away, and their bytes."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, request

from portal.api.payload import describes
from portal.core.errors import Invalid, NotFound
from portal.core.identity import Actor, current_actor
from portal.forums.api.blueprint import bp
from portal.forums.queries import api as queries
from portal.forums.queries.changes import get_thread_place
from portal.forums.services import attachments
from portal.web.edge import Access, access


@bp.post("/api/v1/attachments")
@access(Access.SIGNED_IN)
@describes(
    form={"file": "binary", "thread": "integer", "space": "integer", "invented": "boolean"}, status=201
)
def add_attachment() -> Any:
    """Take in a file for a post still to be written: multipart with ``file`` and ``thread`` or ``space``."""
    actor = current_actor()
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid({"file": "Choose a file."})
    thread, space_id = request.form.get("thread", type=int), request.form.get("space", type=int)
    if thread is not None:
        space_id = get_thread_place(actor, thread).space_id
    if space_id is None:
        raise Invalid({"space": "Say in which space or thread the file belongs."})
    invented = request.form.get("invented", "") in {"1", "true", "y", "on"}
    added = attachments.add(
        actor, space_id=space_id, stream=file.stream, filename=file.filename, invented=invented
    )
    return jsonify(
        number=added.id, filename=added.filename, size=added.size, mime=added.mime, inline=added.inline
    ), 201


add_attachment.portal_upload = True  # type: ignore[attr-defined]


def find_file(actor: Actor, number: int) -> Any:
    """The file of the address, through the fence."""
    return queries.get_file(actor, number)


@bp.delete("/api/v1/attachments/<int:number>")
@access(Access.SIGNED_IN, resolve=find_file)
@describes(status=204)
def remove_attachment(file: Any) -> Any:
    """Take away a file that one added."""
    attachments.remove(current_actor(), attachment_id=file.id)
    return Response(status=204)


@bp.get("/attachments/<int:number>")
@bp.get("/attachments/<int:number>/<path:name>", endpoint="download_named")
@access(Access.SIGNED_IN, resolve=find_file)
def download(file: Any) -> Any:
    """The bytes of a file, in a sandbox: pictures in place, everything else as a download; ranges are answered."""
    storage = current_app.extensions["portal.storage"]
    start, end, status = 0, file.size, 200
    wanted = request.range
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
        found = wanted.range_for_length(file.size)
        if found is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{file.size}"})
        (start, end), status = found, 206
    try:
        chunks = () if request.method == "HEAD" else storage.read(file.sha256, start, end)
    except FileNotFoundError as error:
        raise NotFound() from error
    response = Response(chunks, status=status, mimetype=file.mime)
    disposition = "inline" if file.inline and request.args.get("download") != "1" else "attachment"
    response.headers.set("Content-Disposition", disposition, filename=file.filename)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Length"] = str(end - start)
    if status == 206:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    return response
