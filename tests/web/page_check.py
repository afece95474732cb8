"""What must be true of every page: one answer with a sentence for each fault."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lxml import html

REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls")


def faults_of_page(page: str, *, shown_again: bool = False) -> list[str]:
    """`shown_again`: the page answers a form that had faults."""
    tree = html.fromstring(page)
    checks = (
        _beginning(page),
        _title(tree, shown_again),
        _names(tree),
        _ids(tree),
        _parts_in_the_page(tree),
        _forms(tree),
    )
    return [fault for check in checks for fault in check]


def _beginning(page: str) -> Iterator[str]:
    if not page.lstrip().startswith("<!DOCTYPE html>"):
        yield "no document type"
    if not re.search(r'<html lang="en-GB"', page):
        yield "no language"


def _title(tree: Any, shown_again: bool) -> Iterator[str]:
    headings = [_text(heading) for heading in tree.iter("h1")]
    title = tree.findtext(".//title") or ""
    if len(headings) != 1 or not headings[0]:
        yield f"{len(headings)} h1"
    elif not title.removeprefix("Error: ").startswith(f"{headings[0]} – Escalations"):
        yield f"title “{title}” does not start with the h1 “{headings[0]}”"
    if title.startswith("Error: ") != bool(tree.xpath("//*[contains(@class, 'govuk-error-summary__list')]")):
        yield "the title says “Error: ” exactly when there is an error summary"
    if shown_again and tree.xpath("//main//form//input[not(@type='hidden')]") and not title.startswith("Error: "):
        yield "a form with faults is shown without a summary of them"
    if len(list(tree.iter("main"))) != 1:
        yield "not exactly one main"
    levels = [
        int(heading.tag[1])
        for heading in tree.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")
        if "govuk-error-summary__title" not in heading.get("class", "")
    ]
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield f"a heading leaves out a level: {levels}"


def _names(tree: Any) -> Iterator[str]:
    labelled = {label.get("for") for label in tree.iter("label") if _text(label)}
    for element in tree.iter("input", "select", "textarea"):
        if element.get("type") != "hidden" and element.get("id") not in labelled and not element.get("aria-label"):
            yield f"{element.tag} {element.get('name')} has no label"
    for element in tree.iter("a", "button"):
        if not _text(element) and not element.get("aria-label"):
            yield f"{element.tag} without words"
    for element in tree.iter("fieldset"):
        if element.find(".//legend") is None:
            yield "fieldset without a legend"
    for element in tree.iter("img"):
        if element.get("alt") is None:
            yield "image without an alternative"


def _ids(tree: Any) -> Iterator[str]:
    ids = Counter(tree.xpath("//@id"))
    yield from (f"id {name} stands {count} times" for name, count in ids.items() if count > 1)
    for attribute in REFERENCES:
        for value in tree.xpath(f"//@{attribute}"):
            yield from (f"{attribute} names {name}, which is not there" for name in value.split() if name not in ids)
    for target in tree.xpath("//a/@href[starts-with(., '#')]"):
        if target[1:] not in ids:
            yield f"a link leads to {target}, which is not there"


def _parts_in_the_page(tree: Any) -> Iterator[str]:
    if list(tree.iter("style")) or tree.xpath("//@style"):
        yield "a style in the page"
    for script in tree.iter("script"):
        if not script.get("src") or (script.text or "").strip():
            yield "a script in the page"
    for element in tree.iter():
        if isinstance(element.tag, str):
            yield from (f"{name} on {element.tag}" for name in element.attrib if name.startswith("on"))
    yield from (f"address {value}" for value in tree.xpath("//@href | //@src") if value.startswith("javascript:"))
    for value in tree.xpath("//*[not(self::img)]/@src | //link/@href"):
        if not value.startswith("/static/"):
            yield f"asks for {value}"
    yield from (f"asks for {value}" for value in tree.xpath("//img/@src") if not re.match("/[^/]", value))
    yield from ("a picture that says nothing" for image in tree.iter("img") if not image.get("alt"))


def _forms(tree: Any) -> Iterator[str]:
    for form in tree.iter("form"):
        tokens = form.xpath(".//input[@type='hidden' and @name='csrf_token']/@value")
        if form.get("method") == "post" and (len(tokens) != 1 or not tokens[0]):
            yield "a form without its token"
    names = re.findall(r"\b(?:None|Undefined)\b(?! of)", " ".join(tree.xpath("//@value | //@class | //@href | //@id")))
    yield from (f"an attribute says {name}" for name in names)


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())
