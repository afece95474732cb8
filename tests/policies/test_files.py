"""What is true of every policy file that comes with the service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from forms_app.domain.policy import DEIDENTIFIED, Citation, Event, Policy, Side
from forms_app.policies.reader import policy_file_from_bytes, read_policy
from forms_app.policies.shelf import SHIPPED, Shelf
from forms_app.policies.warnings import warnings_about

FILES = sorted(SHIPPED.glob("*.yaml"))
LEVELS = {
    "practitioner",
    "first_line_manager",
    "senior_manager",
    "safeguarding_lead",
    "executive",
    "board_member",
    "independent_chair",
    "scrutineer",
    "liaison_officer",
    "conference_chair",
}
LONGEST_QUOTATION = 200


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def policy(request: pytest.FixtureRequest) -> Policy:
    file: Path = request.param
    return read_policy(file)


def test_the_five_policies_are_there() -> None:
    assert [file.stem for file in FILES] == [
        "4lscb-2019",
        "annex-c-2023-04",
        "berkshire-2017-04",
        "hull-2015",
        "west-sussex-2022-01",
    ]
    assert len(list(Shelf.shipped())) == len(FILES)


def test_a_file_is_named_after_the_version_that_it_holds(policy: Policy) -> None:
    (file,) = [file for file in FILES if read_policy(file) == policy]

    assert file.stem.endswith(f"-{policy.version}")


def test_a_policy_is_the_same_after_it_was_written_out_and_read_again(policy: Policy) -> None:
    again = policy_file_from_bytes(policy.model_dump_json().encode(), name="again").policy

    assert again == policy


def test_every_figure_names_its_section_and_quotes_a_few_words(policy: Policy) -> None:
    figures = [
        *(clock for route in policy.routes for stage in route.stages for clock in stage.clocks),
        *(cap for route in policy.routes for cap in route.caps),
    ]

    assert figures
    for figure in figures:
        assert isinstance(figure.source, Citation), figure.id


def test_every_quotation_is_short(policy: Policy) -> None:
    quotations = [words for place, words in _texts(policy) if place[-1] == "words"]

    assert quotations
    assert [words for words in quotations if len(words) > LONGEST_QUOTATION] == []


def test_no_text_of_ours_says_dispute(policy: Policy) -> None:
    ours = [words for place, words in _texts(policy) if place[-1] != "words"]

    assert [words for words in ours if "disput" in words.lower()] == []


def test_levels_that_mean_the_same_are_called_the_same(policy: Policy) -> None:
    ids = {level.id for level in policy.levels}

    assert {"practitioner", "first_line_manager", "senior_manager"} <= ids
    assert ids - LEVELS <= {"nominated_manager", "representative", "lscb_representative", "sergeant", "inspector"}


def test_outcomes_are_called_the_same_in_every_policy(policy: Policy) -> None:
    assert {"agreed"} <= {outcome.id for outcome in policy.outcomes} <= {"agreed", "agreed_in_part", "decided"}


def test_the_raising_and_the_responding_side_are_told_of_every_event_everywhere(policy: Policy) -> None:
    for event in Event:
        general = [
            notice for notice in policy.notices if notice.on is event and not notice.stages and notice.identified
        ]
        assert any({"raising_side", "responding_side"} <= set(notice.to) for notice in general), event


def test_what_goes_to_the_board_names_nobody(policy: Policy) -> None:
    outside = [
        notice for notice in policy.notices if not set(notice.to) <= {"raising_side", "responding_side", "board_side"}
    ]

    assert outside
    assert all(notice.document in DEIDENTIFIED and not notice.identified for notice in outside)


def test_somebody_can_always_do_something_at_a_stage(policy: Policy) -> None:
    for route in policy.routes:
        for stage in route.stages:
            assert any(actor.needed or actor.side is Side.RAISING for actor in stage.actors), stage.id
            assert {group.asked for group in stage.groups} & {"account", "outcome"}, stage.id


def test_careful_authors_wrote_them(policy: Policy) -> None:
    assert list(warnings_about(policy)) == []


def test_the_schema_knows_every_name_that_a_file_uses() -> None:
    schema = json.dumps(Policy.model_json_schema())

    for policy in Shelf.shipped():
        assert all(f'"{name}"' in schema for name in policy.model_dump(exclude_none=True))


def _texts(policy: Policy) -> Iterator[tuple[tuple[str, ...], str]]:
    return _strings(policy.model_dump(mode="json"), ("policy",))


def _strings(value: object, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match value:
        case str():
            yield place, value
        case dict():
            for name, inner in value.items():
                yield from _strings(inner, (*place, str(name)))
        case list():
            for inner in value:
                yield from _strings(inner, place)
        case _:
            return
