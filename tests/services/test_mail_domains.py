"""What may be sent to whom: domains wait for a second look, and what a rule changes for what is owed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from forms_app.commands.invented import with_second_officer
from forms_app.db import ledger
from forms_app.db.people import person_with_email
from forms_app.db.tables import AuditEntry, Delivery, MailDomain, Notification, OutboxItem, Person, SignInCode
from forms_app.domain.deliveries import EventKind, Why
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.mail_rules import Rule
from forms_app.mail.compose import Kind
from forms_app.services import confirming
from forms_app.services.boards import BoardFaults, GivenBoard, come_back, leave, set_up_board
from forms_app.services.confirming import DomainLine, domain_lines
from forms_app.services.issuing import owe_posting
from forms_app.services.mail_domains import domains_to_confirm, rule_for
from forms_app.services.notifying import notify
from forms_app.services.signing_in import ask_code
from tests.factories.scenes import DOMAIN, Scene, everybody, invented_board, latest, scene

BOARD = with_second_officer(invented_board(latest("hull"))).given
SCHOOL, CARE, NEW = f"school.{DOMAIN}", f"socialcare.{DOMAIN}", "supply.example"
TEACHER = "tamsin@supply.example"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    yield from _there(sqlite_url)


@pytest.fixture
def both(database_url: str) -> Iterator[Scene]:
    """Where the database has its own way of doing it."""
    yield from _there(database_url)


def _there(url: str) -> Iterator[Scene]:
    with scene(url, "hull") as place:
        load(place, BOARD)
        yield place


def with_teacher(email: str = TEACHER, agency: int = 1, **changed: Any) -> GivenBoard:
    """The Board with somebody new at an agency; 1 is the school, 0 the Board's office."""
    whole = BOARD.model_dump() | changed
    one = {"name": "Tamsin Otterbourne", "email": email, "job_title": "Supply teacher", "level": "practitioner"}
    whole["agencies"][agency]["people"].append(one)
    return GivenBoard.model_validate(whole)


def load(place: Scene, board: GivenBoard) -> None:
    with place.workshop.writing() as work:
        set_up_board(work, board)
    place.people = everybody(place.database)


def lines(place: Scene) -> dict[str, DomainLine]:
    with place.workshop.reading() as work:
        return {line.domain: line for line in domain_lines(work, by=unit(place))}


def unit(place: Scene) -> UUID:
    return place.people[f"unit@board.{DOMAIN}"]


def rule(place: Scene, email: str) -> Rule | None:
    with place.workshop.reading() as work:
        return rule_for(work, person_with_email(work.session, email))


def decide(place: Scene, domain: str, rule: Rule, *, by: UUID | None = None, seen: str | None = None) -> None:
    line = lines(place)[domain]
    with place.workshop.writing() as work:
        stamp = line.stamp if seen is None else seen
        confirming.decide(work, by=by or unit(place), domain_id=line.id, rule=rule, seen=stamp)


# --- what is confirmed, and what waits ---


def test_the_file_that_sets_up_a_board_confirms_its_domains_by_the_boards_own_list(both: Scene) -> None:
    found = lines(both)

    assert {line.rule for line in found.values()} == {Rule.ATTACH, Rule.LINK}
    assert (found[SCHOOL].rule, found[CARE].rule) == (Rule.LINK, Rule.ATTACH)
    assert {line.by for line in found.values()} == {"The people who run this service"}
    assert (rule(both, f"colleague@{SCHOOL}"), rule(both, f"colleague@{CARE}")) == (Rule.LINK, Rule.ATTACH)


@pytest.mark.parametrize("secure", [True, False])
def test_a_domain_that_comes_later_waits_and_shows_whose_address_is_there(here: Scene, secure: bool) -> None:
    listed = {"secure_domains": [*BOARD.secure_domains, NEW]} if secure else {}
    load(here, with_teacher(**listed))

    line = next(iter(lines(here).values()))
    assert (line.domain, line.rule, line.is_listed) == (NEW, None, secure)
    (holder,) = line.people
    assert (holder.name, holder.job_title, holder.agency) == (
        "Tamsin Otterbourne",
        "Supply teacher",
        "Inventedshire Primary School",
    )
    assert rule(here, TEACHER) is None, "also where the file lists it as secure"


def test_a_domain_of_one_agency_is_unknown_in_another(here: Scene) -> None:
    load(here, with_teacher(f"tamsin@{CARE}"))

    assert rule(here, f"tamsin@{CARE}") is None
    assert rule(here, f"colleague@{CARE}") is Rule.ATTACH


