"""The pages of groups, as each role finds them."""

from __future__ import annotations

import pytest

from tests.support.client import PortalClient
from tests.support.world import PEOPLE


def text_of(client: PortalClient, person: str, path: str, status: int = 200) -> str:
    """The page at ``path`` as ``person`` finds it, with curly quotes made plain."""
    response = client.sign_in_as(person).get(path)
    assert response.status_code == status, f"{person} at {path}: {response.status_code}"
    return response.get_data(as_text=True).replace("’", "'")


OPEN = [
    ("member", "/"),
    ("member", "/groups/"),
    ("member", "/groups/alpha/"),
    ("member", "/groups/alpha/?space=supplier"),
    ("member", "/groups/beta/"),
    ("member", "/groups/nlar/"),
    ("member", "/groups/alpha/members/"),
    ("member", "/groups/alpha/readers?space=supplier"),
    ("member", "/groups/national/readers?space=suppliers"),
    ("member", "/groups/national/"),
    ("member", "/groups/alpha/leave"),
    ("member", "/people/"),
    ("lead", "/groups/alpha/members/manage"),
    ("lead", "/groups/alpha/members/add"),
    ("lead", "/groups/alpha/members/paste"),
    ("lead", "/groups/alpha/members/grants"),
    ("lead", "/groups/alpha/card"),
    ("lead", "/groups/alpha/working-groups/new"),
    ("lead", "/groups/nlar/"),
    ("lead", "/groups/nlar/members/"),
    ("lead", "/groups/nlar/?space=supplier-a"),
    ("moderator", "/groups/nlar/members/manage"),
    ("moderator", "/groups/nlar/members/add"),
    ("moderator", "/groups/national/"),
    ("supplier", "/"),
    ("supplier", "/groups/"),
    ("supplier", "/groups/alpha/"),
    ("supplier", "/groups/alpha/readers"),
    ("supplier", "/groups/nlar/"),
    ("supplier", "/people/"),
    ("former", "/"),
    ("former", "/groups/alpha/"),
    ("administrator", "/"),
    ("administrator", "/groups/alpha/"),
    ("officer", "/groups/alpha/"),
]


@pytest.mark.parametrize(("person", "path"), OPEN)
def test_pages_open_and_are_well_made(client: PortalClient, person: str, path: str) -> None:
    assert "</h1>" in text_of(client, person, path)


CLOSED = [
    ("supplier", "/groups/alpha/?space=members"),
    ("supplier", "/groups/alpha/members/"),
    ("supplier", "/groups/alpha/members/manage"),
    ("supplier", "/groups/alpha/members/grants"),
    ("supplier", "/groups/alpha/readers?space=members"),
    ("supplier", "/groups/nlar/members/"),
    ("supplier", "/groups/nlar/?space=supplier-b"),
    ("supplier", "/groups/beta/"),
    ("supplier", "/groups/inhouse/"),
    ("supplier", f"/people/{PEOPLE['member'].id}"),
    ("member", "/groups/beta/members/"),
    ("member", "/groups/beta/readers"),
    ("member", "/groups/beta/?space=members"),
    ("member", "/groups/gamma/"),
    ("member", "/groups/nowhere/"),
    ("member", "/groups/nlar/members/"),
    ("member", f"/people/{PEOPLE['other_member'].id}"),
    ("member", "/people/1234567"),
    ("member", "/groups/beta/leave"),
    ("other_member", "/groups/alpha/members/manage"),
    ("other_lead", "/groups/alpha/members/add"),
    ("other_lead", f"/groups/alpha/members/{PEOPLE['member'].id}"),
    ("former", "/groups/alpha/members/"),
    ("former", "/groups/alpha/readers"),
    ("former", f"/people/{PEOPLE['neighbour'].id}"),
    ("administrator", "/groups/alpha/members/"),
    ("administrator", "/groups/alpha/readers"),
    ("administrator", "/groups/alpha/members/manage"),
    ("administrator", f"/people/{PEOPLE['member'].id}"),
    ("moderator", "/groups/alpha/members/"),
    ("moderator", "/groups/alpha/readers"),
    ("lead", f"/groups/alpha/members/{PEOPLE['other_member'].id}"),
]


@pytest.mark.parametrize(("person", "path"), CLOSED)
def test_what_one_may_not_read_is_missing(client: PortalClient, person: str, path: str) -> None:
    text_of(client, person, path, 404)


