"""Fills in whatever questions a page asks, as a person would who answers all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from lxml import html

from tests.web.visitor import Visitor

CANARIES = ("Zebedee Quillfeather", "Ŵyn Brambleby-Ŷates", "17 Thistledown Passage")
"""Invented names that stand nowhere else: they are typed into every field."""
LOOKED_FOR = ("Zebedee", "Quillfeather", "Brambleby", "Ŷates", "Thistledown")
"""Parts of them, looked for in all that leaves."""
TYPED = f"{CANARIES[0]} of {CANARIES[2]} & <{CANARIES[1]}> had bruises.\nSeen at 2 > 1 {{{{ times }}}} {{% twice %}}."


STRANGE = "She said 王 twice."
"""Typed into every field before the answer: our fonts have no such letter."""
REFUSED = "In line 1, after “said”, the character “王” cannot be printed. Write it in Latin letters."

MET: set[tuple[str, ...]] = set()
"""The pages at which it was typed already: by their questions."""

PAST = ("f-happened", "f-identified", "f-received", "f-told_on", "f-paper_on")
"""Questions about a day that has been."""


class FormFiller:
    """One person with a browser, filling in forms."""

    def __init__(self, visitor: Visitor, today: date, *, other_agency: str = "Social Care") -> None:
        self.visitor, self.today, self.other_agency = visitor, today, other_agency

    def send(self, path: str, *, all_pages: bool = False, **chosen: str) -> str:
        """Goes through the form at this address and sends it; the address of the receipt. `chosen` picks radios and people."""
        check = self.go_through(path, all_pages=all_pages, **chosen)
        key = html.fromstring(self.visitor.page).xpath("//main//input[@name='form_key']/@value")[0]
        sent = self.visitor.post(check, {"form_key": key})
        assert sent.status_code == 303, (check, html.fromstring(sent.text).xpath("//main")[0].text_content())
        return str(sent.location)

    def go_through(self, path: str, *, all_pages: bool = False, **chosen: str) -> str:
        """Answers every page of the form, and stops where the answers are checked: the address of that page.

        With `all_pages` also the page that nobody has to open.
        """
        home = self.visitor.get(path)
        assert home.status_code == 200, home.status
        page = html.fromstring(home.text).xpath("//main//a[contains(@class, 'govuk-button')]/@href")[0]
        for _ in range(30):
            answer = self.visitor.get(page)
            assert answer.status_code == 200, (page, answer.status)
            if page.endswith("/check") and not all_pages:
                return str(page)
            if page.endswith("/check"):
                page, all_pages = self._not_opened(path), False
                continue
            self.meets_unprintable(page, answer.text, chosen)
            answer = self.visitor.post(page, self.answers(self.visitor.get(page).text, chosen))
            assert answer.status_code == 303, (page, self.problems(answer.text))
            page = answer.location
        raise AssertionError("the form does not end")

    def meets_unprintable(self, path: str, page: str, chosen: dict[str, str]) -> None:
        """Every field for words says beside it which character cannot be printed, and keeps what was typed."""
        main = html.fromstring(page).xpath("//main")[0]
        questions = tuple(" ".join(each.text_content().split()) for each in main.xpath(".//h1 | .//label | .//legend"))
        if questions in MET:
            return
        MET.add(questions)
        for choice in [{}, *revealing(main)]:
            given = {**self.answers(page, chosen), **choice}
            fields = [name for name in for_words(main) if is_shown(main, name, choice)]
            if not fields:
                continue
            answer = self.visitor.post(path, {**given, **dict.fromkeys(fields, STRANGE)})
            again = html.fromstring(answer.text)
            assert answer.status_code == 422, (path, fields)
            for name in fields:
                field = again.xpath(f"//*[@name='{name}']")[0]
                beside = again.xpath(f"//*[@id='{field.get('id')}-error']")
                assert beside, (path, name)
                assert REFUSED in " ".join(beside[0].text_content().split()), (path, name)
                assert STRANGE in (field.get("value") or field.text), (path, name)

    def _not_opened(self, path: str) -> str:
        left = "//li[contains(@class, 'govuk-task-list__item')][contains(., 'Optional')]//a/@href"
        return str(html.fromstring(self.visitor.get(path).text).xpath(left)[0])

    def problems(self, page: str) -> list[str]:
        found = html.fromstring(page).xpath("//*[contains(@class, 'govuk-error-summary')]//li")
        return [" ".join(item.text_content().split()) for item in found] or [page[:200]]

    def answers(self, page: str, chosen: dict[str, str]) -> dict[str, Any]:
        main = html.fromstring(page).xpath("//main")[0]
        filled: dict[str, Any] = {"seen": main.xpath(".//input[@name='seen']/@value")[0]}
        for name, value in self._answers(main, chosen):
            filled.setdefault(name, []).append(value)
        return filled

    def _answers(self, main: Any, chosen: dict[str, str]) -> Iterator[tuple[str, str]]:
        for area in main.xpath(".//textarea"):
            yield area.get("name"), TYPED
        for box in main.xpath(".//input[@type='text']"):
            yield box.get("name"), self._line(box.get("name"))
        for name in dict.fromkeys(main.xpath(".//input[@type='radio']/@name")):
            options = main.xpath(f".//input[@type='radio'][@name='{name}']/@value")
            yield name, chosen.get(name, options[0])
        for name in dict.fromkeys(main.xpath(".//input[@type='checkbox']/@name")):
            yield name, self._tick(main, name)
        for chooser in main.xpath(".//select"):
            people = chooser.xpath(".//option[@value != '']/@value")
            if people and not chooser.get("name").startswith("f-others"):
                yield chooser.get("name"), chosen.get(chooser.get("name"), people[0])

    def _line(self, name: str) -> str:
        day = self.today if name.startswith((*PAST, "f-protect_by")) else self.today + timedelta(14)
        for part in ("day", "month", "year"):
            if name.endswith(f"-{part}"):
                return str(getattr(day, part))
        return "midnight" if name == "f-time" else CANARIES[0]

    def _tick(self, main: Any, name: str) -> str:
        options = main.xpath(f".//input[@type='checkbox'][@name='{name}']")
        if name == "f-agencies":
            for option in options:
                label = main.xpath(f".//label[@for='{option.get('id')}']")[0].text_content()
                if self.other_agency in label:
                    return str(option.get("value"))
        return str(options[0].get("value"))


def for_words(main: Any) -> list[str]:
    """The names of the fields into which somebody writes words, and no dates or times."""
    boxes = main.xpath(".//textarea | .//input[@type='text'][not(contains(@class, 'govuk-date-input__input'))]")
    return [box.get("name") for box in boxes if not box.get("name").endswith("f-time")]


def revealing(main: Any) -> list[dict[str, str]]:
    """Each choice that shows further fields."""
    return [{box.get("name"): box.get("value")} for box in main.xpath(".//input[@data-aria-controls]")]


def is_shown(main: Any, name: str, choice: dict[str, str]) -> bool:
    """Whether a field is asked with this choice; the others belong to no choice."""
    inside = main.xpath(f".//*[@name='{name}']/ancestor::*[contains(@class, '__conditional')][1]/@id")
    shown = [
        box.get("data-aria-controls")
        for box_name, value in choice.items()
        for box in main.xpath(f".//input[@name='{box_name}'][@value='{value}']")
    ]
    return inside == shown
