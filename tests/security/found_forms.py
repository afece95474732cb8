"""Every form of the service as those find it for whom it opens: by following links from where they begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from lxml import html
from sqlalchemy import delete
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, TestResponse

from forms_app.db.tables import Allowance
from forms_app.domain.working_days import uk_date
from tests.journeys.form_filler import FormFiller
from tests.security.land import SERVICE_URL, Land, Told

BEGINNINGS = ("/", "/escalations", "/register", "/register/today", "/people", "/agencies", "/contacts", "/roles", "/keeping", "/layouts",
              "/mail-domains", "/numbers", "/trail", "/your-sessions", "/your-emails", "/documents", "/check",
              "/your-second-step", "/sign-in")  # fmt: skip
LADDER = ("escalations.form_page", "escalations.new_page", "escalations.beside_page", "escalations.correction_page")
"""Forms of several pages, in which one page leads to the next."""
NOT_FOLLOWED = ("static", "proof.bundle", "proof.board_bundle", "leaving.leave", "layouts.starter", "layouts.fields",
                "layouts.sample", "calendars.everything", "calendars.meeting")  # fmt: skip
PRINCIPALS = ("nobody", "raiser", "responding", "board side", "agency administrator", "its lead", "business unit", "chair",
              "auditor", "analyst")  # fmt: skip
WORDS = ("textarea", "text", "email", "tel", "search", "number", "password")


@dataclass(frozen=True)
class Input:
    name: str
    kind: str
    values: tuple[str, ...]
    """What it can come with: the choices, or what stands in it."""


@dataclass(frozen=True)
class FoundForm:
    who: str
    person: UUID | None
    page: str
    action: str
    endpoint: str
    is_get: bool
    inputs: tuple[Input, ...]
    answers: dict[str, Any] = field(compare=False, hash=False)
    """What somebody might send with it."""

    @property
    def shape(self) -> tuple[Any, ...]:
        """What makes it another form than the next."""
        return self.endpoint, self.is_get, tuple(each.name for each in self.inputs if each.kind != "hidden")

    @property
    def words(self) -> list[Input]:
        return [each for each in self.inputs if each.kind in WORDS]


class Explorer:
    """Browses as several people, each with a session of their own."""

    def __init__(self, land: Land) -> None:
        self.land = land
        self.browser = Client(land.app, use_cookies=False)
        self.adapter = land.app.url_map.bind("escalations.example")
        self.filler = FormFiller(None, uk_date(land.clock.now))  # type: ignore[arg-type]  # asked for answers alone
        self.cookies: dict[UUID | None, str] = {}
        self.pages = 0

    def forms(self, told: Told) -> list[FoundForm]:
        """All that these people find around one escalation and at its Board, each shape of form once."""
        found: dict[tuple[Any, ...], FoundForm] = {}
        for who in PRINCIPALS:
            for form in self._forms_of(who, told):
                found.setdefault(form.shape, form)
        return list(found.values())

    def _forms_of(self, who: str, told: Told) -> Iterator[FoundForm]:
        person = told.who[who]
        if person is None and who != "nobody":
            return
        met: set[Any] = set()
        waiting = deque([*BEGINNINGS, f"/escalations/{told.id}"])
        while waiting:
            path = waiting.popleft()
            key = self._key(path, told)
            if key is None or key in met:
                continue
            met.add(key)
            answer = self.ask("GET", path, person)
            self.pages += 1
            assert answer.status_code < 500, (who, path, answer.status)
            if answer.status_code in (302, 303):
                waiting.append(answer.location)
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            tree = html.fromstring(answer.text)
            waiting.extend(str(link) for link in tree.xpath("//main//a/@href | //header//a/@href | //nav//a/@href"))
            for form in self._on(tree, who, person, path):
                yield form
                if form.endpoint in LADDER and not path.endswith(("/check", "/delete")) and not form.is_get:
                    onward = self.ask("POST", form.action, person, form.answers)
                    waiting.append(onward.location or path)

    def _key(self, path: str, told: Told) -> Any:
        """What makes a page another one: not which of several people or documents it is about."""
        if not path.startswith("/") or path.startswith("//"):
            return None
        try:
            endpoint, values = self.adapter.match(urlsplit(path).path, method="GET")
        except HTTPException:
            return None
        if endpoint in NOT_FOLLOWED or "download" in endpoint or values.get("escalation_id", told.id) != told.id:
            return None
        return endpoint, tuple(str(value) for value in values.values() if not isinstance(value, UUID))

    def _on(self, tree: Any, who: str, person: UUID | None, path: str) -> Iterator[FoundForm]:
        for form in tree.xpath("//form"):
            action, is_get = str(form.get("action") or path), form.get("method", "get").lower() == "get"
            try:
                endpoint = str(self.adapter.match(urlsplit(action).path, method="GET" if is_get else "POST")[0])
            except HTTPException:
                continue
            inputs = tuple(_inputs(form))
            yield FoundForm(who, person, path, action, endpoint, is_get, inputs, self._answers(form, inputs))

    def _answers(self, form: Any, inputs: tuple[Input, ...]) -> dict[str, Any]:
        given: dict[str, Any] = {each.name: each.values[0] for each in inputs if each.kind == "hidden" and each.values}
        for name, value in self.filler._answers(form, {}):
            if name:
                given.setdefault(name, value)
        for each in inputs:
            if each.kind in WORDS and each.name not in given:
                given[each.name] = each.values[0] if each.values and each.values[0] else "Invented words"
        pressed = form.xpath(".//button[@name][not(@name='remove')][not(@name='add')][not(@name='discard')]")
        for button in pressed[:1]:
            given[button.get("name")] = button.get("value")
        return given

    # --- asking

    def ask(self, method: str, path: str, person: UUID | None, form: dict[str, Any] | None = None) -> TestResponse:
        headers = {"Cookie": self.cookie(person), "Sec-Fetch-Site": "same-origin", "Origin": SERVICE_URL}
        return self.browser.open(
            path, method=method, base_url=SERVICE_URL, headers=headers, data=form, follow_redirects=False, buffered=True
        )

    def cookie(self, person: UUID | None) -> str:
        if person not in self.cookies:
            self.cookies[person] = self.land.session_of(person)
        return f"session={self.cookies[person]}"

    def begin_anew(self, person: UUID | None) -> None:
        """Another session, and nothing counted against anybody."""
        self.cookies.pop(person, None)
        with self.land.workshop.writing() as work:
            work.session.execute(delete(Allowance))


def _inputs(form: Any) -> Iterator[Input]:
    for name in dict.fromkeys(form.xpath(".//input/@name | .//textarea/@name | .//select/@name")):
        boxes = form.xpath(f".//*[self::input or self::textarea or self::select][@name='{name}']")
        first = boxes[0]
        kind = str(first.get("type", "text")) if first.tag == "input" else str(first.tag)
        if kind == "select":
            values = [str(value) for value in first.xpath(".//option/@value")]
        elif kind == "textarea":
            values = [str(first.text or "")]
        else:
            values = [str(box.get("value") or "") for box in boxes]
        yield Input(str(name), kind, tuple(values))
