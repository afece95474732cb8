"""Two years of invented numbers for an invented Board, so that its tables, charts and reports have something in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from forms_app.db.boards import agencies_of_board, board_with_code
from forms_app.db.figure_tables import QuarterCount
from forms_app.db.numbers import counted_periods
from forms_app.domain.figures import UNSAID, Actions, CameOf, Limits, Part, Quarter, Reviews, Stays
from forms_app.domain.periods import Period
from forms_app.domain.policy import OFFICE, Policy
from forms_app.domain.register import State
from forms_app.domain.suppression import Path
from forms_app.services.figures import is_settled
from forms_app.services.work import Work

Code = TypeVar("Code", bound=str)
YEARS = 2
"""That are over, beside the quarters of this one."""
FEWEST, MOST = 14, 40
OFTEN = (8, 5, 3, 2, 1)
"""How much oftener the first of several is taken than those after it."""


def add_numbers(work: Work, code: str) -> None:
    """Adds them, unless the Board has numbers already."""
    board = board_with_code(work.session, code)
    if board is None or counted_periods(work.session, board.id):
        return
    policy = work.shelf.get(board.policy_at(work.now))
    agencies = [(str(each.id), each.kind) for each in agencies_of_board(work.session, board.id) if each.kind != OFFICE]
    this_year = work.now.year
    for period in (quarter for year in range(this_year - YEARS, this_year + 1) for quarter in Period(year).quarters):
        if is_settled(period, work.now):
            found = _quarter(Random(f"{code} {period.code}"), policy, agencies)  # noqa: S311  # invented, and the same each time
            work.session.add(
                QuarterCount(board_id=board.id, period=period.code, counted_at=work.now, counts=found.as_json())
            )


def _quarter(chance: Random, policy: Policy, agencies: list[tuple[str, str]]) -> Quarter:
    tallies = {part: Counter[Path]() for part in Part}
    stays = Counter[tuple[str, int, bool]]()
    stages = [stage.id for stage in policy.main.stages if stage.counts]
    levels = [each.id for question in policy.questions if question.level_of_need for each in question.options]
    many = chance.randint(FEWEST, MOST)
    for _ in range(many):
        raising, receiving = chance.sample(agencies, 2)
        reached = _one(chance, stages)
        state = _one(chance, [State.RESOLVED, State.RESOLVED, State.OPEN, State.LEFT]).value
        tallies[Part.AGENCIES][raising[1], receiving[1], f"{raising[0]}/{receiving[0]}"] += 1
        tallies[Part.STAGE][state, f"{policy.main.id}/{reached}"] += 1
        tallies[Part.REASON][(_one(chance, [each.id for each in policy.categories]),)] += 1
        tallies[Part.LEVEL][(_one(chance, levels) if levels else UNSAID,)] += 1
        tallies[Part.LIMITS][(_one(chance, list(Limits)).value,)] += 1
        of_state = {
            Part.OUTCOME: (State.RESOLVED, _one(chance, [each.id for each in policy.outcomes])),
            Part.ACTIONS: (State.RESOLVED, _one(chance, list(Actions)).value),
            Part.REVIEWS: (State.RESOLVED, _one(chance, list(Reviews)).value),
            Part.ELSEWHERE: (State.LEFT, _one(chance, list(CameOf)).value),
        }
        for part, (which, code) in of_state.items():
            tallies[part][(state, code) if state == which else (state,)] += 1
        for stage in stages[: stages.index(reached) + 1]:
            stays[stage, chance.randint(0, 14), chance.random() < 0.8] += 1
    kept = tuple(
        Stays(policy.main.id, stage, days, kept, count) for (stage, days, kept), count in sorted(stays.items())
    )
    sent = many * 6
    return Quarter(tallies, kept, sent, sent * 9 // 10, sent * 7 // 10, (policy.key,))


def _one(chance: Random, choices: Sequence[Code]) -> Code:
    """The first ones oftener."""
    weights = [OFTEN[min(place, len(OFTEN) - 1)] for place in range(len(choices))]
    return chance.choices(choices, weights)[0]
