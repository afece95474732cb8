"""Each thing that a party can do, prepared up to the moment at which it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from forms_app.domain.filing import Filed
from tests.factories.scenes import Scene

Doing = Callable[[], Filed]


@dataclass(frozen=True)
class Act:
    """`prepare` brings a scene to where the act can be done, and gives the doing of it under one key of a form."""

    prepare: Callable[[Scene, UUID], Doing]
    kind: str
    by: tuple[str, str]
    documents: dict[str, int]
    """What it owes under Hull's policy, and to how many people."""


def _opening(here: Scene, key: UUID) -> Doing:
    return lambda: here.open(form_key=key)


def _account(here: Scene, key: UUID) -> Doing:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    return lambda: here.account(escalation, by=other, form_key=key)


def _outcome(here: Scene, key: UUID) -> Doing:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    return lambda: here.outcome(escalation, by=other, form_key=key)


def _answer(here: Scene, key: UUID) -> Doing:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    proposed = here.outcome(escalation, by=other).record_id
    return lambda: here.answer(escalation, by=here.raiser, to=proposed, form_key=key)


def _refusal(here: Scene, key: UUID) -> Doing:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    proposed = here.outcome(escalation, by=other).record_id
    return lambda: here.answer(escalation, by=here.raiser, to=proposed, agrees=False, form_key=key)


def _step_up(here: Scene, key: UUID) -> Doing:
    escalation = here.open().escalation_id
    seen = here.seen(escalation)
    return lambda: here.step_up(escalation, by=here.raiser, seen=seen, form_key=key)


def _to_the_board(here: Scene, key: UUID) -> Doing:
    escalation = here.open().escalation_id
    here.step_up(escalation)
    here.step_up(escalation)
    seen = here.seen(escalation)
    return lambda: here.step_up(escalation, by=here.raiser, seen=seen, form_key=key)


RAISER, OTHER = ("school", "practitioner"), ("socialcare", "practitioner")
ACTS = {
    "open": Act(_opening, "concern", RAISER, {"written_account": 2}),
    "account": Act(_account, "account", OTHER, {"stage_record": 2}),
    "outcome": Act(_outcome, "outcome", OTHER, {"stage_record": 2}),
    "agree": Act(_answer, "agreement", RAISER, {"acknowledgement_sheet": 2, "written_confirmation": 2}),
    "do not agree": Act(_refusal, "agreement", RAISER, {"stage_record": 2}),
    "step up": Act(_step_up, "step_up", RAISER, {"stage_record": 4}),
    "step up to the Board": Act(_to_the_board, "step_up", RAISER, {"stage_record": 8, "board_proforma": 2}),
}
