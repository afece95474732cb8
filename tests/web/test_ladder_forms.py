"""The forms of the ladder: where it goes, what must be confirmed first, who is named, how an outcome is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.db.tables import Agency, Person
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.escalation import Open, Resolved
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Actor, Choice, Danger, Gate, Pattern, Policy, Side, Skip, Unit
from forms_app.domain.records import Agreement, Concern, Contact, PeopleJoin, StepUp
from forms_app.services.escalations import open_escalation
from tests.factories import policies
from tests.factories.walks import settle
from tests.journeys.form_filler import CANARIES, FormFiller
from tests.web.clerk import Office, choices_on, day, hidden, office, problems_on, words_on

# --- who does what ---


@pytest.fixture
def here(sqlite_url: str, request: pytest.FixtureRequest) -> Iterator[Office]:
    """The service for a Board with the policy of the test."""
    wanted: Policy | str = request.param() if callable(request.param) else request.param
    with office(sqlite_url, wanted) as found:
        yield found


def under(policy: str | Callable[[], Policy]) -> pytest.MarkDecorator:
    name = policy if isinstance(policy, str) else policy.__name__
    return pytest.mark.parametrize("here", [policy], indirect=True, ids=[name])


def filler(here: Office, by: UUID) -> FormFiller:
    return FormFiller(here.visitor(by), here.scene.today)


def take_further(here: Office, escalation: UUID, by: UUID, **chosen: str) -> StepUp:
    filler(here, by).send(here.path(escalation, "step-up"), **chosen)
    facts = here.facts(escalation)
    assert isinstance(facts, StepUp)
    return facts


def raise_concern(here: Office, by: UUID, path: str = "/escalations/new", **chosen: str) -> tuple[UUID, Concern]:
    receipt = filler(here, by).send(path, **chosen)
    escalation = UUID(receipt.split("/")[2])
    facts = here.facts(escalation)
    assert isinstance(facts, Concern)
    return escalation, facts


def post(here: Office, by: UUID, address: str, given: dict[str, str]) -> TestResponse:
    visitor = here.visitor(by)
    return visitor.post(address, {"seen": hidden(visitor.get(address), "seen"), **given})


def manager(here: Office) -> UUID:
    """Somebody of the raiser's side who did not raise it, and takes part."""
    return here.scene.at("school", "first_line_manager")


# --- where it goes ---


