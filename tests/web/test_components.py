"""The components of templates/components, over the fields of our forms."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from jinja2 import UndefinedError
from lxml import html
from wtforms import Form

from forms_app.domain.access import May
from forms_app.domain.text import everything_prints
from forms_app.forms.fields import Day, Pick, PickFromList, Picks, Rows, Ticked, Words
from forms_app.web.access import open_to
from forms_app.web.rendering import show
from tests.web.conftest import Site
from tests.web.visitor import Visitor

PAGE = """
{% extends "layout/page.html" %}
{% from "components/forms.html" import first_submit, post_form, question, submit %}
{% set heading = "Every kind of question" %}
{% block content %}
  {% call post_form() %}
    {{ first_submit() }}
    {% for field in form %}{{ question(field) }}{% endfor %}
    {{ submit() }}
  {% endcall %}
{% endblock %}
"""
LINES = "\nFirst line\n    four spaces < & > \" '\n\nlast </textarea>\n"


class ActionRow(Form):
    what = Words("What will be done", lines=True, limit=2000, unprintable=everything_prints)
    by_when = Day("By when")


class Everything(Form):
    name = Words("Your name", hint="As in your email", unprintable=everything_prints)
    account = Words("What happened?", lines=True, limit=500, required=False, unprintable=everything_prints)
    kind = Pick("What kind?", choices=[("a", "First"), ("b", "Second")], hints={"b": "The other one"})
    reasons = Picks("Which reasons?", choices=[("x", "Time"), ("y", "Money")], required=False)
    person = PickFromList("Who?", groups={"Health": [("1", "Ada"), ("2", "Bella")], "Police": [("3", "Cyril")]})
    sure = Ticked("Confirm", statement="I have told my manager", otherwise="Tell your manager first")
    on = Day("When was it?", hint="For example, 27 3 2027", latest=date(2027, 3, 1))
    actions = Rows("Agreed actions", row=ActionRow, each="Action")


GOOD = {
    "name": "Ada <Invented>",
    "account": LINES.replace("\n", "\r\n"),
    "kind": "b",
    "reasons": ["x", "y"],
    "person": "3",
    "sure": "confirmed",
    "on-day": "1",
    "on-month": "3",
    "on-year": "2027",
    "actions-0-what": "Call",
    "actions-0-by_when-day": "2",
    "actions-0-by_when-month": "3",
    "actions-0-by_when-year": "2027",
    "actions-1-what": "Write",
    "actions-1-by_when-day": "",
    "actions-1-by_when-month": "13",
    "actions-1-by_when-year": "2027",
}


@pytest.fixture
def gallery(site: Site, add_page: Any) -> Visitor:
    def view() -> Any:
        form = Everything(request.form)
        if request.method == "POST":
            form.validate()
        return render_template_string(PAGE, form=form), 422 if form.errors else 200

    add_page(site, "/gallery", open_to(May.SEE_PUBLIC_PAGES)(view), methods=("GET", "POST"))
    return site.visitor()


def test_an_empty_form_is_a_good_page(gallery: Visitor) -> None:
    page = gallery.get("/gallery").text

    assert "What happened? (optional)" in page
    assert "You can enter up to 500 characters" in page


def test_every_fault_leads_to_its_input(gallery: Visitor) -> None:
    gallery.get("/gallery")

    tree = html.fromstring(gallery.post("/gallery", {"actions-0-what": "Call"}).text)

    assert tree.findtext(".//title") == "Error: Every kind of question – Escalations"
    links = tree.xpath("//ul[contains(@class, 'govuk-error-summary__list')]//a/@href")
    assert links == ["#name", "#kind", "#person", "#sure", "#on-day", "#actions-0-by_when-day"]
    assert all(tree.xpath(f"//*[self::input or self::select][@id='{link[1:]}']") for link in links)
    assert "Action 1: Enter the date for “By when”" in tree.text_content()


def test_what_was_typed_is_shown_again_to_the_letter(gallery: Visitor) -> None:
    gallery.get("/gallery")

    tree = html.fromstring(gallery.post("/gallery", GOOD).text)

    shown = dict(tree.xpath("//main//form")[0].form_values())
    assert shown["name"] == "Ada <Invented>"
    # lxml keeps the line break after the tag that a browser drops.
    assert tree.xpath("//textarea[@id='account']")[0].text == f"\n{LINES}"
    assert (shown["kind"], shown["person"], shown["sure"]) == ("b", "3", "confirmed")
    assert tree.xpath("//input[@name='reasons' and @checked]/@value") == ["x", "y"]
    assert (shown["on-day"], shown["on-month"], shown["on-year"]) == ("1", "3", "2027")
    assert (shown["actions-0-what"].strip(), shown["actions-1-by_when-month"]) == ("Call", "13")


def test_text_that_was_refused_is_shown_again_too(gallery: Visitor) -> None:
    gallery.get("/gallery")

    page = gallery.post("/gallery", {**GOOD, "account": "x" * 501, "on-day": "31", "on-month": "2"}).text

    assert "x" * 501 in page
    assert 'value="31"' in page
    assert "Enter a real date" in page


def test_a_row_can_be_added_and_removed_and_enter_does_neither(gallery: Visitor) -> None:
    gallery.get("/gallery")

    tree = html.fromstring(gallery.post("/gallery", GOOD).text)

    buttons = [(button.get("name"), button.get("value")) for button in tree.xpath("//main//form//button")]
    assert buttons == [
        ("continue", "continue"),
        ("remove", "actions-0"),
        ("remove", "actions-1"),
        ("add", "actions"),
        (None, None),
    ]


def test_a_name_that_nobody_gave_a_template_is_an_error(site: Site) -> None:
    with site.app.test_request_context("/", base_url="http://escalations.example"), pytest.raises(UndefinedError):
        render_template_string("{{ nobody_gave_this }}")


def test_what_people_wrote_is_escaped_and_keeps_its_lines(site: Site) -> None:
    page = shown_by(
        site.app,
        '{% from "components/answers.html" import answers, typed_text %}{{ typed_text(text) }}'
        '{{ answers([{"question": "Q", "answer": text, "change": "/change", "what": "the question"},'
        ' {"question": "R", "answer": ["one", "<two>"]}, {"question": "S", "answer": none}]) }}',
        text="<b>one</b>\ntwo",
    )

    assert page.count("&lt;b&gt;one&lt;/b&gt;\ntwo") == 2
    assert "&lt;two&gt;" in page
    assert "Not answered" in page
    assert "<b>" not in page
    assert page.count("app-typed-text") == 4


def test_a_table_scrolls_in_a_region_that_takes_the_focus(site: Site) -> None:
    page = shown_by(
        site.app,
        '{% from "components/tables.html" import cell, head_cell, table %}'
        '{% call table("Register", ["Reference", "Stage"], id="register") %}'
        '<tr class="govuk-table__row">{{ head_cell("INV-1") }}{{ cell("<2>") }}</tr>{% endcall %}',
    )

    region = html.fromstring(page)
    assert (region.get("role"), region.get("tabindex"), region.get("aria-labelledby")) == (
        "region",
        "0",
        "register-caption",
    )
    assert "&lt;2&gt;" in page


def test_tasks_tags_and_notices_escape_what_they_are_given(site: Site) -> None:
    page = shown_by(
        site.app,
        '{% from "components/tasks.html" import tag, tasks %}'
        '{% from "components/notices.html" import danger, inset, warning %}'
        '{{ tasks([{"title": text, "href": "/x", "status": "Not started", "colour": "blue", "hint": text},'
        ' {"title": text, "status": text}]) }}{{ tag(text, "red") }}{{ warning(text) }}'
        "{% call inset() %}{{ text }}{% endcall %}{% call danger(text) %}{{ text }}{% endcall %}",
        text="<i>",
    )

    assert "<i>" not in page
    assert page.count("&lt;i&gt;") == 10


def shown_by(app: Flask, source: str, **context: Any) -> str:
    with app.test_request_context("/", base_url="http://escalations.example"):
        return render_template_string(source, **context)


def test_a_page_with_faults_answers_422(site: Site) -> None:
    form = Everything(None)
    form.validate()

    with site.app.test_request_context("/", base_url="http://escalations.example"):
        page, status = show("sign_in/link_refused.html", form)

    assert status == 422
    assert "<title>Error: " in page
