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


PAST = ("f-happened", "f-identified", "f-received", "f-told_on")
"""Questions about a day that has been."""


class FormFiller:
    """One person with a browser, filling in forms."""

    def __init__(self, visitor: Visitor, today: date, *, other_agency: str = "Social Care") -> None:
        self.visitor, self.today, self.other_agency = visitor, today, other_agency

    def send(self, path: str, **chosen: str) -> str:
        """Goes through the form at this address and sends it; the address of the receipt. `chosen` picks radios and people."""
        check = self.go_through(path, **chosen)
        key = html.fromstring(self.visitor.page).xpath("//main//input[@name='form_key']/@value")[0]
        sent = self.visitor.post(check, {"form_key": key})
        assert sent.status_code == 303, (check, html.fromstring(sent.text).xpath("//main")[0].text_content())
        return str(sent.location)

    def go_through(self, path: str, **chosen: str) -> str:
        """Answers every page of the form, and stops where the answers are checked: the address of that page."""
        home = self.visitor.get(path)
        assert home.status_code == 200, home.status
        page = html.fromstring(home.text).xpath("//main//a[contains(@class, 'govuk-button')]/@href")[0]
        for _ in range(30):
            answer = self.visitor.get(page)
            assert answer.status_code == 200, (page, answer.status)
            if page.endswith("/check"):
                return str(page)
            answer = self.visitor.post(page, self.answers(answer.text, chosen))
            assert answer.status_code == 303, (page, self.problems(answer.text))
            page = answer.location
        raise AssertionError("the form does not end")

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
