"""A policy and its next version, and a Board that adopts the second while an escalation goes on under the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forms_app.commands.invented import invented_board
from forms_app.db.boards import board_with_code
from forms_app.db.database import Database
from forms_app.domain.policy import (
    Asked,
    Audience,
    DocumentKind,
    Event,
    Group,
    Policy,
    Question,
    Stage,
    Unit,
)
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services.boards import set_up_board
from forms_app.services.workshop import Workshop
from tests.factories.keys import KEYS
from tests.factories.policies import SOURCE, clock, limit, notice, notices, policy, route, stage
from tests.factories.scenes import Clock, Scene, everybody


def first_version() -> Policy:
    return policy(
        route(_stage("one", "Talking first", 2), _stage("two", "The second talk", 3)),
        version="2027",
        dated="January 2027",
        questions=(_asks("what_happened", "What happened?"), _asks("view", "What do you think?")),
        document_titles={DocumentKind.STAGE_RECORD: "Record of the stage"},
    )


def second_version() -> Policy:
    told = notice(Event.STAGE_ENTERED, DocumentKind.NOTICE_TO_BOARD, Audience.BUSINESS_UNIT)
    return policy(
        route(_stage("one", "Talking straight away", 5), _stage("between", "In between", 1), _stage("two", "Last", 9)),
        version="2028",
        dated="January 2028",
        questions=(_asks("what_happened", "What has happened so far?"), _asks("view", "How do you see it?")),
        document_titles={DocumentKind.STAGE_RECORD: "Minute of the stage"},
        review_date="required",
        notices=(*notices(), told),
    )


def _stage(stage_id: str, name: str, days: int) -> Stage:
    asked = [
        Group(title="What happened", asked=Asked.OPENING, questions=("what_happened",)),
        Group(title="Your view", asked=Asked.ACCOUNT, questions=("view",)),
    ]
    return stage(
        stage_id,
        name=name,
        clocks=(clock("talk", limit=limit(Unit.WORKING_DAYS, days)),),
        groups=tuple(asked),
    )


def _asks(question_id: str, label: str) -> Question:
    return Question(id=question_id, label=label, source=SOURCE)


@contextmanager
def board_with_two_versions(url: str) -> Iterator[tuple[Scene, Scene]]:
    """The same Board twice: as it is under the first version, which it has adopted, and as it would be under the second."""
    first, second = first_version(), second_version()
    database, shelf, time = Database(url, KEYS), Shelf([first, second]), Clock()
    try:
        old = Scene(database, first, {}, clock=time, shelf=shelf)
        adopt(old)
        old.people |= everybody(database)
        yield old, Scene(database, second, old.people, clock=time, shelf=shelf)
    finally:
        database.close()


def adopt(scene: Scene) -> None:
    """The Board works under the policy of this scene from now on: set up with it, or as if its day had come."""
    given = invented_board(scene.policy).given
    with Workshop(scene.database, scene.shelf, calendar_of, scene.clock).writing() as work:
        set_up_board(work, given)
        board = board_with_code(work.session, given.code)
        assert board is not None
        board.next_policy_key, board.next_policy_from = scene.policy.key, work.now
