"""One person with a real browser, who looks at every page that is new: with axe, on a narrow screen, at its heading and title."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyotp
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Response

from tests.conftest import watched
from tests.journeys.form_filler import CANARIES, TYPED
from tests.journeys.town import text_of
from tests.smtp import Received, SmtpServer

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 800}
AXE = Axe()
AXE_OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    },
    "rules": {"target-size": {"enabled": True}},  # WCAG 2.2 AA, and off unless it is asked for
    "resultTypes": ["violations"],
}
NARROW_OPTIONS = {
    "runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "color-contrast"]}
}
"""What can be otherwise on a narrow screen."""
TOLERATED = ("aria-allowed-attr", "govuk-radios__input", "aria-expanded")
"""GOV.UK Frontend says by it that an answer brings up a question. ARIA does not provide for that on radios, but it is read out."""
PAUSE_SECONDS = 0.05
MOST_TABS = 80
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/link/)[^/]+")
"""What differs between two pages of one kind: ids, and the token of a link."""
WHAT_IS_SHOWN = """() => ({
  headings: [...document.querySelectorAll('h1')].map(each => each.innerText.trim()),
  title: document.title,
  fields: [...new Set([...document.querySelectorAll('main [name]')].map(each => each.name))],
  problems: document.querySelectorAll('.govuk-error-summary').length,
})"""
QUESTIONS = """() => [...document.querySelectorAll('main form :is(input, textarea, select)')]
  .filter(each => each.type != 'hidden' && each.offsetParent !== null)
  .map(each => ({
    id: each.id, name: each.name, kind: each.type, value: each.value,
    given: !!document.querySelector(`[name="${CSS.escape(each.name)}"]:checked`),
    label: each.labels.length ? each.labels[0].innerText : '',
    options: [...each.options || []].filter(one => one.value).map(one => one.label),
  }))"""
"""Every question that can be seen, in its order."""


@dataclass
class Looked:
    """Which pages were looked at, by everybody together."""

    pages: set[str] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)
    tolerated: int = 0

    def is_new(self, page: str, status: int) -> bool:
        before = len(self.pages)
        self.pages.add(f"{status} {page}")
        self.statuses.add(status)
        return len(self.pages) > before


@dataclass
class App:
    """An authenticator app. The service takes each of its codes once, and those of a half minute before and after too."""

    key: str
    last: int = 0

    def next_code(self) -> str:
        now = int(time.time()) // 30
        self.last = max(self.last + 1, now - 1)
        until(lambda: int(time.time()) // 30 >= self.last - 1, seconds=40)
        return pyotp.HOTP(self.key).at(self.last)


@dataclass
class Somebody:
    page: Page
    url: str
    smtp: SmtpServer
    looked: Looked
    today: date
    has_script: bool = True
    apps: dict[str, App] = field(default_factory=dict)
    """The authenticator apps of everybody who had to set one up, by their addresses."""
    status: int = 0
    """Of the page that is shown."""

    # --- going about

    def open(self, path: str) -> None:
        self._see(self.page.goto(path if path.startswith("http") else f"{self.url}{path}"))

    def press(self, words: str) -> None:
        """The button or the link with these words, which leads to another page."""
        self.go_by(self.button(words))

    def go_by(self, locator: Locator) -> None:
        with self.page.expect_navigation() as going:
            locator.click()
        self._see(going.value)

    def go_by_key(self, key: str) -> None:
        with self.page.expect_navigation() as going:
            self.page.keyboard.press(key)
        self._see(going.value)

    def go_back(self) -> None:
        self._see(self.page.go_back())

    def reload(self) -> None:
        self._see(self.page.reload())

    def button(self, words: str) -> Locator:
        pressed = re.compile(rf"^\s*{re.escape(words)}")
        found = self.main.get_by_role("button", name=pressed).or_(self.main.get_by_role("link", name=pressed))
        return found.and_(self.page.locator(":not([aria-hidden=true])")).first

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def shown(self) -> str:
        return self.main.inner_text()

    # --- looking

    def _see(self, answer: Response | None) -> None:
        assert answer is not None, "another page was opened"
        self.status = answer.status
        self.look()

    def look(self) -> None:
        """What must be true of every page; what takes long only where no such page was looked at before."""
        shown = self.page.evaluate(WHAT_IS_SHOWN)
        assert len(shown["headings"]) == 1, (self.path, shown)
        heading = " ".join(shown["headings"][0].split())
        beginning = "Error: " if shown["problems"] else ""
        assert shown["title"].startswith(f"{beginning}{heading} – Escalations"), (self.path, shown)
        kind = CHANGING.sub("*", json.dumps([self.path, heading, *shown["fields"]]))
        if self.looked.is_new(kind, self.status):
            self.look_closely()

    def look_closely(self) -> None:
        with self._with_script() as page:
            self._judge(AXE.run(page, options=AXE_OPTIONS))
            page.set_viewport_size(NARROW)
            self._judge(AxeResults(page.evaluate("options => axe.run(options)", NARROW_OPTIONS)))
        self.page.set_viewport_size(NARROW)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW["width"], f"{self.path} is {width} pixels wide on a narrow screen"
        self.page.set_viewport_size(WIDE)

    @contextmanager
    def _with_script(self) -> Iterator[Page]:
        """The page in a browser in which axe can run: it waits for timers, which stand still where scripts are off."""
        if self.has_script:
            yield self.page
            return
        own = self.page.context
        assert own.browser is not None
        context = own.browser.new_context(storage_state=own.storage_state())
        page = context.new_page()
        page.goto(self.page.url)
        yield page
        context.close()

    def _judge(self, found: AxeResults) -> None:
        violations = found.response["violations"]
        for rule in violations:
            kept = [node for node in rule["nodes"] if not is_tolerated(rule["id"], node)]
            self.looked.tolerated += len(rule["nodes"]) - len(kept)
            rule["nodes"] = kept
        assert not any(rule["nodes"] for rule in violations), f"{self.path}: {found.generate_report()}"

    # --- the keyboard

    def tab_to(self, locator: Locator) -> None:
        """Presses Tab until this has the focus, as somebody does who has no mouse."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.has_focus(locator):
                return
        raise AssertionError(f"{locator} cannot be reached by the keyboard on {self.path}")

    def has_focus(self, locator: Locator) -> bool:
        return bool(locator.evaluate("one => one === document.activeElement"))

    # --- forms

    def send(self, path: str, *, naming: str = "") -> None:
        """Goes through the form at this address and sends it; names this person wherever they are listed."""
        self.begin(path)
        self.go_on_to("check", naming=naming)
        self.press("Send")
        assert "/sent/" in self.path, self.shown

    def begin(self, path: str) -> None:
        self.open(path)
        self.go_by(self.main.locator("a.govuk-button"))

    def go_on_to(self, page_id: str, *, naming: str = "") -> None:
        """Answers page after page until this one is shown."""
        for _ in range(20):
            if self.path.endswith(f"/{page_id}"):
                return
            before = self.path
            self.answer(naming=naming)
            self.press("Save and continue")
            assert self.path != before, self.shown
        raise AssertionError(f"{page_id} does not come")

    def answer(self, *, naming: str = "") -> None:
        """Answers every question of the page that can be seen and has no answer yet, also what an answer brings up."""
        done: set[str] = set()
        for _ in range(2):
            for question in self.page.evaluate(QUESTIONS):
                name = question["name"] if question["kind"] == "radio" else question["id"]
                if name not in done:
                    self._answer(question, naming)
                    done.add(name)

    def _answer(self, question: Mapping[str, Any], naming: str) -> None:
        locator = self.page.locator(f"[id='{question['id']}']")
        match question["kind"]:
            case "radio":
                if not question["given"]:
                    locator.check()
            case "checkbox":
                if question["name"] != "f-agencies" or "Social Care" in question["label"]:
                    locator.check()
            case "select-one":
                if question["options"] and not question["name"].startswith("f-others"):
                    named = [option for option in question["options"] if naming and naming in option]
                    locator.select_option(label=[*named, question["options"][0]][0])
            case kind:
                if not question["value"]:
                    locator.fill(TYPED if kind == "textarea" else self._line(question["name"]))

    def _line(self, name: str) -> str:
        earlier = name.startswith(("f-happened", "f-identified", "f-received", "f-protect_by", "q-"))
        day = self.today if earlier else self.today + timedelta(14)
        part = name.rpartition("-")[2]
        return str(getattr(day, part)) if part in {"day", "month", "year"} else CANARIES[0]

    # --- signing in

    def sign_in(self, email: str) -> None:
        """By the code that really came."""
        self._ask(email)
        code = re.search(r"\b\d{6}\b", text_of(self.newest(email)))
        assert code is not None, "the email has a code"
        self.page.get_by_label("Code from the email").fill(code[0])
        self.press("Sign in")
        if self.heading == "Second steps":
            self._set_up_app(email)
        elif self.heading == "Prove that it is you":
            self.page.get_by_label("6-digit code from your authenticator app").fill(self.apps[email].next_code())
            self.press("Continue")

    def _set_up_app(self, email: str) -> None:
        """As somebody does who must have a second step before anything else opens."""
        self.press("Set up an authenticator app")
        self.apps[email] = App(self.main.locator(".app-code").inner_text().replace(" ", ""))
        self.page.get_by_label("6-digit code that the app shows").fill(self.apps[email].next_code())
        self.press("Finish")
        self.press("Show me 10 recovery codes")
        assert self.main.locator("li").count() == 10
        self.press("I have kept them")

    def sign_in_by_link(self, email: str) -> None:
        self._ask(email)
        link = re.search(r"http\S+/sign-in/link/\S+", text_of(self.newest(email)))
        assert link is not None, "the email has a link"
        self.open(link[0])
        self.open(link[0])
        self.press("Sign in")

    def sign_out(self) -> None:
        self.go_by(self.page.get_by_role("button", name="Sign out"))

    def _ask(self, email: str) -> None:
        before = len(self.smtp.sent_to(email))
        self.open("/sign-in")
        self.page.get_by_label("Work email address").fill(email)
        self.press("Send me an email")
        until(lambda: any(is_to_sign_in(one) for one in self.smtp.sent_to(email)[before:]))

    def newest(self, email: str) -> Received:
        return next(one for one in reversed(self.smtp.sent_to(email)) if is_to_sign_in(one))

    # --- downloads

    def download(self, link: Locator) -> tuple[str, bytes]:
        """The name and the bytes of the file."""
        with self.page.expect_download() as coming:
            link.click()
        return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def is_tolerated(rule: str, node: Mapping[str, Any]) -> bool:
    known, where, attribute = TOLERATED
    faults = [fault["message"] for kind in ("all", "any", "none") for fault in node[kind]]
    return rule == known and where in node["html"] and all(attribute in fault for fault in faults)


def is_to_sign_in(received: Received) -> bool:
    return "code to sign in" in str(received.message["Subject"])


@contextmanager
def browser_of(chromium: Browser, first: Somebody, *, script: bool = True) -> Iterator[Somebody]:
    """Somebody else, with a browser of their own that knows nobody yet."""
    context = chromium.new_context(
        locale="en-GB", timezone_id="Europe/London", accept_downloads=True, java_script_enabled=script
    )
    context.set_default_timeout(15_000)
    faults = watched(context)
    try:
        yield Somebody(context.new_page(), first.url, first.smtp, first.looked, first.today, script, first.apps)
    finally:
        context.close()
    assert not faults, faults


def until(is_so: Any, *, seconds: float = 20) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"it was not so within {seconds} seconds"
        time.sleep(PAUSE_SECONDS)
