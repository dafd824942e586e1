"""Every component is valid HTML, labelled, escaped, and fit for a strict content security policy.
No application and no database: a macro gets what a feature's template would give it."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from jinja2 import Environment
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    FileField,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput

from tests.unit.web.furniture import (
    PORTAL,
    TEMPLATES,
    assert_fit,
    banner,
    environment,
    fragment,
    text_of,
)


@pytest.fixture(scope="module")
def env() -> Environment:
    """The templates by themselves."""
    return environment()


def choices(**labels: str) -> list[SelectChoice]:
    """Options by value."""
    return [SelectChoice(value=value, label=label) for value, label in labels.items()]


class IssueForm(Form):
    """One field of every kind the macros know."""

    key = HiddenField(default="k1")
    title = StringField(
        "What goes wrong?", [DataRequired("Say what goes wrong")], description="As a colleague would"
    )
    body = TextAreaField("What happens", [Length(max=5, message="Too long by “<b>a word</b>”")])
    secret = PasswordField("Password")
    kind = SelectField("Kind", choices=choices(issue="Issue", question="Question"))
    impact = RadioField(
        "How does it affect you?", choices=choices(blocks="It blocks work", minor="It is minor")
    )
    spaces = SelectMultipleField(
        "Spaces", choices=choices(members="Members", supplier="With supplier"), option_widget=CheckboxInput()
    )
    invented = BooleanField("These details are invented", [DataRequired("Say that the details are invented")])
    names = FieldList(StringField("Name", [Length(max=3, message="Name too long")]), min_entries=1)
    picture = FileField("Picture")


FORM = """{% import "components/forms.html" as forms %}
{{ forms.error_summary(form) }}
<form method="post" novalidate>{{ forms.hidden(form) }}{{ forms.csrf() }}
{{ forms.text_input(form.title, autocomplete="off", width=20) }}
{{ forms.textarea(form.body, hint="No child’s details") }}
{{ forms.password(form.secret) }}{{ forms.select(form.kind) }}
{{ forms.radios(form.impact, hints={"minor": "Annoying"}, disabled=["minor"]) }}
{{ forms.checkboxes(form.spaces) }}
{{ forms.checkbox(form.invented, hint="It is recorded") }}
{{ forms.file_upload(form.picture, accept=".png") }}
{% for entry in form.names %}{{ forms.text_input(entry) }}{% endfor %}
{{ forms.button("Raise issue with members") }}</form>"""


class TestForms:
    def test_every_kind_of_field_is_labelled(self, env: Environment) -> None:
        tree = assert_fit(fragment(env, FORM, form=IssueForm()))
        secret = next(element for element in tree.iter("input") if element.get("type") == "password")
        assert secret.get("autocomplete") == "current-password"
        hidden = {e.get("name"): e.get("value") for e in tree.iter("input") if e.get("type") == "hidden"}
        assert hidden == {"key": "k1", "csrf_token": "token123"}
        assert "There is a problem" not in text_of(tree)

    def test_a_rejected_form_links_to_its_fields_and_keeps_what_was_typed(self, env: Environment) -> None:
        typed = {"body": "</textarea><script>", "names-0": "far too long", "impact": "worst"}
        form = IssueForm(MultiDict(typed))
        assert not form.validate()
        tree = assert_fit(fragment(env, FORM, form=form))
        summary = next(e for e in tree.iter("div") if "govuk-error-summary" in e.get("class", "").split())
        links = {link.get("href"): text_of(link) for link in summary.iter("a")}
        assert links["#title"] == "Say what goes wrong"
        assert links["#body"] == "Too long by “<b>a word</b>”"
        assert links["#names-0"] == "Name too long"
        assert set(links) >= {"#impact-0", "#invented"}
        ids = {element.get("id") for element in tree.iter()}
        assert {href[1:] for href in links} <= ids
        assert next(tree.iter("textarea")).text.strip() == "</textarea><script>"
        title = next(element for element in tree.iter("input") if element.get("id") == "title")
        assert (
            title.get("aria-describedby") == "title-hint title-error" and title.get("aria-invalid") == "true"
        )

    def test_two_forms_on_a_page_share_no_id(self, env: Environment) -> None:
        source = '{% import "components/forms.html" as forms %}{{ forms.hidden(form) }}' * 2
        source += '{{ forms.post_button("/x", "Following", pressed=true, fields={"a": "1"}) }}'
        tree = assert_fit(fragment(env, source, form=IssueForm()))
        assert [button.get("aria-pressed") for button in tree.iter("button")] == ["true"]

    def test_a_button_that_cannot_be_pressed_says_why(self, env: Environment) -> None:
        source = '{% from "components/forms.html" import button %}'
        source += '{{ button("Vote", disabled_because="It is closed") }}'
        html = fragment(env, source)
        assert next(assert_fit(html).iter("button")).get("disabled") is not None
        assert "It is closed" in html


class TestComposer:
    SOURCE = """{% from "components/composer.html" import composer %}
{% call composer(banner, "/threads/12345678/posts", submit, value=value, errors=errors, attachments=true,
 draft_key="thread-12345678", saved="Draft saved 2:14pm", fields={"idempotency_key": "abc"}) %}
