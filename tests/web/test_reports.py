"""The pages by which one person writes a report of the Board, another one releases it, and others read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from werkzeug.test import TestResponse

from forms_app.db.tables import Person, RegisterEntry
from forms_app.domain.numbers import Row
from forms_app.services import figures_report, reports
from tests.journeys.test_each_policy import logged
from tests.services.test_reports import CLEAN, NUMBERS, REASONS, SEATS, do, keep_all, row, second, texts, unit, work_on
from tests.web.clerk import Office, hidden, office, problems_on, words_on

__all__ = ["logged"]

NAMED = "Ottilie Marchbank was seen."


@pytest.fixture
def here(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    wide = replace(
        REASONS,
        title="Agencies",
        rows=(*REASONS.rows, *(Row((f"Agency {n}", "B"), REASONS.rows[0].cells) for n in range(40))),
    )
    numbers = replace(NUMBERS, tables=(*NUMBERS.tables, replace(wide, id="agencies", note=NUMBERS.tables[1].note)))
    monkeypatch.setattr(figures_report, "numbers_of", lambda work, board_id, period: replace(numbers, period=period))
    with office(sqlite_url, "west-sussex") as made:
        here = made.scene
        opened = here.open().escalation_id
        with here.database.writing() as session:
            session.get_one(RegisterEntry, opened).told_at = here.clock.now
            for agency, level, seat in SEATS:
                session.get_one(Person, here.at(agency, level)).seat = seat
        here.clock.strike(2028, 2, 1)
        yield made


@pytest.fixture
def at(here: Office) -> str:
    """Where the report is that somebody of the unit has begun."""
    answer = first(here).post("/reports/new", {"f-which": "annual_report.2027."})
    assert answer.status_code == 303
    return str(answer.location).removesuffix("/texts")


def first(here: Office) -> Any:
    return here.visitor(unit(here.scene))


def other(here: Office) -> Any:
    return here.visitor(second(here.scene))


def scrutineer(here: Office) -> Any:
    return here.visitor(here.scene.at("police", "practitioner"))


def post(visitor: Any, at: str, page: str, **given: str) -> TestResponse:
    shown = visitor.get(at if page in {"prepare", "release"} else f"{at}/{page}")
    answer: TestResponse = visitor.post(f"{at}/{page}", {"seen": hidden(shown, "seen"), **given})
    return answer


def written(**changed: str) -> dict[str, str]:
    return {f"t-{name}": text for name, text in {**texts(), **changed}.items()}


def report_of(at: str) -> UUID:
    return UUID(at.rsplit("/", 1)[1])


def prepared(here: Office, at: str) -> None:
    assert post(first(here), at, "texts", **written()).status_code == 303
    keep_all(here.scene, report_of(at))
    assert post(first(here), at, "prepare").location == f"{at}?done=prepared"


def test_from_the_first_word_to_the_file(here: Office, at: str) -> None:
    page = first(here).get(at)
    assert "Nothing may be left blank" in words_on(page)
    prepared(here, at)
    assert "The report was sent to a second person." in words_on(first(here).get(f"{at}?done=prepared"))
    page = other(here).get(at)
    assert CLEAN in words_on(page)
    assert post(other(here), at, "release").location == f"{at}?done=released"
    assert "files are being made" in words_on(other(here).get(at))
    assert scrutineer(here).get(at).status_code == 404
    work_on(here.scene)

    page = scrutineer(here).get(at)
    assert page.status_code == 200
    assert not html.fromstring(page.text).xpath("//main//form")
    assert scrutineer(here).get(f"{at}/read").status_code == 200
    given = scrutineer(here).get(f"{at}/pdf")
    name = row(here.scene, report_of(at)).reference
    assert (given.status_code, given.headers["Content-Disposition"]) == (200, f"attachment; filename=report-{name}.pdf")
    assert name in words_on(scrutineer(here).get("/reports"))


def test_who_can_release_it_reads_on_the_day_s_page_that_it_waits(here: Office, at: str) -> None:
    assert "Reports to release" not in words_on(other(here).get("/register/today"))
    prepared(here, at)
    assert "Reports to release (1)" in words_on(other(here).get("/register/today"))
    assert row(here.scene, report_of(at)).reference in words_on(other(here).get("/register/today/reports"))
    assert "Reports to release" not in words_on(first(here).get("/register/today")), "nobody releases their own"
    assert post(other(here), at, "release").status_code == 303
    assert "Reports to release" not in words_on(other(here).get("/register/today"))


def test_what_was_found_is_decided_on_its_page(here: Office, at: str) -> None:
    answer = post(first(here), at, "texts", **written(introduction=NAMED))
    assert answer.location == f"{at}/found"
    page = first(here).get(f"{at}/found")
    assert "Ottilie Marchbank" in words_on(page)
    refused = post(first(here), at, "found")
    assert refused.status_code == 422
    assert "Choose what becomes of “Ottilie Marchbank”" in problems_on(refused)
    found = {"f-what-1": "generalise", "f-words-1": "A child"}
    assert post(first(here), at, "found", **found).location == f"{at}?done=written"
    assert "A child was seen." in words_on(first(here).get(at))


def test_what_was_typed_is_never_lost(here: Office, at: str) -> None:
    long = "word " * 900
    answer = post(first(here), at, "texts", **written(learned=long))
    assert answer.status_code == 422
    assert CLEAN in answer.text
    seen = hidden(first(here).get(f"{at}/texts"), "seen")
    do(here.scene, reports.write, report_of(at), by=second(here.scene), texts=texts())
    answer = first(here).post(f"{at}/texts", {"seen": seen, **written(learned="Kept for you.")})
    assert answer.status_code == 409
    assert "Kept for you." in answer.text


def test_nobody_releases_their_own_and_nobody_sees_a_button_for_it(here: Office, at: str) -> None:
    prepared(here, at)
    page = first(here).get(at)
    assert "Release it" not in words_on(page)
    answer = first(here).post(f"{at}/release", {"seen": str(row(here.scene, report_of(at)).revision)})
    assert answer.status_code == 409
    assert "somebody else must" in words_on(answer)


def test_it_is_sent_back_and_withdrawn_with_a_reason(here: Office, at: str) -> None:
    prepared(here, at)
    assert problems_on(post(other(here), at, "send-back")) == ["Say what must be changed"]
    assert post(other(here), at, "send-back", **{"f-because": "Say more."}).status_code == 303
    assert "Say more." in words_on(first(here).get(at))
    assert problems_on(post(first(here), at, "withdraw")) == ["Say why it is withdrawn"]
    assert post(first(here), at, "withdraw", **{"f-because": "Begun too early."}).status_code == 303
    page = words_on(first(here).get(at))
    assert "Begun too early." in page
    assert "Withdrawn" in words_on(first(here).get("/reports"))
    assert post_anything(first(here), at) == {409}


def post_anything(visitor: Any, at: str) -> set[int]:
    return {
        visitor.post(f"{at}/{page}", {"seen": "4"}).status_code for page in ("texts", "found", "prepare", "withdraw")
    }


@pytest.mark.parametrize("which", ["", "annual_report.2028.", "annual_report.2027-q1.", "learning.x.y"])
def test_only_what_is_listed_is_begun(here: Office, which: str) -> None:
    answer = first(here).post("/reports/new", {"f-which": which})
    assert answer.status_code == 422


def test_the_list_says_that_there_is_none(here: Office) -> None:
    assert "There are no reports yet." in words_on(first(here).get("/reports"))


def test_nothing_that_was_typed_leaves_in_logs(here: Office, at: str, logged: Any) -> None:
    post(first(here), at, "texts", **written(introduction=NAMED))
    assert "Marchbank" not in logged.getvalue()
