"""The administration: pages for administrators alone, and each of their acts through its form."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.core import audit
from portal.core.audit import AuditEntry
from portal.core.db import db
from portal.core.pagination import encode
from portal.directory.models import Organisation, Person
from portal.groups.models import Group
from tests.support.client import PortalClient
from tests.support.marks import on_both
from tests.support.world import MARKERS, ORGANISATIONS, PEOPLE

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
MEMBER = PEOPLE["member"].id
PAGES = (
    "/admin/",
    "/admin/organisations/",
    "/admin/organisations/new",
    f"/admin/organisations/{ORGANISATIONS['northmoor']}",
    "/admin/people/",
    "/admin/people/new",
    f"/admin/people/{MEMBER}",
    "/admin/groups/",
    "/admin/groups/new",
    "/admin/groups/alpha",
    "/admin/invitations/",
    "/admin/import/",
    "/admin/audit/",
    "/admin/audit.csv",
    "/admin/break-glass/",
    "/admin/operation/",
)
POSTS = (
    "/admin/organisations/new",
    f"/admin/organisations/{ORGANISATIONS['northmoor']}",
    f"/admin/organisations/{ORGANISATIONS['northmoor']}/deployments",
    "/admin/deployments/1800001/end",
    "/admin/people/new",
    f"/admin/people/{MEMBER}/email",
    f"/admin/people/{MEMBER}/suspend",
    f"/admin/people/{MEMBER}/reinstate",
    f"/admin/people/{MEMBER}/administrator",
    f"/admin/people/{MEMBER}/administrator/withdraw",
    "/admin/groups/new",
    "/admin/groups/register",
    "/admin/groups/alpha/lead",
    "/admin/groups/alpha/archive",
    "/admin/import/",
    "/admin/import/confirm",
    "/admin/break-glass/",
)
OTHERS = [who for who in PEOPLE if who != "administrator"]


@pytest.fixture
def staff(client: PortalClient) -> PortalClient:
    """An administrator's browser."""
    return client.sign_in_as("administrator")


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_knows_of_it(client: PortalClient, who: str) -> None:
    client.sign_in_as(who)
    for path in PAGES:
        assert client.http.get(path).status_code == 404, path
    for path in POSTS:
        assert client.http.post(path).status_code == 404, path
    assert "/admin/" not in client.get("/directory/suppliers/").get_data(as_text=True)


def test_strangers_are_asked_to_sign_in(client: PortalClient) -> None:
    for path in PAGES:
        assert client.http.get(path).status_code == 302, path


def test_every_page_opens_and_holds_no_content(staff: PortalClient) -> None:
    for path in PAGES:
        answer = staff.get(path)
        assert answer.status_code == 200, path
        text = answer.get_data(as_text=True)
        assert not [marker for marker in MARKERS.values() if marker in text], path


def test_what_is_missing_is_404(staff: PortalClient) -> None:
    for path in ("/admin/organisations/9", "/admin/people/9", "/admin/groups/none", "/admin/groups/gamma"):
        assert staff.get(path).status_code == 404, path


def test_organisations_are_made_and_changed(app: Flask, staff: PortalClient) -> None:
    empty = staff.post("/admin/organisations/new", {"kind": "supplier", "name": ""})
    assert empty.status_code == 422
    assert "Enter the organisation’s name" in empty.get_data(as_text=True)
    assert (
        staff.post("/admin/organisations/new", {"kind": "supplier", "name": "Supplier Q"}).status_code == 302
    )
    with app.app_context():
        found = db.session.scalar(select(Organisation.id).where(Organisation.name == "Supplier Q"))
    path = f"/admin/organisations/{found}"
    assert staff.post(path, {"name": "Supplier A"}).status_code == 422
    assert staff.post(path, {"name": "Supplier R", "short_name": "R"}).status_code == 302
    assert "Supplier R" in staff.get("/admin/organisations/?q=supplier+r").get_data(as_text=True)
    assert "No organisation fits" in staff.get("/admin/organisations/?q=supplier+q").get_data(as_text=True)