def test_who_moves_to_another_agency_is_checked_against_that_ones_domains(here: Scene) -> None:
    whole = BOARD.model_dump()
    moved = whole["agencies"][1]["people"].pop()
    whole["agencies"][3]["people"].append(moved)
    assert rule(here, moved["email"]) is Rule.LINK

    load(here, GivenBoard.model_validate(whole))

    assert rule(here, moved["email"]) is None


def test_loading_the_file_again_leaves_what_was_decided(here: Scene) -> None:
    load(here, with_teacher())
    decide(here, NEW, Rule.LINK)
    decide(here, SCHOOL, Rule.NEVER)

    load(here, with_teacher(secure_domains=[SCHOOL, NEW]))

    assert (rule(here, TEACHER), rule(here, f"colleague@{SCHOOL}")) == (Rule.LINK, Rule.NEVER)


def test_a_domain_in_other_letters_waits_even_in_the_first_file(sqlite_url: str) -> None:
    alike = "una@xn--inventedshire-5ig.example"
    with scene(sqlite_url, "hull") as place:
        other = with_teacher(alike).model_dump()
        for agency in other["agencies"]:
            for person in agency["people"]:
                person["email"] = person["email"].replace("inventedshire", "elsewhere")
        other |= {"code": "ELS", "name": "Elsewhere Board"}
        alike = alike.replace("inventedshire", "elsewhere")
        load(place, GivenBoard.model_validate(other))

        assert rule(place, alike) is None
        assert rule(place, "colleague@school.elsewhere.example") is Rule.LINK
        with place.workshop.reading() as work:
            (line,) = confirming.lines_at(work, board_code="ELS", domain=alike.partition("@")[2])
        assert line.is_foreign


def test_who_comes_back_to_a_domain_that_nobody_named_waits(here: Scene) -> None:
    load(here, with_teacher())
    with here.workshop.writing() as work:
        leave(work, TEACHER)
        work.session.delete(work.session.scalars(select(MailDomain).where(MailDomain.domain == NEW)).one())
    assert NEW not in lines(here)

    with here.workshop.writing() as work:
        come_back(work, TEACHER)

    assert lines(here)[NEW].rule is None


def test_where_everybody_has_left_nothing_waits(here: Scene) -> None:
    load(here, with_teacher())
    assert _to_confirm(here) == 1

    with here.workshop.writing() as work:
        leave(work, TEACHER)

    assert _to_confirm(here) == 0
    assert NEW not in lines(here)


def _to_confirm(place: Scene) -> int | None:
    with place.workshop.reading() as work:
        assert domains_to_confirm(work, by=place.holder("chair")) is None
        return domains_to_confirm(work, by=unit(place))


# --- public webmail ---


def test_public_webmail_is_refused_by_its_address_and_may_be_allowed(here: Scene) -> None:
    with pytest.raises(BoardFaults, match=r"tamsin@gmail\.com: anybody can have an address at gmail\.com"):
        load(here, with_teacher("tamsin@gmail.com"))

    load(here, with_teacher("tamsin@gmail.com", allowed_webmail=["gmail.com"]))

    assert lines(here)["tamsin@gmail.com"].rule is None


def test_public_webmail_cannot_be_listed_as_secure(here: Scene) -> None:
    with pytest.raises(BoardFaults, match=r"secure_domains: gmail\.com is public webmail"):
        load(here, with_teacher(secure_domains=["gmail.com"]))


def test_each_address_at_public_webmail_is_confirmed_on_its_own_and_never_attached_to(here: Scene) -> None:
    load(here, with_teacher("tamsin@gmail.com", allowed_webmail=["gmail.com"]))
    with pytest.raises(NotAllowedNow, match="no document can be attached"):
        decide(here, "tamsin@gmail.com", Rule.ATTACH)
    decide(here, "tamsin@gmail.com", Rule.LINK)

    load(here, with_teacher("tamsim@gmail.com", allowed_webmail=["gmail.com"]))

    assert (rule(here, "tamsin@gmail.com"), rule(here, "tamsim@gmail.com")) == (Rule.LINK, None)


def test_a_domain_of_public_webmail_from_before_counts_until_the_file_is_loaded_again(here: Scene) -> None:
    load(here, with_teacher())
    with here.workshop.writing() as work:
        person_with_email(work.session, TEACHER).email = "tamsin@gmail.com"
        named = work.session.scalars(select(MailDomain).where(MailDomain.domain == NEW)).one()
        named.domain, named.confirmed_at, named.rule = "gmail.com", work.now, "attach"
    assert rule(here, "tamsin@gmail.com") is Rule.LINK
    assert [holder.address for holder in lines(here)["gmail.com"].people] == ["tamsin@gmail.com"]

    load(here, with_teacher("tamsin@gmail.com", allowed_webmail=["gmail.com"]))

    assert rule(here, "tamsin@gmail.com") is None


