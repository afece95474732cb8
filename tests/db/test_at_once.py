"""Several processes act on the same rows at the same instant: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from forms_app.db.database import Database
from forms_app.db.keys import WrappingKeys, require_keys, wrap_some_anew, wrapped_by
from forms_app.db.tables import Document, Person, StageRecord
from forms_app.domain.escalation import Open
from forms_app.domain.filing import Filed
from tests.factories import crowds
from tests.factories.crowds import Crowd, gathered
from tests.factories.keys import SEALING_KEYS
from tests.factories.scenes import Scene, scene


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    with gathered(8) as people:
        yield people


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, crowds.POLICY) as made:
        yield made


def test_of_eight_who_take_it_further_at_once_one_does(
    here: Scene, crowd: Crowd, database_url: str, tmp_path: Path
) -> None:
    escalation = here.open().escalation_id

    came_of_it = crowd.together(8, crowds.step_up, database_url, tmp_path, escalation)

    assert Counter(type(each).__name__ for each in came_of_it) == {"Filed": 1, "str": 7}
    assert [each for each in came_of_it if isinstance(each, str)] == ["ChangedMeanwhile"] * 7
    now = here.standing(escalation)
    assert isinstance(now, Open)
    assert now.visit.stage.id == "stage_two"
    assert len(here.places(escalation)) == 4


def test_what_several_write_at_once_is_all_there_and_in_order(
    here: Scene, crowd: Crowd, database_url: str, tmp_path: Path
) -> None:
    escalation = here.open().escalation_id

    written = crowd.together(4, crowds.write_accounts, database_url, tmp_path, escalation, 5)

    with here.database.reading() as session:
        rows = session.scalars(select(StageRecord).order_by(StageRecord.number)).all()
        assert [row.number for row in rows] == list(range(1, 22))
        assert {row.id for row in rows[1:]} == {record for share in written for record in share}
        assert len(session.scalars(select(Document)).all()) == 21


@pytest.mark.parametrize("kind", ["opening", "account"])
def test_one_form_that_several_processes_send_is_recorded_once(
    here: Scene, crowd: Crowd, database_url: str, tmp_path: Path, kind: str
) -> None:
    key, escalation = uuid4(), here.open().escalation_id
    before = here.count()

    if kind == "opening":
        receipts: list[Filed] = crowd.together(4, crowds.open_the_same, database_url, tmp_path, key)
    else:
        receipts = crowd.together(4, crowds.send_the_same, database_url, tmp_path, escalation, key)

    assert len(set(receipts)) == 1
    assert here.count()["stage_records"] == before["stage_records"] + 1
    assert here.count()["documents"] == before["documents"] + 1


def test_reading_and_then_writing_loses_nothing(
    here: Scene, crowd: Crowd, database_url: str, tmp_path: Path, release: bool
) -> None:
    times = 300 if release else 50
    reset(here)

    crowd.together(4, crowds.count_up, database_url, tmp_path, here.raiser, times)

    assert number(here) == 4 * times


def test_an_engine_that_is_left_as_it_comes_loses_what_was_written(
    here: Scene, crowd: Crowd, database_url: str, tmp_path: Path
) -> None:
    reset(here)

    crowd.together(4, crowds.count_up_carelessly, database_url, tmp_path, here.raiser, 100)

    assert number(here) < 400


def reset(here: Scene) -> None:
    with here.database.writing() as session:
        session.get_one(Person, here.raiser).telephone = "0"


def number(here: Scene) -> int:
    with here.database.reading() as session:
        return int(session.get_one(Person, here.raiser).telephone)


def test_what_several_write_while_the_keys_change_is_all_there_under_the_new_one(
    here: Scene, crowd: Crowd, database_url: str, tmp_path: Path
) -> None:
    current, new = SEALING_KEYS.split(",")
    escalation, both = here.open().escalation_id, WrappingKeys(f"{new},{current}")

    with closing(Database(database_url, both)) as rotating:
        began = crowd.begin(2, crowds.write_accounts, database_url, tmp_path, escalation, 4)
        while not all(each.done() for each in began):
            with rotating.writing() as session:
                wrap_some_anew(session, both)
        written = [record for each in began for record in each.result()]

        with rotating.reading() as session:
            assert set(wrapped_by(session)) == {"next"}
            require_keys(session, WrappingKeys(new))
            assert {row.id for row in session.scalars(select(StageRecord)) if row.sections} > set(written)
    assert len(written) == 8
