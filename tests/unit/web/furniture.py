"""What the edge gives to every page, made up, and the checks each page must pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from jinja2 import Environment, FileSystemLoader

PORTAL = Path(__file__).parents[3] / "portal"
TEMPLATES = PORTAL / "templates"
OPEN_KINDS = {"supplier", "nlar_supplier"}


def environment() -> Environment:
    """The templates with the functions that the edge provides as globals, and no others."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    flashed = [("success", "Draft <saved>"), ("error", "Not sent")]
    made.globals.update(
        csrf_token=lambda: "token123",
        asset_url=lambda name: f"/static/{name}",
        get_flashed_messages=lambda with_categories=False: flashed,
    )
    return made


def nav(
    label: str, href: str, current: bool = False, count: int | None = None, words: str | None = None
) -> Any:
    """A NavItem as the edge makes it."""
    return SimpleNamespace(label=label, href=href, current=current, count=count, count_label=words)


def banner(kind: str = "members") -> Any:
    """A SpaceBanner as the edge makes it, in a group whose name needs escaping."""
    return SimpleNamespace(
        group_name="Alder & Co <user> group",
        group_href="/groups/alder/",
        monogram="A",
        accent="teal",
        kind=kind,
        icon="eye" if kind in OPEN_KINDS else "globe" if kind == "national" else "lock",
        sentence=[("Read by the group’s 14 authorities. ", False), ("Not the supplier.", True)],
        switch=[
            ("Members", "/groups/alder/forum/", True),
            ("With supplier", "/groups/alder/forum/?space=supplier", False),
        ],
        readers_href="/groups/alder/readers",
        sub_nav=[nav("Group home", "/groups/alder/"), nav("Forum", "/groups/alder/forum/", current=True)],
        archived=False,
        composer_sentence=[
            ("You are writing in ", False),
            ("members’ space", True),
            (". 14 authorities read it.", False),
        ],
    )


def context(**more: Any) -> dict[str, Any]:
    """What every page of a signed-in person gets."""
    return {
        "viewer": SimpleNamespace(
            name="Asha Fenn",
            organisation_short="Northmoor",
            organisation_name="Northmoor Council",
            is_administrator=False,
            organisation_kind="authority",
        ),
        "nav": [nav("Home", "/", current=True), nav("Updates", "/updates/", count=1, words="to acknowledge")],
        "bell": 3,
        "crumbs": [("Alder user group", "/groups/alder/"), ("Forum", "/groups/alder/forum/")],
        "csp_nonce": "nonce123",
        "demo": True,
        "reference": "4QX-81K2",
        **more,
    }


def parse(html: str) -> Element:
    """The tree of a whole page; raises on any parse error."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def fragment(env: Environment, source: str, **values: Any) -> str:
    """A component's output, inside a page so that it can be judged like one."""
    page = "<!DOCTYPE html><html lang=en><title>x</title><h1>x</h1><main>" + source + "</main></html>"
    return env.from_string(page).render(**values)


def text_of(element: Element) -> str:
    """Words of an element, whitespace evened out."""
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def labelled(tree: Element) -> Iterator[tuple[Element, bool]]:
    """Each control a person fills in or presses, and whether it has a name."""
    labels = {label.get("for") for label in tree.iter("label")}
    wrapped = {id(inner) for label in tree.iter("label") for inner in label.iter("input")}
    for control in tree.iter():
        if control.tag in ("input", "textarea", "select") and control.get("type") != "hidden":
            yield (
                control,
                control.get("id") in labels or id(control) in wrapped or bool(control.get("aria-label")),
            )
        elif control.tag in ("a", "button", "summary"):
            spoken = [part for part in control.iter() if part.get("aria-label")]
            yield control, bool(text_of(control) or spoken)


def assert_fit(html: str, headings: int = 1) -> Element:
    """The page is valid, has one h1, unique ids, named controls, and nothing the policy would refuse."""
    tree = parse(html)
    assert len(list(tree.iter("h1"))) == headings
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), f"an id twice: {ids}"
    for element in tree.iter():
        assert element.get("style") is None, f"style attribute on {element.tag}"
        assert not [name for name in element.attrib if isinstance(name, str) and name.startswith("on")]
        assert not (element.get("href") or "").startswith("javascript:")
        for pointing in ("aria-describedby", "aria-labelledby", "aria-controls"):
            for target in (element.get(pointing) or "").split():
                assert target in ids, f"{pointing} points at {target}, which is not there"
    for script in tree.iter("script"):
        assert script.get("src") and not text_of(script)
        assert script.get("nonce") == "nonce123"
    for control, named in labelled(tree):
        assert named, f"{control.tag} {control.attrib} has no name"
    return tree


def render_child(env: Environment, layout: str, body: str, **values: Any) -> str:
    """A page that extends ``layout``."""
    return env.from_string('{% extends "layouts/' + layout + '.html" %}' + body).render(**values)