# --- who decides ---


def test_who_confirms_is_named_and_noted(here: Scene) -> None:
    load(here, with_teacher())
    here.clock.forward(days=1)

    decide(here, NEW, Rule.ATTACH)

    line = lines(here)[NEW]
    assert (line.rule, line.since) == (Rule.ATTACH, "2 March 2027")
    with here.workshop.reading() as work:
        assert line.by == work.session.scalars(select(Person.name).where(Person.id == unit(here))).one()
        entry = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.person_id, entry.about_id) == ("mail_domain_confirmed_attach", unit(here), line.id)


def test_nobody_decides_about_the_domain_of_their_own_address(here: Scene) -> None:
    with pytest.raises(NotAllowedNow, match="Your own address is there"):
        decide(here, f"board.{DOMAIN}", Rule.NEVER)

    load(here, with_teacher(f"tamsin@board.{DOMAIN}"))
    board = [line for line in _every(here) if line.domain == f"board.{DOMAIN}" and line.rule is None]
    with here.workshop.writing() as work:
        confirming.decide(work, by=unit(here), domain_id=board[0].id, rule=Rule.LINK, seen=board[0].stamp)
    assert rule(here, f"tamsin@board.{DOMAIN}") is Rule.LINK, "at another agency it is another decision"


def _every(place: Scene) -> tuple[DomainLine, ...]:
    with place.workshop.reading() as work:
        return domain_lines(work, by=unit(place))


def test_only_the_boards_own_business_unit_decides(both: Scene) -> None:
    for who in (both.raiser, both.holder("chair")):
        with pytest.raises(NotFound):
            decide(both, SCHOOL, Rule.LINK, by=who)
    other = BOARD.model_dump() | {"code": "ELS", "name": "Elsewhere Board"}
    for agency in other["agencies"]:
        for person in agency["people"]:
            person["email"] = person["email"].replace("inventedshire", "elsewhere")
    load(both, GivenBoard.model_validate(other))

    with pytest.raises(NotFound):
        decide(both, SCHOOL, Rule.NEVER, by=both.people["unit@board.elsewhere.example"])
    assert rule(both, f"colleague@{SCHOOL}") is Rule.LINK


def test_who_looked_at_something_older_decides_nothing(here: Scene) -> None:
    load(here, with_teacher())
    before = lines(here)[NEW].stamp
    decide(here, NEW, Rule.NEVER, by=here.people[f"second.unit@board.{DOMAIN}"])

    with pytest.raises(ChangedMeanwhile):
        decide(here, NEW, Rule.ATTACH, seen=before)

    assert rule(here, TEACHER) is Rule.NEVER


def test_of_two_who_decide_at_the_same_moment_one_is_told_what_the_other_decided(both: Scene) -> None:
    load(both, with_teacher())
    line, second = lines(both)[NEW], both.people[f"second.unit@board.{DOMAIN}"]

    def as_second() -> None:
        with both.workshop.writing() as work:
            confirming.decide(work, by=second, domain_id=line.id, rule=Rule.ATTACH, seen=line.stamp)

    with ThreadPoolExecutor(1) as other:
        with both.workshop.writing() as work:
            confirming.decide(work, by=unit(both), domain_id=line.id, rule=Rule.NEVER, seen=line.stamp)
            work.session.flush()
            at_once = other.submit(as_second)
            time.sleep(0.3)  # so that it has looked, if it can
        with pytest.raises(ChangedMeanwhile):
            at_once.result()

    assert rule(both, TEACHER) is Rule.NEVER


def test_the_same_sent_twice_is_done_once(here: Scene) -> None:
    load(here, with_teacher())
    before = lines(here)[NEW].stamp

    for _ in range(2):
        decide(here, NEW, Rule.LINK, seen=before)

    with here.workshop.reading() as work:
        actions = list(work.session.scalars(select(AuditEntry.action)))
    assert actions.count("mail_domain_confirmed_link") == 1


# --- what is owed ---


def owed(place: Scene, at: str) -> list[Delivery]:
    """What is owed to whoever has an address that ends like this."""
    with place.workshop.reading() as work:
        found = [each for each in work.session.scalars(select(Delivery)) if each.address.endswith(at)]
        work.session.expunge_all()
        return found


def given_up(place: Scene, at: str, *codes: Why) -> list[UUID]:
    """So many of the deliveries there were given up, each for its reason; which ones."""
    deliveries = [delivery.id for delivery in owed(place, at)][: len(codes)]
    with place.workshop.writing() as work:
        for delivery, code in zip(deliveries, codes, strict=True):
            owe_posting(work, delivery)
            ledger.add_event(work.session, delivery, EventKind.GIVEN_UP, work.now, code=code)
        for item in work.session.scalars(select(OutboxItem).where(OutboxItem.about_id.in_(deliveries))):
            item.parked_at, item.tries = work.now, 7
    return deliveries


