"""Every layout and error page is valid HTML, labelled, and fit for a strict content security policy."""

from __future__ import annotations

import pytest
from jinja2 import Environment, FileSystemLoader

from tests.unit.web.furniture import (
    OPEN_KINDS,
    TEMPLATES,
    assert_fit,
    banner,
    context,
    environment,
    nav,
    parse,
    render_child,
    text_of,
)

ERRORS = sorted(path.name for path in (TEMPLATES / "errors").glob("*.html"))
PAGE = "{% block title %}Forum{% endblock %}{% block main %}<h1>Forum</h1>{% endblock %}"


@pytest.fixture(scope="module")
def env() -> Environment:
    """The templates by themselves."""
    return environment()


class TestLayouts:
    def test_a_signed_in_page_has_search_bell_person_navigation_and_crumbs(self, env: Environment) -> None:
        tree = assert_fit(render_child(env, "base", PAGE, **context()))
        assert text_of(next(tree.iter("title"))) == "Forum – ICS Exchange"
        assert [nav.get("aria-label") for nav in tree.iter("nav")] == ["Service", "Breadcrumb"]
        header = text_of(next(tree.iter("header")))
        assert "3 new notifications" in header and "Asha Fenn" in header and "Northmoor" in header
        assert "Demonstration content" in text_of(next(tree.iter("footer")))

    def test_leaving_is_a_post_with_the_token(self, env: Environment) -> None:
        tree = parse(render_child(env, "base", PAGE, **context()))
        leaving = [form for form in tree.iter("form") if form.get("action") == "/sign-out"]
        assert leaving and all(form.get("method") == "post" for form in leaving)
        assert all(form.find("input").get("value") == "token123" for form in leaving)

    def test_a_signed_out_page_shows_nothing_of_the_inside(self, env: Environment) -> None:
        tree = assert_fit(render_child(env, "signed_out", PAGE, csp_nonce="nonce123"))
        assert not list(tree.iter("nav")) and "Menu" not in text_of(tree)
        assert not list(tree.iter("form"))

    def test_a_rejected_form_says_so_in_the_title(self, env: Environment) -> None:
        page = "{% set form_errors = form.errors %}" + PAGE
        form = {"errors": {"title": ["Say what goes wrong"]}}
        tree = assert_fit(render_child(env, "base", page, **context(form=form)))
        assert text_of(next(tree.iter("title"))) == "Error: Forum – ICS Exchange"

    @pytest.mark.parametrize("kind", ["members", "supplier", "nlar", "national", "nlar_supplier"])
    def test_a_space_says_whose_it_is_and_who_reads_it(self, env: Environment, kind: str) -> None:
        tree = assert_fit(render_child(env, "space", PAGE, **context(banner=banner(kind))))
        assert text_of(next(tree.iter("title"))) == "Forum – Alder & Co <user> group – ICS Exchange"
        assert next(tree.iter("body")).get("data-accent") == "teal"
        section = next(
            section for section in tree.iter("section") if "px-space" in section.get("class", "").split()
        )
        assert ("px-space--open" in section.get("class").split()) == (kind in OPEN_KINDS)
        assert "Read by the group’s 14 authorities. Not the supplier." in text_of(section)
        assert [link.get("href") for link in section.iter("a") if "why" in text_of(link)] == [
            "/groups/alder/readers"
        ]
        assert [link.get("aria-current") for link in section.iter("a") if text_of(link) == "Members"] == [
            "true"
        ]

    def test_a_staff_area_has_its_side_navigation(self, env: Environment) -> None:
        page = "{% block title %}People{% endblock %}{% block content %}<h1>People</h1>{% endblock %}"
        tree = assert_fit(
            render_child(
                env, "admin", page, **context(side_nav=[nav("People", "/admin/people/", current=True)])
            )
        )
        assert [link.get("aria-current") for link in tree.iter("a") if text_of(link) == "People"] == ["page"]
        assert text_of(next(tree.iter("title"))) == "People – Administration – ICS Exchange"

    def test_the_print_view_names_the_space_and_has_no_navigation(self, env: Environment) -> None:
        tree = assert_fit(
            render_child(env, "print", PAGE, **context(banner=banner(), printed="8 April 2010"))
        )
        assert not list(tree.iter("nav")) and not list(tree.iter("form"))
        assert "Not the supplier." in text_of(next(tree.iter("header")))

    def test_the_session_warning_is_hidden_and_knows_where_to_renew(self, env: Environment) -> None:
        values = context(session_seconds=1800, session_renew_href="/account/session")
        tree = assert_fit(render_child(env, "base", PAGE, **values))
        box = next(element for element in tree.iter("div") if element.get("data-session-seconds"))
        assert box.get("hidden") is not None and box.get("data-session-renew") == "/account/session"

    def test_flashed_messages_are_escaped_and_errors_are_alerts(self, env: Environment) -> None:
        tree = parse(render_child(env, "base", PAGE, **context()))
        notices = [element for element in tree.iter("div") if "px-notice" in element.get("class", "").split()]
        assert [(text_of(notice), notice.get("role")) for notice in notices] == [
            ("Draft <saved>", "status"),
            ("Not sent", "alert"),
        ]

    def test_a_page_does_without_the_vendor_file_where_it_was_not_built(self) -> None:
        bare = environment()
        bare.globals["asset_url"] = lambda name: "" if name == "govuk-frontend.css" else f"/static/{name}"
        tree = assert_fit(render_child(bare, "base", PAGE, **context()))
        assert all(link.get("href") for link in tree.iter("link"))


class TestErrorPages:
    @pytest.mark.parametrize("name", ERRORS)
    @pytest.mark.parametrize("signed_in", [True, False])
    def test_each_has_a_heading_and_its_reference_and_no_banner(
        self, env: Environment, name: str, signed_in: bool
    ) -> None:
        values = context(banner=banner()) if signed_in else {"csp_nonce": "nonce123", "reference": "4QX-81K2"}
        tree = assert_fit(env.get_template(f"errors/{name}").render(**values))
        marked = [element for element in tree.iter() if element.get("data-reference")]
        assert [element.get("data-reference") for element in marked] == ["4QX-81K2"]
        assert "4QX-81K2" in text_of(marked[0])
        assert "Alder" not in text_of(tree.find("body/main"))
        assert not [section for section in tree.iter("section") if "px-space" in section.get("class", "")]

    def test_the_last_resort_needs_nothing_from_anybody(self) -> None:
        bare = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
        tree = assert_fit(bare.get_template("errors/500.html").render())
        assert "The fault is ours" in text_of(tree)

    def test_all_of_them_are_there(self) -> None:
        assert {name[:3] for name in ERRORS} == {
            "400",
            "401",
            "403",
            "404",
            "409",
            "413",
            "422",
            "429",
            "500",
        }
