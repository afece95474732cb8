"""What is asked on paper is what the forms of the service ask: each question of each form stands on a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast
from uuid import UUID, uuid4

import pytest
from werkzeug.datastructures import MultiDict

from forms_app.db.tables import Board
from forms_app.documents.contexts import BlankForm
from forms_app.domain.acts import Act, acts_open_to
from forms_app.domain.escalation import Left, Resolved
from forms_app.domain.policy import Policy
from forms_app.forms.asking import Asking, PageForm
from forms_app.forms.entries import ENTRIES
from forms_app.forms.fields import Answerable, Pick, Rows, Ticked
from forms_app.forms.flow import pages_of
from forms_app.services.directory import directory_for, policy_for
from forms_app.services.looking import escalation_view
from forms_app.services.paper import BlankKind, blanks_of, paper_form
from tests.factories.everything import at_the_chair, busy, everything
from tests.factories.scenes import Scene, scene, shelf
from tests.factories.walks import can_step_up, record, settle

BOARD = Board(id=uuid4(), code="OAK", name="Oakshire", policy_key="", telephone="01632 960001", email="u@oak.example")
SHEETS = {
    Act.OPEN: BlankKind.CONCERN,
    Act.FILE_ACCOUNT: BlankKind.ACCOUNT,
    Act.RECORD_OUTCOME: BlankKind.OUTCOME,
    Act.STEP_UP: BlankKind.STEP_UP,
    Act.ANSWER_OUTCOME: BlankKind.ANSWER,
    Act.LOG_CONTACT: BlankKind.CONTACT,
    Act.CALL_MEETING: BlankKind.MEETING,
    Act.RECORD_MEETING: BlankKind.MEETING,
    **dict.fromkeys(set(ENTRIES) - {Act.LOG_CONTACT, Act.CALL_MEETING, Act.RECORD_MEETING}, BlankKind.BESIDE),
}
NOT_ON_PAPER = {
    Act.WRITE_RESTRICTED_NOTE: "a sheet lies where everybody can read it",
    Act.MAKE_PROFORMA: "it asks nothing, and the proforma has a sheet of its own",
}
DECIDE = ("f-route", "f-way", "f-meeting", "f-which", "f-because", "f-duty")
"""What decides which other pages there are."""


OTHERWISE = (
    (r"f-told(_on)?-.*", "Write who it is at each agency, and on which day they were told."),
    (r"f-actor-.*", "Name"),
    (r"f-others|person|f-with|f-invited|f-person|f-instead", "Job title and agency"),
    (r"f-attended|f-more|f-away", "Were they there?"),
    (r"f-route", "About the disagreement"),
    (r"f-which", "Which meeting is it?"),
    (
        r"composition-.*-why|f-composition-.*-why|f-independent-.*-why",
        "If one was not so: why, and what was done instead?",
    ),
    (r"f-action-[0-9]+", "Was it carried out?"),
    (r"f-instead-[0-9]+", "What happened instead?"),
)
"""What is asked of single people, agencies and actions, and how the sheet asks it: the name of the field, the words on paper."""
MADE_LATER = ("f-corrected",)
"""What is asked of whoever corrects an account: they do it in the service."""
FROM_RECORDS = ("f-agency", "f-request", "f-record", "f-step", "f-resumes", "f-instead", "f-agencies", "f-route")
"""What is chosen from what was recorded or who there is, which no sheet can list."""


def test_every_form_has_a_sheet_or_a_reason_for_none() -> None:
    assert set(SHEETS) == {*ENTRIES, Act.OPEN, Act.FILE_ACCOUNT, Act.RECORD_OUTCOME, Act.STEP_UP, Act.ANSWER_OUTCOME}
    assert set(NOT_ON_PAPER) < set(SHEETS)


@dataclass(frozen=True)
class Asked:
    """One question of a form, and on which sheet it must stand."""

    sheet: tuple[BlankKind, str | None, str | None]
    page: str
    name: str
    field: Answerable


def asking_of(here: Scene, by: UUID, escalation: UUID | None = None) -> Asking:
    """As the web asks somebody; of which form it is, is put in later."""
    with here.workshop.reading() as work:
        directory = directory_for(work, by=by, with_others=True)
        calendar = work.calendar(here.policy)
        if escalation is None:
            return Asking(Act.OPEN, policy_for(work, by=by), directory, work.now, calendar)
        view = escalation_view(work, by=by, escalation_id=escalation, with_documents=False)
        return Asking(
            kind=Act.OPEN,
            policy=here.policy,
            directory=directory,
            now=work.now,
            calendar=calendar,
            standing=view.standing,
            place=view.place,
            places=view.places,
            names={place.person: each.name for place, each in zip(view.places, view.parties, strict=True)},
            responding=view.responding,
            written={record.id: record.sections for record in view.records},
            titles={each.id: each.what for each in view.records},
            similar=view.similar,
        )


def forms_of(asking: Asking, given: Mapping[str, MultiDict[str, str]]) -> Iterator[tuple[str, PageForm]]:
    """Every page of a form, along each of the ways that its answers open."""
    pages = pages_of(asking, given)
    for page in pages:
        form = page.form()
        yield page.title, form
        decides = next((field for field in form if field.name in DECIDE), None)
        if page.id not in given and isinstance(decides, Pick):
            for choice, _ in decides.choices:
                yield from forms_of(asking, {**given, page.id: MultiDict({decides.name: choice})})


def asked_at(here: Scene, escalation: UUID) -> Iterator[Asked]:
    """Every question that one of each side can be asked now."""
    now = here.standing(escalation)
    visit, places = now.visits[-1], here.places(escalation)
    askings: dict[UUID, Asking] = {}
    for act in set(SHEETS) - set(NOT_ON_PAPER):
        kind = SHEETS[act]
        of_stage = kind in {BlankKind.ACCOUNT, BlankKind.OUTCOME, BlankKind.STEP_UP}
        sheet = (kind, visit.route.id, visit.stage.id) if of_stage else (kind, None, None)
        able = {place.side: place.person for place in places if act in acts_open_to(place, now)}
        for person in able.values():
            if person not in askings:
                askings[person] = asking_of(here, person, escalation)
            for page, form in forms_of(replace(askings[person], kind=act), {}):
                yield from on_page(sheet, page, form)


def asked_first(here: Scene) -> Iterator[Asked]:
    """Every question of a new concern, by each route."""
    asking = asking_of(here, here.raiser)
    agencies = [agency.id for agency in asking.directory.agencies if agency.id != asking.directory.own.agency_id]
    others = MultiDict([("f-agencies", str(agency)) for agency in agencies])
    for route in here.policy.routes:
        sheet = (BlankKind.CONCERN, route.id, route.stages[0].id)
        given = {"route": MultiDict({"f-route": route.id}), "agencies": others}
        for page, form in forms_of(asking, given):
            yield from on_page(sheet, page, form)


def on_page(sheet: tuple[BlankKind, str | None, str | None], page: str, form: PageForm) -> Iterator[Asked]:
    if "f-paper" not in form:
        for field in form:
            if isinstance(field, Rows):
                for part in field.row():
                    yield Asked(sheet, page, part.name, cast(Answerable, part))
            yield Asked(sheet, page, field.name, cast(Answerable, field))


# --- what stands on the sheets ------------------------------------------------------------------------------------


Sheets = Mapping[tuple[BlankKind, str | None, str | None], set[str]]
"""The words of each sheet of a policy."""


def sheets_of(policy: Policy) -> Sheets:
    return {
        (blank.kind, blank.route_id, blank.stage_id): words_on(paper_form(BOARD, blank, date(2027, 3, 1)))
        for blank in blanks_of(policy)
    }


def words_on(sheet: BlankForm) -> set[str]:
    found = set()
    for section in sheet.sections:
        found |= {section.title, *section.notes}
        for question in section.questions:
            found |= {question.question, *question.hints, *(option.removeprefix("☐ ") for option in question.options)}
        for table in section.tables:
            found |= {*table.columns, *(text for row in table.rows for text in row)}
    return found


def missing(sheets: Sheets, asked: Asked) -> Iterator[str]:
    """What the form says and the sheet does not."""
    words, field = sheets[asked.sheet], asked.field
    if asked.name in MADE_LATER:
        return
    other = next((said for names, said in OTHERWISE if re.fullmatch(names, asked.name)), None)
    on_paper = None if field.label.text in words else other
    if isinstance(field, Ticked):
        yield from {field.choices[0][1]} - words
    else:
        yield from {on_paper or field.label.text} - words
    if on_paper is None and isinstance(field, Pick) and asked.name not in FROM_RECORDS:
        choices = (
            re.sub("because there have been [0-9]+ ", "because there have been several ", title)
            for _, title in field.choices
        )
        yield from (f"{field.label.text} {choice}" for choice in choices if choice not in words)


def situations(here: Scene, route: str) -> Iterator[UUID]:
    """An escalation at every stage of a route, while an outcome waits for its answer, and after the end."""
    steps = 0
    while True:
        escalation = here.open(route, everybody=True).escalation_id
        for _ in range(steps):
            here.step_up(escalation, everybody=True)
        yield escalation
        if isinstance(here.standing(escalation), Left):
            return
        goes_on = can_step_up(here, escalation)
        record(here, escalation)
        yield escalation
        if not isinstance(here.standing(escalation), Resolved):
            settle(here, escalation)
            yield escalation
        if not goes_on:
            return
        steps += 1


def everything_asked(here: Scene) -> Iterator[Asked]:
    yield from asked_first(here)
    for route in here.policy.routes:
        for escalation in situations(here, route.id):
            yield from asked_at(here, escalation)


@pytest.mark.requirement("U-56")
@pytest.mark.parametrize("key", [policy.key for policy in shelf()])
def test_whatever_a_form_asks_stands_on_its_sheet(key: str, sqlite_url: str) -> None:
    with scene(sqlite_url, shelf().get(key)) as here:
        sheets, asked = sheets_of(here.policy), list(everything_asked(here))

    assert len({each.name for each in asked}) > 50
    assert sorted({f"{each.sheet}: {words}" for each in asked for words in missing(sheets, each)}) == []


@pytest.mark.requirement("U-56")
def test_whatever_is_asked_beside_the_ladder_stands_on_a_sheet(sqlite_url: str) -> None:
    with scene(sqlite_url, everything()) as here:
        sheets = sheets_of(here.policy)
        asked = [each for escalation in (busy(here), at_the_chair(here)) for each in asked_at(here, escalation)]

    names = {each.name for each in asked}
    assert {"f-request", "f-accepts", "f-step", "f-item", "f-helper", "f-supports"} <= names
    assert sorted({f"{each.sheet}: {words}" for each in asked for words in missing(sheets, each)}) == []
