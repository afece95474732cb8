"""Each kind of document reaches those whom the policy names for it, and nobody else: one test for each kind and audience."""

from __future__ import annotations

from functools import cache

import pytest

from forms_app.domain.policy import DEIDENTIFIED, OUTSIDE, RELEASED, Audience, DocumentKind, Policy
from tests.factories.scenes import latest, shelf
from tests.policies.audiences import Cells, ever_owed, in_the_decision, kinds_in_the_decision, said_by

IDS = sorted({policy.id for policy in shelf()})
owed_by = cache(lambda policy_id: ever_owed(latest(policy_id)))


@cache
def table(policy_id: str) -> Cells:
    return in_the_decision(policy_id)


@pytest.mark.requirement("B-23", "B-28", "B-29", "S-28", "S-34", "H-33", "U-28", "U-44", "U-45", "U-48")
@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("kind", DocumentKind)
@pytest.mark.parametrize("policy_id", IDS)
def test_a_kind_goes_to_an_audience_if_the_decision_says_so(
    policy_id: str, kind: DocumentKind, audience: Audience
) -> None:
    assert ((kind, audience) in owed_by(policy_id)) is ((kind, audience) in table(policy_id))


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("kind", DocumentKind)
@pytest.mark.parametrize("policy_id", IDS)
def test_the_decision_names_the_sections_that_the_policy_gives(
    policy_id: str, kind: DocumentKind, audience: Audience
) -> None:
    cell = (kind, audience)
    assert table(policy_id).get(cell, frozenset()) == said_by(latest(policy_id)).get(cell, frozenset())


@pytest.mark.parametrize("policy", [pytest.param(each, id=each.key) for each in shelf()])
def test_what_names_people_never_leaves_the_parties_and_a_copy_for_a_file_goes_to_nobody(policy: Policy) -> None:
    reached = ever_owed(policy)

    assert not [cell for cell in reached if cell[0] not in DEIDENTIFIED and cell[1] in OUTSIDE]
    assert not [cell for cell in reached if cell[0] is DocumentKind.FILE_COPY]


def test_the_decision_says_of_each_kind_whether_it_names_people_and_waits_for_two() -> None:
    assert kinds_in_the_decision() == {kind: (kind not in DEIDENTIFIED, kind in RELEASED) for kind in DocumentKind}