<p>As Asha Fenn</p>{% endcall %}"""

    def render(self, env: Environment, kind: str = "members", **values: Any) -> Element:
        values = {"submit": "Reply to members", "value": "", "errors": [], **values}
        return assert_fit(fragment(env, self.SOURCE, banner=banner(kind), **values))

    def test_it_sends_without_javascript_and_names_the_audience_twice(self, env: Environment) -> None:
        form = next(self.render(env).iter("form"))
        assert (form.get("method"), form.get("enctype")) == ("post", "multipart/form-data")
        names = {element.get("name") for element in form.iter() if element.get("name")}
        assert names == {"csrf_token", "idempotency_key", "body", "attachments"}
        send = [button for button in form.iter("button") if button.get("type") == "submit"]
        assert [text_of(button) for button in send] == ["Reply to members"]
        assert "You are writing in members’ space. 14 authorities read it." in text_of(form)

    def test_the_toolbar_waits_for_its_script(self, env: Environment) -> None:
        toolbar = next(
            element for element in self.render(env).iter("div") if element.get("role") == "toolbar"
        )
        assert toolbar.get("hidden") is not None

    def test_amber_where_the_supplier_reads(self, env: Environment) -> None:
        for kind in ("members", "supplier"):
            tree = self.render(env, kind)
            where = next(e for e in tree.iter("div") if "px-where" in e.get("class", "").split())
            assert ("px-where--open" in where.get("class").split()) == (kind == "supplier")

    def test_a_refused_text_comes_back_whole(self, env: Environment) -> None:
        tree = self.render(
            env, value="\n  born </textarea>", errors=["“19/07/2001” looks like a date of birth"]
        )
        area = next(tree.iter("textarea"))
        assert area.text == "\n  born </textarea>"
        assert area.get("aria-describedby") == "composer-error"


# name: (template, words a reader finds, markup that carries them)
COMPONENTS = {
    "icons": (
        """{% from "components/icons.html" import icon, mark, shapes %}{{ mark() }}
        {% for name in shapes %}{{ icon(name) }}{{ icon(name, name) }}{% endfor %}""",
        "",
        'role="img"',
    ),
    "tags": (
        """{% import "components/tags.html" as t %}{{ t.status_tag("fix_promised", "Fix promised", "7.2") }}
        {{ t.tag("Severity: high", "fail") }}{{ t.kind_tag("good-practice") }}
        {{ t.kind_tag("report", "Report") }}
        {{ t.supplier_label() }}{{ t.reads("eye", "Supplier reads") }}{{ t.official() }}
        {{ t.unread("3 new") }}{{ t.unread_dot(true) }}
        {{ t.count(3, "new") }}{{ t.chip("Open", "/?a=1&b=2") }}""",
        "Fix promised, release 7.2",
        "px-tag--promised",
    ),
    "monogram": (
        """{% import "components/monogram.html" as m %}
        {{ m.monogram("TH") }}{{ m.monogram("NM", "withheld") }}
        {{ m.person("Ruth Sandmoor", "Thornhithe", "TH", "Delegate") }}""",
        "Ruth Sandmoor",
        "px-mono--hidden",
    ),
    "bar": (
        """{% from "components/progress.html" import bar %}{{ bar(9, 14) }}{{ bar(0, 0, words=false) }}""",
        "9 of 14",
        'width="64.3%"',
    ),
    "stack": (
        """{% from "components/progress.html" import stack %}
        {{ stack([("a", 9, "live"), ("b", 3, "testing"), ("", 2, "waiting")], 14) }}""",
        "9 live, 3 testing, 2 waiting",
        'x="64.3%"',
    ),
    "passport": (
        """{% from "components/progress.html" import passport %}
        {{ passport([{"state": "done", "label": "Raised", "detail": "2 February"},
        {"state": "now", "label": "In message", "detail": "29 March,", "href": "/m", "link": "no. 12"},
        {"state": "todo", "label": "Verified", "detail": ""}]) }}""",
        "Raised2 February (done)",
        'aria-current="step"',
    ),
    "notice": (
        """{% from "components/notice.html" import notice, note %}
        {{ notice("Sent", "success") }}{{ note("Kept") }}
        {% call notice(kind="warning", title="Wait") %}<p>More</p>{% endcall %}""",
        "Sent",
        "px-notice--warning",
    ),
    "empty": (
        """{% from "components/empty.html" import empty %}
        {{ empty("No message yet", "A message puts …", "Draft one", "/d", "How it works", "/h") }}""",
        "No message yet",
        "px-empty",
    ),
    "lists": (
        """{% import "components/lists.html" as l %}{{ l.section_head("Releases", "r", "All", "/all") }}
        <ul class="px-rows">{{ l.row("TS-003", "/a", "version 3", "from Thornhithe", "8 use it") }}</ul>
        {{ l.facts([("Owner", "Ruth")]) }}
        {{ l.summary([{"term": "Name", "value": "Asha", "href": "/n"}]) }}
        {{ l.pages("/?after=x", "/", "10 of 25") }}{{ l.breadcrumbs([("Forum", "/f")]) }}""",
        "Change name",
        'rel="next"',
    ),
    "table": (
        """{% from "components/lists.html" import table %}
        {{ table([{"label": "Issue"}, {"label": "Points", "numeric": true}], [["Notes", 61]],
        "Open issues") }}""",
        "Open issues",
        'data-l="Points"',
    ),
    "live": (
        """{% import "components/live.html" as v %}{{ v.presence(["Northmoor"], "Castlemere is writing") }}
        {{ v.presence() }}{{ v.event_line("Escalated", "26 February") }}{{ v.new_line("New since") }}
        {{ v.new_posts_pill() }}{{ v.voice() }}""",
        "Here now: Northmoor",
        'aria-live="polite"',
    ),
}


class TestComponents:
    @pytest.mark.parametrize("name", COMPONENTS)
    def test_it_is_fit_and_says_its_words(self, env: Environment, name: str) -> None:
        source, words, markup = COMPONENTS[name]
        html = fragment(env, source)
        if name == "live":  # the pill's words come with the first new post
            html = html.replace("data-pill-words></span>", "data-pill-words>1 new post</span>")
        tree = assert_fit(html)
        assert words in text_of(tree) and markup in html

    def test_every_component_file_is_tried_here(self) -> None:
        tried = " ".join(source for source, _, _ in COMPONENTS.values()) + FORM + TestComposer.SOURCE
        files = {path.name for path in (TEMPLATES / "components").glob("*.html")} - {"text.html"}
        assert not {name for name in files if f"components/{name}" not in tried}

    def test_what_a_person_wrote_is_escaped_everywhere(self, env: Environment) -> None:
        bad = "<script>\"'"
        source = (
            '{% import "components/lists.html" as l %}{% import "components/tags.html" as t %}'
            '{% import "components/text.html" as x %}{% import "components/live.html" as v %}'
            "<ul>{{ l.row(bad, bad, bad, bad) }}"
            "</ul>{{ t.status_tag(bad, bad, bad) }}{{ t.kind_tag(bad) }}"
            "{{ x.pieces([(bad, true)]) }}{{ x.pieces(bad) }}"
            "{{ v.event_line(bad, bad) }}{{ l.facts([(bad, bad)]) }}{{ l.breadcrumbs([(bad, bad)]) }}"
        )
        tree = assert_fit(fragment(env, source, bad=bad))
        assert not list(tree.iter("script"))


class TestSources:
    def test_no_template_of_any_feature_carries_style_or_handler(self) -> None:
        forbidden = re.compile(
            r"\sstyle=|\son(click|load|submit|change|error|input|focus|key\w+)=|javascript:|<style"
        )
        found = [
            str(path.relative_to(PORTAL))
            for path in PORTAL.rglob("*.html")
            if path.name != "_mail.html"  # a mail is no page of ours: it can ask for no style sheet
            and forbidden.search(path.read_text("utf-8"))
        ]
        assert not found

    def test_styles_ask_no_other_host_and_no_data_address(self) -> None:
        for path in (PORTAL / "static" / "css").glob("*.css"):
            assert not re.search(r"url\(|@import|https?:", path.read_text("utf-8")), path.name

    def test_every_class_of_ours_in_a_layout_or_component_is_drawn(self) -> None:
        drawn = "".join(path.read_text("utf-8") for path in (PORTAL / "static" / "css").glob("*.css"))
        unknown = set()
        for folder in ("layouts", "components", "errors"):
            for path in (TEMPLATES / folder).glob("*.html"):
                for name in re.findall(
                    r"px-[a-z0-9]+(?:(?:__|--|-)[a-z0-9]+)*(?![\w-]*['\"]? ~)", path.read_text("utf-8")
                ):
                    if f".{name}" not in drawn:
                        unknown.add(name)
        assert not unknown - {"px-icon"}

    def test_the_script_for_every_page_is_small(self) -> None:
        assert (PORTAL / "static" / "js" / "modules" / "page.js").stat().st_size < 6144
