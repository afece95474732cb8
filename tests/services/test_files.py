"""Agencies and contacts go out as files and come in again, after a look, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forms_app.domain.comma_separated import SheetFaults, write_rows
from forms_app.domain.errors import ChangedMeanwhile, NotFound
from forms_app.services import agencies_file, contacts_file
from forms_app.services.contacts import contacts_view
from forms_app.services.planned import Does
from tests.factories.scenes import Scene, scene

SCHOOL = "Inventedshire Primary School"


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as found:
        yield found


def contacts(*rows: tuple[str, ...]) -> bytes:
    return write_rows(("agency", "role", "name", "telephone", "remove"), rows)


def test_what_went_out_changes_nothing_when_it_comes_in(database_url: str) -> None:
    with scene(database_url, "hull") as place, place.workshop.writing() as work:
        unit = place.holder("business_unit")
        out = contacts_file.contacts_as_file(work, by=unit)
        assert contacts_file.plan_contacts(work, by=unit, content=out).lines == ()
        agencies = agencies_file.agencies_as_file(work, by=unit)
        assert agencies_file.plan_agencies(work, by=unit, content=agencies).lines == ()


def test_contacts_are_added_changed_and_removed_by_whoever_keeps_them(place: Scene) -> None:
    lead = place.at("school", "safeguarding_lead")
    for rows, does in (
        ((SCHOOL, "Night team", "", "01632 960111", ""), Does.ADD),
        ((SCHOOL, "Night team", "", "01632 960222", ""), Does.CHANGE),
        ((SCHOOL, "Night team", "", "01632 960222", "yes"), Does.END),
    ):
        with place.workshop.writing() as work:
            plan = contacts_file.plan_contacts(work, by=lead, content=contacts(rows))
            assert [line.does for line in plan.lines] == [does]
            with pytest.raises(ChangedMeanwhile):
                contacts_file.bring_in_contacts(work, by=lead, content=contacts(rows), seen="another")
            contacts_file.bring_in_contacts(work, by=lead, content=contacts(rows), seen=plan.stamp)
        with place.workshop.reading() as work:
            view = contacts_view(work, by=lead)
            known = [
                line.details.telephone
                for agency in view.agencies
                for line in agency.contacts
                if (agency.name, line.details.role) == (SCHOOL, "Night team")
            ]
            assert known == ([] if does is Does.END else [rows[3]])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("Elsewhere", "Night team", "", "01632 960111", ""), "whose contacts you keep"),
        ((SCHOOL, "", "", "01632 960111", ""), "This is empty."),
        ((SCHOOL, "Night team", "", "", ""), "Give a telephone number or an email address."),
        ((SCHOOL, "Night team", "", "ask me", ""), "not a telephone number"),
        ((SCHOOL, "Night team", "", "01632 960111", "perhaps"), "Write “yes” or “no”"),
        (("Inventedshire Police", "Night team", "", "01632 960111", ""), "whose contacts you keep"),
    ],
)
def test_what_is_wrong_about_a_contact_is_told_with_its_place(sqlite_url: str, row: tuple[str, ...], said: str) -> None:
    with scene(sqlite_url, "hull") as place, place.workshop.writing() as work:
        with pytest.raises(SheetFaults, match=said) as found:
            contacts_file.plan_contacts(work, by=place.at("school", "safeguarding_lead"), content=contacts(row))
        assert found.value.faults[0].line == 2


def test_whoever_keeps_none_and_whoever_is_not_of_the_unit_has_no_file(place: Scene) -> None:
    for who in ("practitioner", "first_line_manager"):
        with place.workshop.writing() as work, pytest.raises(NotFound):
            contacts_file.contacts_as_file(work, by=place.at("school", who))
    with place.workshop.writing() as work, pytest.raises(NotFound):
        agencies_file.agencies_as_file(work, by=place.at("school", "safeguarding_lead"))


def test_agencies_are_added_and_change_their_kind_and_nothing_is_done_that_was_not_looked_at(place: Scene) -> None:
    unit = place.holder("business_unit")
    content = write_rows(("name", "kind"), [("Night school", "school"), (SCHOOL, "health")])
    with place.workshop.writing() as work:
        plan = agencies_file.plan_agencies(work, by=unit, content=content)
        assert [(line.name, line.does) for line in plan.lines] == [("Night school", Does.ADD), (SCHOOL, Does.CHANGE)]
        with pytest.raises(ChangedMeanwhile):
            agencies_file.bring_in_agencies(work, by=unit, content=content, seen="another")
    with place.workshop.writing() as work:
        agencies_file.bring_in_agencies(work, by=unit, content=content, seen=plan.stamp)
    with place.workshop.writing() as work:
        assert agencies_file.plan_agencies(work, by=unit, content=content).lines == ()


def test_an_agency_with_people_is_not_closed_by_a_file_and_then_nothing_else_is_done(place: Scene) -> None:
    unit = place.holder("business_unit")
    content = write_rows(("name", "kind", "closed"), [("Night school", "school", ""), (SCHOOL, "school", "yes")])
    with place.workshop.reading() as work:
        seen = agencies_file.plan_agencies(work, by=unit, content=content).stamp
    with pytest.raises(SheetFaults, match="still on its list"), place.workshop.writing() as work:
        agencies_file.bring_in_agencies(work, by=unit, content=content, seen=seen)
    with place.workshop.reading() as work:
        assert agencies_file.plan_agencies(work, by=unit, content=content).stamp == seen