def test_a_deployment_is_recorded_and_ended(staff: PortalClient) -> None:
    path = f"/admin/organisations/{ORGANISATIONS['westermarsh']}"
    assert staff.post(f"{path}/deployments", {"product_id": "", "stage": "review"}).status_code == 422
    sent = staff.post(f"{path}/deployments", {"product_id": "1700001", "version": "7", "stage": "review"})
    assert sent.status_code == 302
    page = staff.get(path).get_data(as_text=True)
    end = re.search(r'action="(/admin/deployments/\d+/end)"', page)
    assert end
    assert staff.post(end.group(1)).status_code == 302
    assert "None is recorded" in staff.get(path).get_data(as_text=True)
    assert staff.post(end.group(1)).status_code == 404


def test_people_are_invited_and_invitations_kept(staff: PortalClient) -> None:
    form = {"name": "New Person", "email": "new@northmoor.example"}
    wrong = staff.post("/admin/people/new", {**form, "organisation_id": str(ORGANISATIONS["dcsf"])})
    assert wrong.status_code == 422
    assert (
        staff.post("/admin/people/new", {**form, "email": "nobody", "organisation_id": ""}).status_code == 422
    )
    sent = staff.post("/admin/people/new", {**form, "organisation_id": str(ORGANISATIONS["northmoor"])})
    assert sent.status_code == 302
    page = staff.get("/admin/invitations/").get_data(as_text=True)
    again = re.search(r'action="(/admin/invitations/\d+)/send"', page)
    assert again
    assert staff.post(f"{again.group(1)}/send").status_code == 302
    assert staff.post(f"{again.group(1)}/revoke").status_code == 302
    assert "Taken back" in staff.get("/admin/invitations/").get_data(as_text=True)
    assert staff.post(f"{again.group(1)}/revoke").status_code == 409


def test_a_person_is_suspended_reinstated_and_given_another_address(app: Flask, staff: PortalClient) -> None:
    path = f"/admin/people/{MEMBER}"
    assert staff.post(f"{path}/suspend", {"reason": ""}).status_code == 422
    assert staff.post(f"{path}/suspend", {"reason": "Left the council"}).status_code == 302
    assert "Left the council" in staff.get(path).get_data(as_text=True)
    assert PortalClient(app).sign_in_as("member").http.get("/directory/").status_code == 302
    assert staff.post(f"{path}/reinstate").status_code == 302
    taken = staff.post(f"{path}/email", {"email": PEOPLE["colleague"].email})
    assert taken.status_code == 422
    assert "Another account has this address" in taken.get_data(as_text=True)
    assert staff.post(f"{path}/email", {"email": "asha@northmoor.example"}).status_code == 302


def test_nobody_is_favoured_in_the_own_organisation(app: Flask, staff: PortalClient) -> None:
    for who in ("officer", "administrator"):
        path = f"/admin/people/{PEOPLE[who].id}"
        assert staff.post(f"{path}/administrator").status_code == 403
        assert staff.post(f"{path}/email", {"email": "x@dcsf.example"}).status_code == 403
    assert (
        staff.post(f"/admin/people/{PEOPLE['administrator'].id}/suspend", {"reason": "Myself"}).status_code
        == 403
    )
    assert staff.post(f"/admin/people/{MEMBER}/administrator").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Person.is_administrator).where(Person.id == MEMBER))
    assert staff.post(f"/admin/people/{MEMBER}/administrator/withdraw").status_code == 302


