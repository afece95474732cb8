"""What the register can be asked for: the choices of a Board, by its agencies and by every policy under which it has had an escalation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from forms_app.db import register_pages as pages
from forms_app.db.boards import agencies_of_board
from forms_app.db.numbers import first_begun
from forms_app.db.tables import Person
from forms_app.domain.access import May
from forms_app.domain.periods import Period
from forms_app.domain.policy import OFFICE, Choice, Policy
from forms_app.domain.register_filters import Choices, RegisterChoices
from forms_app.domain.working_days import uk_date
from forms_app.services.directory import person_who_may
from forms_app.services.work import Work


def register_choices(work: Work, *, by: UUID) -> RegisterChoices:
    """Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    known = _policies(work, person)
    agencies = [each for each in agencies_of_board(work.session, person.board_id) if each.kind != OFFICE]
    return RegisterChoices(
        board_code=person.board.code,
        policy=_group("Policies", [(each.key, title_of_version(each)) for each in known] if len(known) > 1 else []),
        stage=_stages(known),
        reason=_group("Reasons", _merged(each for policy in known for each in reasons_of(policy))),
        outcome=_group("Outcomes", _merged(each for policy in known for each in policy.outcomes)),
        agency=_group("Agencies", [(str(each.id), each.name) for each in agencies]),
        period=_periods(first_begun(work.session, person.board_id), work.now),
    )


def title_of_version(policy: Policy) -> str:
    return f"{policy.short_title} {policy.version}"


def reasons_of(policy: Policy) -> Iterator[Choice]:
    """Every reason of every route."""
    yield from policy.categories
    for route in policy.routes:
        yield from route.categories


def _policies(work: Work, person: Person) -> list[Policy]:
    """Those under which this Board has had an escalation, and today’s."""
    keys = [policy.key for policy in work.shelf]
    had = {person.board.policy_at(work.now), *pages.policies_had(work.session, person.board_id, keys)}
    return [policy for policy in work.shelf if policy.key in had]


def _stages(known: Sequence[Policy]) -> Choices:
    """By route, each stage by its route and itself."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for policy in known:
        for route in policy.routes:
            stages = ((f"{route.id}.{stage.id}", policy.stage_title(stage)) for stage in route.stages)
            groups.setdefault(route.title, []).extend(stages)
    return {title: _once(pairs) for title, pairs in groups.items()}


def _merged(choices: Iterable[Choice]) -> list[tuple[str, str]]:
    return _once((each.id, each.title) for each in choices)


def _once(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each code once. What versions of a policy call differently stands there under each of its names."""
    titles: dict[str, dict[str, None]] = {}
    for code, title in pairs:
        titles.setdefault(code, {})[title] = None
    return [(code, " / ".join(names)) for code, names in titles.items()]


def _group(name: str, pairs: Sequence[tuple[str, str]]) -> Choices:
    return {name: pairs} if pairs else {}


def _periods(first: datetime | None, now: datetime) -> Choices:
    """Each year since the first escalation with its quarters, the newest first."""
    if first is None:
        return {}
    years = range(uk_date(now).year, uk_date(first).year - 1, -1)
    return {str(year): [(each.code, each.title) for each in (Period(year), *Period(year).quarters)] for year in years}
