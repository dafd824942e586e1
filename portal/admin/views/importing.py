"""A file of the register: looked at first, with each refused row and why, then written if the person says so.

Between the two nothing is stored: the page carries the file back, packed and signed for the person it was shown to.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.admin.forms import ConfirmForm, UploadForm
from portal.admin.views.blueprint import bp
from portal.core.errors import Invalid
from portal.core.identity import current_actor
from portal.directory.importing.rows import KINDS
from portal.directory.services.register import CHANGED, NEW, SAME, Plan, import_rows, plan_import
from portal.web.edge import Access, access

MOST_BYTES = 1024 * 1024
MOST_SEALED = 1_500_000
KEPT_SECONDS = 3600
SHOWN = 200


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(current_app.config["SECRET_KEY"]), salt=f"register file of {current_actor().person_id}"
    )


def _seal(kind: str, name: str, data: bytes) -> str:
    packed = base64.b64encode(zlib.compress(data, 9)).decode()
    sealed = _sealer().dumps([kind, name, packed])
    text = sealed if isinstance(sealed, str) else sealed.decode()
    if len(text) > MOST_SEALED:
        raise Invalid({"file": "This file is too large for the page. Use portal import on the command line"})
    return text


def _unseal(sealed: str) -> tuple[str, str, bytes]:
    try:
        kind, name, packed = _sealer().loads(sealed, max_age=KEPT_SECONDS)
    except BadData as error:
        raise Invalid({"file": "The file was looked at more than an hour ago. Choose it again"}) from error
    return kind, name, zlib.decompress(base64.b64decode(packed))


def _read_upload() -> tuple[str, bytes]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid({"file": "Choose a file"})
    with sent.stream as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Invalid({"file": "The file is larger than 1 MB. Use portal import on the command line"})
    return sent.filename[-120:], data


@bp.get("/admin/import/")
@access(Access.ADMINISTRATOR)
def upload() -> str:
    """Choose a file."""
    return render_template("admin/upload.html", form=UploadForm(formdata=None), kinds=KINDS)


@bp.post("/admin/import/")
@access(Access.ADMINISTRATOR)
def preview() -> Any:
    """Look at a file: what each row would do, and which are refused. Nothing is written."""
    form = UploadForm()
    try:
        if not form.validate():
            raise Invalid({})
        name, data = _read_upload()
        plan = plan_import(current_actor(), form.kind.data, name, data)
        sealed = _seal(form.kind.data, name, data)
    except Invalid as refused:
        if refused.fields:
            form.take(refused)
        return render_template("admin/upload.html", form=form, kinds=KINDS), 422
    return _shown(plan, name, ConfirmForm(formdata=None, sealed=sealed))


def _shown(plan: Plan, name: str, form: ConfirmForm) -> str:
    return render_template(
        "admin/preview.html",
        plan=plan,
        name=name,
        form=form,
        refused=sorted(plan.refused, key=lambda row: row.line)[:SHOWN],
        counts=[("New", plan.count(NEW)), ("Changed", plan.count(CHANGED)), ("Unchanged", plan.count(SAME))],
    )


@bp.post("/admin/import/confirm")
@access(Access.ADMINISTRATOR)
def confirm() -> Any:
    """Write the file that was looked at."""
    form = ConfirmForm()
    try:
        kind, name, data = _unseal(form.sealed.data or "")
        plan = plan_import(current_actor(), kind, name, data)
    except Invalid as refused:
        again = UploadForm(formdata=None)
        again.take(refused)
        return render_template("admin/upload.html", form=again, kinds=KINDS), 422
    if plan.refused and not form.keep_good.data:
        form.take(Invalid({"keep_good": "Tick this to go on without the refused rows, or correct the file"}))
        return _shown(plan, name, form), 422
    done = import_rows(current_actor(), plan, keep_good=bool(form.keep_good.data))
    flash(
        f"{done.count(NEW)} new, {done.count(CHANGED)} changed, {done.count(SAME)} unchanged, "
        f"{len(done.refused)} refused.",
        "success",
    )
    return redirect(url_for("admin.upload"))