def test_a_group_is_opened_led_and_archived(app: Flask, staff: PortalClient) -> None:
    with app.app_context():
        before = db.session.scalar(select(func.count(Group.id)))
    assert staff.post("/admin/groups/new", {"kind": "sug", "name": "New group"}).status_code == 422
    form = {"kind": "sug", "name": "New group", "supplier_id": str(ORGANISATIONS["supplier-a"])}
    opened = staff.post("/admin/groups/new", form)
    assert opened.headers["Location"] == "/admin/groups/new-group"
    with app.app_context():
        assert db.session.scalar(select(func.count(Group.id))) == before + 1
    lead = {"email": PEOPLE["neighbour"].email, "organisation_id": str(ORGANISATIONS["castlemere"])}
    wrong = staff.post("/admin/groups/new-group/lead", {**lead, "email": "nobody"})
    assert wrong.status_code == 422
    assert staff.post("/admin/groups/new-group/lead", lead).status_code == 302
    assert "Nerys Vale" in staff.get("/admin/groups/new-group").get_data(as_text=True)
    assert staff.post("/admin/groups/new-group/lead", lead).status_code == 403
    assert staff.post("/admin/groups/new-group/archive").status_code == 302
    assert staff.post("/admin/groups/nlar/archive").status_code == 403


def _upload(staff: PortalClient, kind: str, name: str, data: bytes) -> object:
    fields = {"kind": kind, "file": (io.BytesIO(data), name)}
    return staff.post("/admin/import/", fields, content_type="multipart/form-data")


def test_a_file_is_looked_at_then_written(app: Flask, staff: PortalClient) -> None:
    shown = _upload(staff, "authorities", "authorities.csv", (DATA / "authorities.csv").read_bytes())
    page = shown.get_data(as_text=True)
    assert shown.status_code == 200
    assert "Write 152 rows" in page
    with app.app_context():
        assert not db.session.scalar(select(Organisation.id).where(Organisation.dfe_code == "202"))
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    assert sealed
    assert staff.post("/admin/import/confirm", {"sealed": sealed.group(1)}).status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Organisation.id).where(Organisation.dfe_code == "202"))
    assert staff.post("/admin/import/confirm", {"sealed": sealed.group(1)[:-3] + "abc"}).status_code == 422


def test_refused_rows_are_shown_and_left_out_only_if_said(staff: PortalClient) -> None:
    rows = b"supplier,product\nSupplier N,Product N\n,Nothing\n"
    page = _upload(staff, "suppliers", "s.csv", rows).get_data(as_text=True)
    assert "“supplier” is empty" in page
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    assert sealed
    refused = staff.post("/admin/import/confirm", {"sealed": sealed.group(1)})
    assert refused.status_code == 422
    assert "without the refused rows" in refused.get_data(as_text=True)
    assert (
        staff.post("/admin/import/confirm", {"sealed": sealed.group(1), "keep_good": "y"}).status_code == 302
    )
    assert "Product N" in staff.get("/directory/suppliers/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b""),
        ("x.xlsx", b"PK\x03\x04rubbish"),
        ("x.csv", b'a,b\n"1'),
        ("x.csv", b"x" * (1024 * 1024 + 1)),
    ],
)
def test_a_file_that_is_none_is_refused_at_its_field(staff: PortalClient, name: str, data: bytes) -> None:
    answer = _upload(staff, "people", name, data)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.get_data(as_text=True)


def test_the_form_without_a_file_is_refused(staff: PortalClient) -> None:
    assert staff.post("/admin/import/", {"kind": "people"}).status_code == 422
    assert staff.post("/admin/import/", {"kind": "nonsense"}).status_code == 422


def test_the_trail_is_filtered_sealed_and_itself_on_the_record(app: Flask, staff: PortalClient) -> None:
    staff.post(f"/admin/people/{MEMBER}/suspend", {"reason": "A reason with words"})
    page = staff.get(f"/admin/audit/?person={PEOPLE['administrator'].email}").get_data(as_text=True)
    assert "<code>directory:person:suspend</code>" in page
    assert "A reason with words" not in page
    with app.app_context():
        read = select(AuditEntry.subject_id).where(AuditEntry.action == "admin:audit:read")
        assert PEOPLE["administrator"].id in db.session.scalars(read).all()
        audit.seal()
    assert "The chain holds" in staff.get("/admin/audit/?verify=1").get_data(as_text=True)
    assert "No act fits" in staff.get("/admin/audit/?until=2001-01-01").get_data(as_text=True)
    assert "No act fits" in staff.get("/admin/audit/?group=beta").get_data(as_text=True)
    for query in ("person=nobody@x.example", "group=none", "since=soon", "after=!", "until=0001-01-01"):
        assert staff.get(f"/admin/audit/?{query}").status_code == 422, query
        assert staff.get(f"/admin/audit.csv?{query}").status_code in {200, 422}, query
    sheet = staff.get("/admin/audit.csv?action=directory").get_data(as_text=True)
    assert "directory:person:suspend" in sheet
    assert not [line for line in sheet.splitlines() if line.startswith(("=", "+", "@"))]


