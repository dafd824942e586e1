"""The directory's pages: authorities' side and department; suppliers' people see products and suppliers only."""

from __future__ import annotations

import pytest

from tests.support.client import PortalClient

AUTHORITY_SIDE = ("member", "lead", "inhouse_member", "moderator", "officer", "former", "administrator")
PRIVATE = ("/directory/", "/directory/authorities/northmoor", "/api/v1/directory/authorities")


@pytest.mark.parametrize("who", AUTHORITY_SIDE)
def test_authorities_and_department_read_it(client: PortalClient, who: str) -> None:
    client.sign_in_as(who)
    for path in (*PRIVATE, "/directory/suppliers/"):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("who", ["supplier", "other_supplier"])
def test_suppliers_people_see_suppliers_and_products_only(client: PortalClient, who: str) -> None:
    client.sign_in_as(who)
    page = client.get("/directory/suppliers/").get_data(as_text=True)
    assert "Product A" in page
    assert "Northmoor" not in page
    assert 'href="/directory/"' not in page
    for path in (*PRIVATE, "/directory/authorities/none"):
        assert client.get(path).status_code == 404, path


def test_strangers_are_asked_to_sign_in(client: PortalClient) -> None:
    for path in ("/directory/", "/directory/suppliers/", "/directory/authorities/northmoor"):
        assert client.get(path).status_code == 302
    assert client.get("/api/v1/directory/authorities").status_code == 401


def test_authorities_are_filtered(client: PortalClient) -> None:
    client.sign_in_as("member")
    answer = client.http.get("/api/v1/directory/authorities?product=1700002").get_json()
    assert [item["slug"] for item in answer["items"]] == ["eastvale", "harrowdale"]
    assert answer["items"][0]["deployments"][0]["stage"] == "operational"
    page = client.get("/directory/?q=100%25").get_data(as_text=True)
    assert "No authority fits" in page
    assert client.get("/directory/authorities/supplier-a").status_code == 404


@pytest.mark.parametrize(
    "query", ["product=x", "product=%C2%B2", "after=broken", "q=%00", "region=" + "x" * 300]
)
def test_a_broken_filter_is_refused(client: PortalClient, query: str) -> None:
    client.sign_in_as("member")
    assert client.get(f"/directory/?{query}").status_code == 422
    assert client.http.get(f"/api/v1/directory/authorities?{query}").get_json()["errors"]