def due(place: Scene) -> set[UUID]:
    """What is posted next."""
    with place.workshop.reading() as work:
        wanted = select(OutboxItem).where(OutboxItem.kind.startswith("post_"), OutboxItem.done_at.is_(None))
        return {item.about_id for item in work.session.scalars(wanted) if item.parked_at is None and item.tries == 0}


def with_an_escalation_of_the_teachers(place: Scene) -> None:
    load(place, with_teacher())
    place.account(place.open(by=place.people[TEACHER]).escalation_id, by=place.people[TEACHER])


def test_what_waits_goes_when_its_domain_is_confirmed_and_what_failed_otherwise_does_not(both: Scene) -> None:
    with_an_escalation_of_the_teachers(both)
    waits, _ = given_up(both, TEACHER, Why.UNCONFIRMED, Why.REFUSED)
    assert not any(each.attached for each in owed(both, TEACHER))
    assert not due(both)

    decide(both, NEW, Rule.NEVER)
    assert not due(both)
    decide(both, NEW, Rule.LINK)
    assert due(both) == {waits}


def test_what_was_to_go_together_goes_together(both: Scene) -> None:
    with_an_escalation_of_the_teachers(both)
    waits = given_up(both, TEACHER, Why.UNCONFIRMED, Why.UNCONFIRMED)
    with both.workshop.writing() as work:
        teacher = work.session.get(Person, both.people[TEACHER])
        assert teacher is not None
        notify(work, Kind.DOCUMENTS_WAITING, teacher, key="one")
        together = work.session.scalars(select(Notification.id)).one()
        work.session.execute(update(Delivery).where(Delivery.id.in_(waits)).values(notification_id=together))
        work.session.execute(update(OutboxItem).where(OutboxItem.about_id == together).values(parked_at=work.now))

    decide(both, NEW, Rule.LINK)

    assert due(both) == {together}


def test_what_waits_for_others_stays(here: Scene) -> None:
    load(here, with_teacher())
    here.open()
    given_up(here, SCHOOL, Why.UNCONFIRMED)

    decide(here, NEW, Rule.LINK)

    assert not due(here)


def test_what_is_owed_is_not_attached_any_more_when_the_rule_becomes_stricter(both: Scene) -> None:
    both.account(both.open().escalation_id, by=both.raiser)
    before = owed(both, CARE)
    assert len(before) > 1
    assert all(delivery.attached for delivery in before)
    with both.workshop.writing() as work:
        ledger.add_attempt(work.session, before[0].id, "accepted", work.now)

    decide(both, CARE, Rule.LINK)

    after = {delivery.id: delivery.attached for delivery in owed(both, CARE)}
    assert after == {delivery.id: delivery is before[0] for delivery in before}, "what a server took stays as it was"


# --- signing in ---


@pytest.mark.parametrize("rule", [None, Rule.NEVER])
def test_no_code_is_sent_where_nothing_may_be_sent(here: Scene, rule: Rule | None) -> None:
    load(here, with_teacher())
    if rule is not None:
        decide(here, NEW, rule)

    with here.workshop.writing() as work:
        ask_code(work, address=TEACHER, secret=b"invented", link=str)
    assert not _codes(here)

    decide(here, NEW, Rule.LINK)
    with here.workshop.writing() as work:
        ask_code(work, address=TEACHER, secret=b"invented", link=str)
    assert len(_codes(here)) == 1


def _codes(place: Scene) -> list[SignInCode]:
    """Those that somebody is sent: for nobody one is written down too, so that both take as long."""
    with place.workshop.reading() as work:
        return list(work.session.scalars(select(SignInCode).where(SignInCode.person_id.is_not(None))))


# --- whoever runs the service ---


def test_the_operator_confirms_a_domain_in_every_agency_that_has_it(here: Scene) -> None:
    load(here, with_teacher())
    with here.workshop.writing() as work:
        confirming.decide_for_operator(work, board_code="INV", domain=NEW, rule=Rule.LINK)

    assert (lines(here)[NEW].rule, lines(here)[NEW].by) == (Rule.LINK, "The people who run this service")
    with here.workshop.writing() as work:
        with pytest.raises(NotFound, match="no Board of that code"):
            confirming.decide_for_operator(work, board_code="ABC", domain=NEW, rule=Rule.LINK)
        with pytest.raises(NotFound, match="Nobody of this Board has an address there"):
            confirming.decide_for_operator(work, board_code="INV", domain="nowhere.example", rule=Rule.LINK)