def test_a_broken_chain_is_said(app: Flask, staff: PortalClient) -> None:
    staff.get("/admin/audit/")
    with app.app_context():
        audit.seal()
        entry = db.session.scalars(select(AuditEntry).limit(1)).one()
        entry.action = "something:else"
        db.session.commit()
    assert "The chain is broken" in staff.get("/admin/audit/?verify=1").get_data(as_text=True)


def test_break_glass_needs_a_reason_ends_and_is_recorded(app: Flask, staff: PortalClient) -> None:
    with app.app_context():
        alpha = str(db.session.scalar(select(Group.id).where(Group.slug == "alpha")))
    short = staff.post("/admin/break-glass/", {"group_id": alpha, "reason": "curious", "hours": "8"})
    assert short.status_code == 422
    reason = "A member reports that an attachment shows a child’s name"
    assert (
        staff.post("/admin/break-glass/", {"group_id": alpha, "reason": reason, "hours": "9"}).status_code
        == 422
    )
    assert (
        staff.post("/admin/break-glass/", {"group_id": alpha, "reason": reason, "hours": "8"}).status_code
        == 302
    )
    page = staff.get("/admin/break-glass/").get_data(as_text=True)
    end = re.search(r'action="(/admin/break-glass/\d+/end)"', page)
    assert end
    assert reason in page
    assert "by break-glass until" in staff.get("/admin/").get_data(as_text=True)
    assert staff.post(end.group(1)).status_code == 302
    assert staff.post(end.group(1)).status_code == 404
    with app.app_context():
        actions = db.session.scalars(select(AuditEntry.action)).all()
    assert {"admin:break-glass:open", "admin:break-glass:end"} <= set(actions)


def test_groups_of_the_register_are_opened_once(app: Flask, staff: PortalClient) -> None:
    staff.post("/admin/organisations/new", {"kind": "supplier", "name": "Supplier Q"})
    assert staff.post("/admin/groups/register").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(Group.slug).where(Group.name == "Supplier Q user group"))
        before = db.session.scalar(select(func.count(Group.id)))
    assert staff.post("/admin/groups/register").status_code == 302
    with app.app_context():
        assert db.session.scalar(select(func.count(Group.id))) == before


@on_both
def test_numbers_beyond_the_database_and_unseen_letters_name_nothing(staff: PortalClient) -> None:
    big = 10**30
    for path in (f"/admin/people/{big}", f"/admin/organisations/{big}"):
        assert staff.get(path).status_code == 404, path
    for path in (
        f"/admin/deployments/{big}/end",
        f"/admin/invitations/{big}/send",
        f"/admin/break-glass/{big}/end",
    ):
        assert staff.post(path).status_code == 404, path
    for path in (
        f"/admin/people/?after={encode(['a', big])}",
        f"/directory/?after={encode(['a' + chr(0), 1])}",
        f"/admin/audit/?after={encode([big])}",
    ):
        assert staff.get(path).status_code == 422, path
    form = {"email": "new@northmoor.example", "organisation_id": str(ORGANISATIONS["northmoor"])}
    assert staff.post("/admin/people/new", {**form, "name": "A\0b"}).status_code == 422
    assert staff.post("/admin/groups/new", {"name": "A\0b", "kind": "inhouse"}).status_code == 422