@pytest.mark.parametrize(
    "path", ["members/manage", "members/add", "members/paste", "members/grants", "card", "working-groups/new"]
)
def test_a_member_reads_the_group_but_does_not_manage_it(client: PortalClient, path: str) -> None:
    assert "Only the group's lead" in text_of(client, "member", f"/groups/alpha/{path}", 403)


def test_the_deputy_acts_only_while_there_is_no_lead(client: PortalClient) -> None:
    text_of(client, "deputy", "/groups/alpha/members/manage", 403)


def test_a_supplier_learns_nothing_of_the_members(client: PortalClient) -> None:
    authorities = ("Northmoor", "Thornhithe", "Castlemere")
    for path in (
        "/groups/",
        "/groups/alpha/",
        "/groups/alpha/readers",
        "/people/",
        "/groups/nlar/",
        "/groups/nlar/readers",
    ):
        page = text_of(client, "supplier", path)
        if path == "/groups/alpha/":
            page = page.replace("Castlemere", "", page.count("Castlemere"))  # wrote where the supplier reads
        for name in authorities:
            assert name not in page, f"{name} at {path}"
        for person in ("member", "colleague", "lead", "deputy"):
            assert PEOPLE[person].name not in page, f"{person} at {path}"
        assert "authorities. Not" not in page
        assert "In-house systems group" not in page
        assert "Supplier B" not in page


def test_the_supplier_sees_own_colleagues_and_a_rule_for_the_rest(client: PortalClient) -> None:
    page = text_of(client, "supplier", "/groups/alpha/readers")
    assert "Sam Alder" in page
    assert "The members of the user group." in page
    assert "People who read this, by organisation" not in page


def test_a_member_reads_who_can_read_with_counts_and_grounds(client: PortalClient) -> None:
    own = text_of(client, "member", "/groups/alpha/readers")
    shared = text_of(client, "member", "/groups/alpha/readers?space=supplier")
    assert "Sam Alder" not in own
    assert "Sam Alder" in shared
    assert "Northmoor Council" in own
    assert "Fay Rush" not in own


def test_members_are_filtered_by_authority(client: PortalClient) -> None:
    page = text_of(client, "member", "/groups/alpha/members/?authority=1000001")
    assert "Colin Brook" in page
    assert "Nerys Vale" not in page.split("</form>")[-1]


def test_a_profile_is_for_those_who_share_a_group(client: PortalClient) -> None:
    assert "nerys.vale@castlemere.example" in text_of(client, "member", f"/people/{PEOPLE['neighbour'].id}")
    assert "colin.brook" in text_of(client, "former", f"/people/{PEOPLE['colleague'].id}")
    assert "Supplier A user group" not in text_of(client, "former", f"/people/{PEOPLE['colleague'].id}")


def test_people_are_found_by_name(client: PortalClient) -> None:
    page = text_of(client, "member", "/people/?q=ner val")
    assert "Nerys Vale" in page
    assert "Colin Brook" not in page
    assert "Olive Tarn" not in text_of(client, "member", "/people/?q=olive")
    assert text_of(client, "member", "/people/?q=%25")


def test_a_broken_cursor_is_an_error_of_the_address(client: PortalClient) -> None:
    text_of(client, "member", "/people/?after=nonsense", 422)
    text_of(client, "member", "/groups/alpha/members/?after=nonsense", 422)


def test_the_api_says_who_i_am_and_where_i_read(client: PortalClient) -> None:
    me = client.sign_in_as("supplier").json("GET", "/api/v1/me").get_json()
    assert me["name"] == "Sam Alder"
    assert {(one["group"], one["slug"]) for one in me["spaces"]} == {
        ("alpha", "supplier"),
        ("nlar", "supplier-a"),
        ("national", "suppliers"),
    }
    groups = client.json("GET", "/api/v1/groups").get_json()["items"]
    alpha = next(one for one in groups if one["slug"] == "alpha")
    assert alpha["role"] == "supplier"
    assert [(space["slug"], space["writable"]) for space in alpha["spaces"]] == [("supplier", True)]
    cards = client.json("GET", "/api/v1/directory/groups").get_json()["items"]
    assert {card["slug"] for card in cards} == {"alpha", "nlar", "national"}
    assert all(card["lead_authority"] is None for card in cards)