@pytest.mark.requirement("S-11")
@under("west-sussex")
def test_who_passes_over_stages_says_why(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    way = here.path(escalation, "step-up", "way")
    shown = here.visitor(raiser).get(way)
    ways = choices_on(shown, "f-way")
    next_way, further = next(iter(ways.values())), ways[next(title for title in ways if "Stage 4" in title)]
    assert next(iter(ways)).startswith("Stage 2"), "the next stage comes first"
    assert "This passes over Stage 2" in words_on(shown)
    reason = next(name for name in names_on(shown) if name.startswith("f-reason"))

    assert post(here, raiser, way, {"f-way": next_way}).status_code == 303, "the next stage needs no reason"
    refused = post(here, raiser, way, {"f-way": further})
    assert problems_on(refused) == ["Choose an answer to “Why are stages passed over?”"]
    assert chosen_on(refused, "f-way") == further
    facts = take_further(here, escalation, raiser, **{"f-way": further, reason: "serious"})

    assert (facts.stage, facts.skip_reason) == ("leads", "serious")
    assert here.said(escalation)[reason.removeprefix("f-")] == "The disagreement is serious"
    assert here.scene.stage(escalation).id == "leads"


@under("west-sussex")
def test_a_reason_is_not_kept_for_a_way_that_passes_over_nothing(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    shown = here.visitor(raiser).get(here.path(escalation, "step-up", "way"))
    every = {name: "serious" for name in names_on(shown) if name.startswith("f-reason")}

    facts = take_further(here, escalation, raiser, **every)

    assert facts.skip_reason is None
    assert not any(name.startswith("reason") for name in here.said(escalation))


@under("west-sussex")
def test_a_way_that_is_not_offered_is_refused_and_what_was_typed_stays(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    way = here.path(escalation, "step-up", "way")

    for forced in ("main.nowhere", "out", "ladder.professionals", "\0", "x" * 5000):
        refused = post(here, raiser, way, {"f-way": forced})
        assert problems_on(refused) == ["Choose an answer to “Where does it go?” from the list"], forced[:20]
    people = here.visitor(raiser).get(here.path(escalation, "step-up", "people"))
    assert people.status_code == 404, "nobody is named before it is known for which stage"
    assert here.send(escalation, raiser, "step-up").status_code == 303
    assert len(here.records(escalation)) == 1


@under("west-sussex")
def test_a_form_that_came_too_late_shows_what_was_written_and_not_what_was_chosen(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    way, danger = (here.path(escalation, "step-up", page) for page in ("way", "danger"))
    seen = hidden(here.visitor(raiser).get(way), "seen")
    key = choices_on(here.visitor(raiser).get(way), "f-way")["Stage 2: Manager to manager"]
    here.scene.step_up(escalation)

    chosen = here.visitor(raiser).post(way, {"seen": seen, "f-way": key})
    written = here.visitor(raiser).post(danger, {"seen": seen, "f-danger": "acted", "f-danger_acted": "Rang 999."})

    assert (chosen.status_code, written.status_code) == (409, 409)
    assert "What you typed" not in words_on(chosen)
    assert key not in words_on(chosen)
    assert "What you typed Rang 999." in words_on(written)


def two_ways() -> Policy:
    """Each later stage wants somebody of the other side at its own level."""
    managers, seniors = (
        (*policies.BOTH, Actor(side=Side.RESPONDING, level=level)) for level in ("first_line_manager", "senior_manager")
    )
    reason = Choice(id="urgent", title="It is urgent")
    first = policies.stage("one", skip=Skip(rule="raiser", to=("three",), reasons=(reason,), source=policies.SOURCE))
    later = policies.stage("two", actors=managers), policies.stage("three", actors=seniors)
    return policies.policy(policies.route(first, *later))


@under(two_ways)
def test_another_way_asks_for_other_people(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    way = here.path(escalation, "step-up", "way")
    further = choices_on(here.visitor(raiser).get(way), "f-way")["Stage three"]
    filler(here, raiser).go_through(here.path(escalation, "step-up"), **{"f-way": further})

    post(here, raiser, way, {"f-way": "main.two"})
    home = here.visitor(raiser).get(here.path(escalation, "step-up"))

    assert "Take it further to Stage two" in words_on(home)
    assert "The people who take part Incomplete" in words_on(home)


@under("four-lscb")
def test_where_a_second_person_decides_the_raiser_is_told_who_can(here: Office) -> None:
    escalation, raiser = here.scene.open(everybody=True).escalation_id, here.scene.raiser
    home = here.visitor(raiser).get(here.path(escalation, "step-up"))

    assert "It could also go straight to Stage 4" in words_on(home)
    assert "The discussions raise a significant policy issue" in words_on(home)
    assert "Ask somebody else on your side to take it further" in words_on(home)
    assert here.visitor(raiser).get(here.path(escalation, "step-up", "way")).status_code == 404


@under("four-lscb")
def test_the_second_person_can_take_it_straight_on(here: Office) -> None:
    escalation, second = here.scene.open().escalation_id, here.scene.at("school", "colleague")
    add(here, escalation, second)
    shown = here.visitor(second).get(here.path(escalation, "step-up", "way"))
    ways = choices_on(shown, "f-way")
    further = ways[next(title for title in ways if "Stage 4" in title)]
    assert "Ask somebody else" not in words_on(shown)

    refused = post(here, second, here.path(escalation, "step-up", "way"), {"f-way": further})
    assert problems_on(refused) == ["Say why stages are passed over, with one of the policy’s reasons."]
    facts = take_further(here, escalation, second, **{"f-way": further})

    assert (facts.stage, facts.skip_reason) == ("stage_four", "policy_issue")


@pytest.mark.requirement("U-24")
@under("hull")
def test_it_goes_to_the_next_tier_when_it_is_urgent_and_nobody_is_there(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    shown = here.visitor(raiser).get(here.path(escalation, "step-up", "way"))
    ways = choices_on(shown, "f-way")
    assert "No line manager is available, and the child’s welfare cannot wait" in words_on(shown)

    facts = take_further(here, escalation, raiser, **{"f-way": ways[next(way for way in ways if "Stage 3" in way)]})

    assert (facts.stage, facts.skip_reason, facts.gates) == ("stage_three", "no_line_manager", ("leads_informed",))


@pytest.mark.requirement("S-32")
@under("west-sussex")
def test_how_many_similar_escalations_there_were_is_shown_with_the_way_they_open(here: Office) -> None:
    first, raiser = here.scene.open().escalation_id, here.scene.raiser
    said = words_on(here.visitor(raiser).get(here.path(first, "step-up", "way")))
    assert "There has been no other escalation like this one in the last 12 months." in said
    here.scene.open()
    escalation = here.scene.open().escalation_id
    for page in ("", "way"):
        said = words_on(here.visitor(raiser).get(here.path(escalation, "step-up", page)))
        assert "There were 2 other escalations like this one in the last 12 months" in said

    ways = choices_on(here.visitor(raiser).get(here.path(escalation, "step-up", "way")), "f-way")
    last = ways[next(way for way in ways if "Stage 5" in way)]
    facts = take_further(
        here, escalation, raiser, **{"f-way": last, **dict.fromkeys(reasons(here, escalation), "similar")}
    )

    assert (facts.stage, facts.skip_reason) == ("partnership", "similar")


def patterned() -> Policy:
    return policies.policy(
        policies.route(*(policies.stage(name) for name in ("talk", "managers", "chair"))),
        pattern=Pattern(count=2, months=6, opens="chair", source=policies.SOURCE),
    )


@under(patterned)
def test_a_pattern_opens_its_stage_without_a_question(here: Office) -> None:
    first, raiser = here.scene.open().escalation_id, here.scene.raiser
    assert here.visitor(raiser).get(here.path(first, "step-up", "way")).status_code == 404, "not yet a pattern"
    escalation = here.scene.open().escalation_id
    shown = here.visitor(raiser).get(here.path(escalation, "step-up", "way"))

    further = choices_on(shown, "f-way")["Stage chair, because there have been 2 similar escalations"]
    assert "This passes over Stage managers." in words_on(shown)
    facts = take_further(here, escalation, raiser, **{"f-way": further})

    assert (facts.stage, facts.skip_reason) == ("chair", "pattern")


# --- what must be confirmed first ---


@pytest.mark.requirement("U-36")
@under("hull")
def test_for_each_agency_it_is_said_who_was_informed_and_when(here: Office) -> None:
    escalation, raiser = here.scene.open(everybody=True).escalation_id, here.scene.raiser
    here.scene.step_up(escalation, everybody=True)
    gate = here.path(escalation, "step-up", "gate-leads_informed")
    own, other = here.scene.agency("school"), here.scene.agency("socialcare")
    shown = here.visitor(raiser).get(gate)
    assert "Inform the designated safeguarding lead of every agency involved first" in words_on(shown)

    told = {f"f-told-{own.id}": "Zebedee", **day(f"f-told_on-{own.id}", here.scene.today)}
    stranger = here.scene.agency("police")
    refused = post(here, raiser, gate, {**told, f"f-told-{stranger.id}": "Wilbur"})
    assert problems_on(refused) == [
        f"Enter an answer to “{other.name}: name”",
        f"Enter the date for “{other.name}: on which day?”",
    ]
    assert "Zebedee" in refused.text
    tomorrow = day(f"f-told_on-{other.id}", here.scene.today + timedelta(days=1))
    late = post(here, raiser, gate, {**told, f"f-told-{other.id}": "Wilbur", **tomorrow})
    assert problems_on(late) == ["The date must be 1 March 2027 or earlier"]
    assert here.send(escalation, raiser, "step-up").status_code == 303
    assert len(here.records(escalation)) == 2, "it cannot be sent meanwhile"

    facts = take_further(here, escalation, raiser)

    assert facts.gates == ("leads_informed",)
    said = here.said(escalation)
    for agency in (own, other):
        assert said[f"told-{agency.id}"] == CANARIES[0]
        assert said[f"told_on-{agency.id}"] == "1 March 2027"
    assert f"told-{stranger.id}" not in said


def gated() -> Policy:
    gates = tuple(
        Gate(
            id=f"told_{before}",
            before=before,
            statement=f"Told before {before}",
            otherwise="Tell them first.",
            per_agency=True,
            source=policies.SOURCE,
        )
        for before in ("opening", "resolving")
    )
    return policies.policy(policies.route(policies.stage("one", gates=gates), policies.stage("two")))


@under(gated)
def test_an_opening_and_an_outcome_can_wait_for_each_agency_too(here: Office) -> None:
    escalation, concern = raise_concern(here, here.scene.raiser)
    receipt = filler(here, here.scene.raiser).send(here.path(escalation, "outcome"))

    assert concern.gates == ("told_opening",)
    assert receipt
    facts = here.facts(escalation)
    assert facts.kind == "outcome"
    assert facts.gates == ("told_resolving",)


@under("berkshire")
def test_what_must_be_confirmed_is_refused_with_what_to_do_instead(here: Office) -> None:
    refused = post(here, here.scene.raiser, "/escalations/new/about", {"f-category": "other"})

    assert any("Talk to your colleague first" in problem for problem in problems_on(refused))
    assert chosen_on(refused, "f-category") == "other"


# --- the other side ---


@pytest.mark.requirement("H-03", "B-10")
@pytest.mark.parametrize("here", ["four-lscb", "berkshire"], indirect=True)
def test_a_concern_about_the_own_agency_is_stopped_and_sent_elsewhere(here: Office) -> None:
    own, raiser = here.scene.agency("school"), here.scene.raiser
    here.visitor(raiser).get("/escalations/new/danger")
    if len(here.scene.policy.routes) > 1:
        post(here, raiser, "/escalations/new/route", {"f-route": here.scene.policy.main.id})

    refused = post(here, raiser, "/escalations/new/agencies", {"f-agencies": str(own.id)})

    assert problems_on(refused) == [f"That is your own agency. {here.scene.policy.internal.signpost}"]


@under("west-sussex")
def test_a_concern_about_the_own_agency_is_taken_where_the_policy_permits_it(here: Office) -> None:
    own, raiser = here.scene.agency("school"), here.scene.raiser

    assert post(here, raiser, "/escalations/new/agencies", {"f-agencies": str(own.id)}).status_code == 303


@under("berkshire")
def test_an_agency_that_the_list_does_not_offer_is_refused(here: Office) -> None:
    office_of_board = next(agency for agency in agencies(here) if agency not in offered(here))

    for forced in (str(uuid4()), str(office_of_board)):
        refused = post(here, here.scene.raiser, "/escalations/new/agencies", {"f-agencies": forced})
        assert problems_on(refused) == ["Choose the answers to “Which agencies do you disagree with?” from the list"]


# --- who is named ---


def either_level() -> Policy:
    leads = tuple(
        Actor(side=side, level="first_line_manager", or_levels=("senior_manager",))
        for side in (Side.RAISING, Side.RESPONDING)
    )
    return policies.policy(policies.route(policies.stage("one"), policies.stage("two", actors=leads)))


@under(either_level)
def test_whoever_holds_one_of_the_levels_can_be_named_and_acts_at_their_own(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    people = here.path(escalation, "step-up", "people")
    shown = here.visitor(raiser).get(people)
    field = next(name for name in names_on(shown) if str(here.scene.agency("socialcare").id) in name)
    groups = html.fromstring(shown.text).xpath(f"//select[@name='{field}']/optgroup/@label")
    assert groups == ["first_line_manager", "senior_manager", "Others"]
    assert "first_line_manager or senior_manager at Inventedshire Children’s Social Care" in words_on(shown)

    senior = here.scene.at("socialcare", "senior_manager")
    take_further(here, escalation, raiser, **{field: str(senior)})

    place = next(place for place in here.scene.places(escalation) if place.person == senior)
    assert place.level == "senior_manager"
    assert here.scene.stage(escalation).id == "two"
    again = here.visitor(raiser).get(f"/escalations/{escalation}")
    assert again.status_code == 200


@pytest.mark.requirement("B-21")
@under("berkshire")
def test_stage_four_goes_to_the_operations_manager_or_to_the_safeguarding_lead(here: Office) -> None:
    escalation, raiser = here.scene.open(everybody=True).escalation_id, here.scene.raiser
    here.scene.step_up(escalation, everybody=True)
    here.scene.step_up(escalation, everybody=True)
    shown = here.visitor(raiser).get(here.path(escalation, "step-up", "people"))
    field = {
        agency: next(name for name in names_on(shown) if str(here.scene.agency(agency).id) in name)
        for agency in ("school", "socialcare")
    }
    manager, lead = here.scene.at("school", "senior_manager"), here.scene.at("socialcare", "safeguarding_lead")

    take_further(here, escalation, raiser, **{field["school"]: str(manager), field["socialcare"]: str(lead)})

    levels = {place.person: place.level for place in here.scene.places(escalation)}
    assert here.scene.stage(escalation).number == 4
    assert (levels[manager], levels[lead]) == ("senior_manager", "safeguarding_lead")
    for person in (manager, lead):
        assert here.visitor(person).get(here.path(escalation, "outcome")).status_code == 200, "both act at this stage"


# --- how an outcome is answered ---


@under("hull")
def test_a_side_can_agree_to_the_actions_and_not_to_the_outcome(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    here.scene.outcome(escalation, by=here.scene.at("socialcare", "practitioner"))
    address = here.path(escalation, "agreement", "agreement")
    assert list(choices_on(here.visitor(raiser).get(address), "f-agrees")) == [
        "Yes, we agree",
        "We agree to the actions, but not to the outcome",
        "No",
    ]

    for without_reasons in ("actions", "no"):
        refused = post(here, raiser, address, {"f-agrees": without_reasons})
        assert problems_on(refused) == ["Enter an answer to “Why do you not agree with the outcome?”"]
    answered = here.fill(
        escalation, raiser, "agreement", {"agreement": {"f-agrees": "actions", "f-reasons": "The risk is higher."}}
    )

    assert answered.status_code == 303
    facts = here.facts(escalation)
    assert isinstance(facts, Agreement)
    assert (facts.agrees, facts.agrees_actions, facts.reasons) == (False, True, "The risk is higher.")
    assert here.said(escalation)["agrees"] == "We agree to the actions, but not to the outcome"
    assert isinstance(here.scene.standing(escalation), Open)


@under("hull")
def test_a_side_that_agrees_gives_no_reasons(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    here.scene.outcome(escalation, by=here.scene.at("socialcare", "practitioner"))

    here.fill(escalation, raiser, "agreement", {"agreement": {"f-agrees": "yes"}})

    facts = here.facts(escalation)
    assert isinstance(facts, Agreement)
    assert (facts.agrees, facts.agrees_actions) == (True, False)
    assert isinstance(here.scene.standing(escalation), Resolved)


# --- for whom a route is ---


def for_some() -> Policy:
    """A main ladder for everybody, and a track for children who have a plan."""
    planned = (Choice(id="plan", title="There is a child protection plan"), Choice(id="care", title="In care"))
    track = policies.route(policies.stage("review"), route_id="track", title="About the plan", subject_status=planned)
    return policies.policy(policies.route(), track)


@under(for_some)
def test_a_route_that_is_not_for_this_child_is_refused_where_it_was_chosen(here: Office) -> None:
    raiser, route = here.scene.raiser, "/escalations/new/route"
    shown = here.visitor(raiser).get(route)
    assert "Which of these is true of the child?" in words_on(shown)
    assert list(choices_on(shown, "f-status")) == ["There is a child protection plan", "In care", "None of these"]

    refused = post(here, raiser, route, {"f-route": "track", "f-status": "none-of-these"})
    assert problems_on(refused) == [
        "“About the plan” is not for a child of this status. Choose another kind of disagreement."
    ]
    assert 'href="#f-route"' in refused.text
    assert (chosen_on(refused, "f-route"), chosen_on(refused, "f-status")) == ("track", "none-of-these")
    missing = post(here, raiser, route, {"f-route": "track"})
    assert problems_on(missing) == ["Choose an answer to “Which of these is true of the child?”"]


@under(for_some)
@pytest.mark.parametrize(("route", "status"), [("track", "care"), ("main", "care"), ("main", None)])
def test_what_is_true_of_the_child_is_recorded(here: Office, route: str, status: str | None) -> None:
    chosen = {"f-route": route, "f-status": status or "none-of-these"}

    escalation, concern = raise_concern(here, here.scene.raiser, **chosen)

    assert concern.subject_status == status
    assert here.scene.standing(escalation).visits[0].route.id == route


def only_for_some() -> Policy:
    planned = (Choice(id="plan", title="There is a child protection plan"),)
    return policies.policy(policies.route(subject_status=planned))


@under(only_for_some)
def test_a_policy_whose_only_route_is_for_some_asks_as_well(here: Office) -> None:
    refused = post(here, here.scene.raiser, "/escalations/new/route", {"f-status": "none-of-these"})

    assert "is not for a child of this status" in problems_on(refused)[0]
    assert raise_concern(here, here.scene.raiser)[1].subject_status == "plan"


# --- two at once ---


@under("four-lscb")
def test_a_second_concern_about_the_same_child_begins_with_what_is_known(here: Office) -> None:
    first, raiser = here.scene.open().escalation_id, here.scene.raiser
    own = f"/escalations/{first}/beside"
    visitor = here.visitor(raiser)
    plain = visitor.get("/escalations/new")
    assert "about the same child as" not in words_on(plain)

    home = visitor.get(own)
    assert "This is about the same child as escalation INV-" in words_on(home)
    post(here, raiser, f"{own}/route", {"f-route": "conference_need"})
    assert "Ottilie Marchbank" in visitor.get(f"{own}/subject").text
    assert str(here.scene.agency("socialcare").id) in chosen_on(visitor.get(f"{own}/agencies"), "f-agencies")
    assert "Ottilie" not in visitor.get("/escalations/new").text
    escalation, concern = raise_concern(here, raiser, own, **{"f-route": "conference_need"})

    assert escalation != first
    assert concern.beside == first
    assert here.scene.standing(escalation).visits[0].route.id == "conference_need"
    assert isinstance(here.scene.standing(first), Open), "the first one stays open"


@under("four-lscb")
def test_what_was_begun_beside_another_is_found_again_and_can_be_deleted(here: Office) -> None:
    first, raiser = here.scene.open().escalation_id, here.scene.raiser
    visitor, own = here.visitor(raiser), f"/escalations/{first}/beside"
    visitor.get(own)

    assert f'href="{own}"' in visitor.get("/escalations").text
    visitor.get(own)
    assert visitor.post(f"{own}/delete").status_code == 303
    assert f'href="{own}"' not in visitor.get("/escalations").text


@under("four-lscb")
def test_only_a_party_raises_one_beside_another(here: Office) -> None:
    first, stranger = here.scene.open().escalation_id, here.scene.at("police", "practitioner")
    visitor = here.visitor(stranger)
    visitor.get("/escalations/new")

    assert visitor.get(f"/escalations/{first}/beside").status_code == 404
    for page in ("/danger", "/check", "/delete"):
        assert visitor.get(f"/escalations/{first}/beside{page}").status_code == 404
        assert visitor.post(f"/escalations/{first}/beside{page}", {"f-danger": "no"}).status_code == 404


@under("hull")
def test_none_is_raised_beside_one_that_is_no_longer_open(here: Office) -> None:
    first = here.scene.open().escalation_id
    settle(here.scene, first)

    shown = here.visitor(here.scene.raiser).get(f"/escalations/{first}/beside")

    assert shown.status_code == 409
    assert "The other escalation is no longer open." in words_on(shown)


@under("four-lscb")
def test_the_other_side_raises_one_with_the_agency_that_raised_the_first(here: Office) -> None:
    first, other = here.scene.open().escalation_id, here.scene.at("socialcare", "practitioner")
    here.visitor(other).get(f"/escalations/{first}/beside")
    post(here, other, f"/escalations/{first}/beside/route", {"f-route": here.scene.policy.main.id})

    shown = here.visitor(other).get(f"/escalations/{first}/beside/agencies")

    assert chosen_on(shown, "f-agencies") == str(here.scene.agency("school").id)


# --- out of the policy ---


@pytest.mark.requirement("H-57")
@under("four-lscb")
def test_whoever_goes_back_to_the_conference_chair_can_name_them_and_they_are_told(here: Office) -> None:
    raiser, chair = here.scene.at("school", "first_line_manager"), here.scene.at("socialcare", "conference_chair")
    escalation = here.scene.open("plan_implementation", by=raiser).escalation_id
    here.scene.step_up(escalation, by=raiser)
    shown = here.visitor(raiser).get(here.path(escalation, "step-up", "people"))
    label = "//main//label[contains(., 'Conference Chair at Inventedshire Children’s Social Care (optional)')]/@for"
    place = str(html.fromstring(shown.text).xpath(label)[0])

    facts = take_further(here, escalation, raiser, **{place: str(chair)})

    assert facts.stage is None
    assert any(chair in told for told in here.scene.told(here.records(escalation)[-1].id).values())
    assert here.visitor(chair).get(f"/escalations/{escalation}").status_code == 200


# --- danger ---


@pytest.mark.requirement("B-33", "B-34")
@under("berkshire")
def test_in_danger_one_goes_straight_to_the_lead_and_then_to_the_line_manager(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser
    for address in ("/escalations/new/danger", here.path(escalation, "account", "danger")):
        stop = post(here, raiser, address, {"f-danger": "yes"})

        said = words_on(stop)
        lead, line_manager = "Designated Safeguarding Lead", "Supervisor or line manager"
        assert said.index(lead) < said.index(line_manager)
        for level in ("safeguarding_lead", "first_line_manager"):
            telephone = number(here, here.scene.at("school", level))
            assert f'href="tel:{telephone.replace(" ", "")}"' in stop.text
        assert number(here, here.scene.at("socialcare", "safeguarding_lead")) not in said, "people of one’s own agency"
        assert "If there is no time for that, do not wait: call 999" in said
        assert 'href="tel:999"' in stop.text
        assert "Nothing has been sent" in said
    assert len(here.records(escalation)) == 1


@under("berkshire")
def test_where_nobody_leads_on_safeguarding_the_line_manager_is_left(here: Office) -> None:
    here.site.leaves("safeguarding.lead@school.inventedshire.example")

    said = words_on(post(here, here.scene.raiser, "/escalations/new/danger", {"f-danger": "yes"}))

    assert "Designated Safeguarding Lead Nobody is listed here. Supervisor or line manager" in said


def no_fast_lane() -> Policy:
    return policies.policy(danger=Danger(steps=("Call 999.",), source=policies.SOURCE))


@under(no_fast_lane)
def test_where_the_policy_names_nobody_only_its_steps_are_shown(here: Office) -> None:
    said = words_on(post(here, here.scene.raiser, "/escalations/new/danger", {"f-danger": "yes"}))

    assert "Call 999." in said
    assert "Tell these people" not in said


@under("berkshire")
def test_what_was_done_is_recorded_from_where_one_was_stopped(here: Office) -> None:
    escalation, raiser = here.scene.open().escalation_id, here.scene.raiser

    for form, offers in (("account", True), ("danger", False)):
        stop = post(here, raiser, here.path(escalation, form, "danger"), {"f-danger": "yes"})
        assert ("Record what was done" in words_on(stop)) == offers
        assert f'href="{here.path(escalation, "danger")}"' in stop.text
    new = post(here, raiser, "/escalations/new/danger", {"f-danger": "yes"})
    assert "Record what was done" not in new.text


# --- by when ---


def agreed() -> Policy:
    clock = policies.clock("accept", limit=policies.limit(Unit.AGREED))
    return policies.policy(policies.route(policies.stage("one", clocks=(clock,)), policies.stage("two")))


@under(agreed)
def test_a_date_that_both_sides_must_accept_is_a_proposal(here: Office) -> None:
    post(here, here.scene.raiser, "/escalations/new/agencies", {"f-agencies": str(here.scene.agency("socialcare").id)})

    shown = here.visitor(here.scene.raiser).get("/escalations/new/time")

    assert "By when do you propose to settle it at this stage?" in words_on(shown)
    assert "The other side is asked to accept this date, and can propose another one." in words_on(shown)


# --- parts ---


def add(here: Office, escalation: UUID, colleague: UUID) -> None:
    """A colleague of the raiser's takes part from now on."""
    joins = NamedParty(colleague, Side.RAISING, "practitioner")
    facts = PeopleJoin(because="supports", joins=(colleague,))
    here.scene.record(escalation, facts, by=here.scene.raiser, people=(joins,))


def names_on(answer: TestResponse) -> list[str]:
    main = html.fromstring(answer.text).xpath("//main")[0]
    return list(dict.fromkeys(str(name) for name in main.xpath(".//input/@name | .//select/@name")))


def chosen_on(answer: TestResponse, name: str) -> str:
    main = html.fromstring(answer.text).xpath("//main")[0]
    return str(" ".join(main.xpath(f".//input[@name='{name}'][@checked]/@value")))


def reasons(here: Office, escalation: UUID) -> list[str]:
    shown = here.visitor(here.scene.raiser).get(here.path(escalation, "step-up", "way"))
    return [name for name in names_on(shown) if name.startswith("f-reason")]


def offered(here: Office) -> set[UUID]:
    shown = here.visitor(here.scene.raiser).get("/escalations/new/agencies")
    return {UUID(value) for value in choices_on(shown, "f-agencies").values()}


def agencies(here: Office) -> list[UUID]:
    with here.scene.database.reading() as session:
        return list(session.scalars(select(Agency.id)))


def number(here: Office, person: UUID) -> str:
    with here.scene.database.reading() as session:
        found = session.get(Person, person)
        assert found is not None
        return found.telephone


# --- for whom a route is, and who has which place ---

NOT_JOINT = (
    "“Police and social care disagree about a joint response” is only between agencies of these kinds: "
    "Children’s social care and Police. Choose another kind of disagreement."
)


@pytest.mark.requirement("H-43")
@under("four-lscb")
def test_a_route_between_two_kinds_of_agency_is_refused_to_every_other(here: Office) -> None:
    new, joint = "/escalations/new", {"f-route": "joint_response"}
    assert problems_on(post(here, here.scene.raiser, f"{new}/route", joint)) == [NOT_JOINT]
    concern = here.scene.concern("joint_response", ())
    with here.scene.workshop.writing() as work, pytest.raises(NotAllowedNow, match="is only between"):
        open_escalation(work, by=here.scene.raiser, concern=concern)

    sergeant = here.scene.at("police", "practitioner")
    assert post(here, sergeant, f"{new}/route", joint).status_code == 303
    answer = post(here, sergeant, f"{new}/agencies", {"f-agencies": str(here.scene.agency("health").id)})
    assert problems_on(answer) == [NOT_JOINT]
    escalation, _ = raise_concern(here, sergeant, **joint)
    assert here.scene.standing(escalation).visits[0].route.id == "joint_response"


@pytest.mark.requirement("H-56")
@under("four-lscb")
def test_only_of_a_health_service_a_named_professional_is_asked_for(here: Office) -> None:
    for agency, is_asked in (("school", False), ("health", True)):
        somebody = here.scene.at(agency, "practitioner")
        filler(here, somebody).go_through("/escalations/new", **{"f-route": "plan_implementation"})

        people = words_on(here.visitor(somebody).get("/escalations/new/people"))

        assert f"Named professional at {here.scene.agency('socialcare').name}" not in people
        assert (f"Named professional at {here.scene.agency(agency).name}" in people) == is_asked


@pytest.mark.requirement("H-29")
@under("four-lscb")
def test_the_account_for_the_panel_begins_with_what_was_done_so_far(here: Office) -> None:
    scene = here.scene
    escalation, other = scene.open().escalation_id, scene.at("socialcare", "practitioner")
    scene.record(escalation, Contact(how="telephone"), by=scene.raiser)
    scene.account(escalation, by=other)
    proposed = scene.outcome(escalation, by=other).record_id
    scene.answer(escalation, by=scene.raiser, to=proposed, agrees=False)
    while scene.stage(escalation).number != 4:
        take_further(here, escalation, scene.stepper(escalation))
    visitor, account = here.visitor(scene.raiser), here.path(escalation, "account")
    visitor.get(account)
    address = next(
        link
        for link in html.fromstring(visitor.get(account).text).xpath("//main//a/@href")
        if 'name="q-attempts"' in visitor.get(link).text
    )

    shown = html.fromstring(visitor.get(address).text).xpath("//textarea[@name='q-attempts']")[0].text_content()

    school, social_care = scene.agency("school").name, scene.agency("socialcare").name
    lines = shown.strip().splitlines()
    assert [line for line in lines if not line.startswith("- ")] == [
        f"{scene.policy.stage_title(visit.stage)}, 1 March 2027 {'to 1 March 2027' if visit.left_at else 'until now'}"
        for visit in scene.standing(escalation).visits
    ]
    contact = "): Contact by telephone"
    assert any(line.startswith(f"- 1 March 2027, {school} (") and line.endswith(contact) for line in lines)
    by_social_care = [line for line in lines if line.startswith(f"- 1 March 2027, {social_care} (")]
    assert any(line.endswith("): Account") for line in by_social_care)
    assert any("): Outcome recorded: " in line for line in by_social_care)
    refused = "): Did not agree to the outcome: The plan is too late."
    assert any(line.startswith(f"- 1 March 2027, {school} (") and line.endswith(refused) for line in lines)
    assert sum(line.endswith("): Taken further") for line in lines) == 3
    assert CANARIES[0] in shown, "why it was taken further"
    with scene.database.reading() as session:
        assert not [name for name in session.scalars(select(Person.name)) if name in shown]

    post(here, scene.raiser, address, {"q-attempts": "Three conversations"})
    kept = html.fromstring(visitor.get(address).text).xpath("//textarea[@name='q-attempts']")[0].text_content()
    assert kept.strip() == "Three conversations"
