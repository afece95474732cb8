"""Five invented Boards with invented people, one for each of the policies that come with the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle

from forms_app.domain.policy import OFFICE, Policy, Side
from forms_app.domain.seats import Seat
from forms_app.policies.shelf import Shelf
from forms_app.services.boards import GivenAgency, GivenBoard, GivenContact, GivenPerson

BOARDS = {
    "annex-c": ("OAK", "Oakshire Safeguarding Board", "oakshire"),
    "berkshire": ("THA", "Thamesford Safeguarding Children Board", "thamesford"),
    "four-lscb": ("SOL", "Solent Reach Safeguarding Children Board", "solentreach"),
    "hull": ("HUM", "Humberwick Safeguarding Children Board", "humberwick"),
    "west-sussex": ("DOW", "Downsea Safeguarding Children Partnership", "downsea"),
}
AGENCIES = {
    "school": ("{place} Primary School", "school"),
    "childrens_social_care": ("{place} Children’s Social Care", "socialcare"),
    "police": ("{place} Police", "police"),
    "health": ("{place} Community Health", "health"),
    "voluntary": ("{place} Family Support Charity", "charity"),
}
SECURE = ("socialcare", "police", "health", "board")
"""The agencies whose mail domains the invented Boards list as secure."""
AGENCY_LEVELS = (
    "practitioner",
    "first_line_manager",
    "senior_manager",
    "safeguarding_lead",
    "executive",
    "board_member",
)
OFFICE_SEATS = {
    "business_unit": ("Business unit officer", "unit"),
    "chair": ("Independent Chair", "chair"),
    "sub_group": ("Sub-group secretary", "subgroup"),
    "directors": ("Directors’ office", "directors"),
    "liaison_officer": ("Senior Liaison Officer", "liaison"),
    "policy_sub_group": ("Policy sub-group secretary", "policies"),
}
SEAT_LEVELS = {"chair": ("independent_chair", "scrutineer"), "liaison_officer": ("liaison_officer",)}
OFFICE_LEVELS = ("scrutineer",)
DESIGNATED = {"safeguarding_lead": 40, "nominated_manager": 130, "board_member": 500}
"""The levels that stand in the directory, and how many days ago each was last checked."""
UNCHECKED = "voluntary"
"""The kind of agency whose contacts nobody ever checked."""
ALWAYS_OPEN = ("childrens_social_care", "police", "health")
OFFICE_HOURS = "Monday to Friday, 9am to 5pm"
LAST_LOOKED = date(2026, 10, 1)
FIRST_NAMES = (
    "Aderyn",
    "Bethan",
    "Cai",
    "Dilys",
    "Emrys",
    "Hafsa",
    "Joan",
    "Kofi",
    "Leila",
    "Petra",
    "Tomasz",
    "Wren",
    "Zofia",
)
LAST_NAMES = (
    "Ashdown",
    "Brackley",
    "Dunmore",
    "Fairlight",
    "Garrowby",
    "Jessop",
    "Lowther",
    "Netherby",
    "Penhallow",
    "Venning",
    "Yarrow",
)
"""13 and 11: every pair comes once before the first one comes again."""


@dataclass(frozen=True)
class Invented:
    """A Board, and the people by whom a newcomer tries the service, each with what they are."""

    given: GivenBoard
    sign_ins: tuple[tuple[str, GivenPerson], ...]

    @property
    def raiser(self) -> GivenPerson:
        return self.sign_ins[0][1]


def invented_boards(shelf: Shelf, *, today: date = LAST_LOOKED) -> list[Invented]:
    """The same Boards and people each time, under the newest version of each policy that has a Board here.

    Their contacts were last checked some time before `today`, a few of them too long ago.
    """
    newest = {policy.id: policy for policy in shelf}
    found = []
    for policy in newest.values():
        for start, (code, name, domain) in BOARDS.items():
            if policy.id.startswith(start):
                found.append(_board(policy, code, name, domain, today))
    return found


def invented_board(policy: Policy) -> Invented:
    """One Board with invented people that has adopted this policy, whichever it is."""
    return _board(policy, "INV", "Inventedshire Safeguarding Board", "inventedshire", LAST_LOOKED)


def with_second_officer(board: Invented) -> Invented:
    """The same with another officer in the business unit: what one of them prepares, another one must look at."""
    office, *agencies = board.given.agencies
    first = next(person for person in office.people if person.seat == "business_unit")
    email = first.email.replace("unit@", "second.unit@")
    second = _person("Sorrel Whitlock", email, first.job_title, first.level, first.seat)
    staffed = office.model_copy(update={"people": [*office.people, second]})
    given = board.given.model_copy(update={"agencies": [staffed, *agencies]})
    return Invented(given, (*board.sign_ins, ("second person of the business unit", second)))


def with_those_apart(board: Invented) -> Invented:
    """The same with whoever sees no escalation: an analyst, an auditor, and one who administers the school's people."""
    office, school, *agencies = board.given.agencies
    at, there = (agency.people[0].email.partition("@")[2] for agency in (office, school))
    analyst = _person("Linnet Overbury", f"analyst@{at}", "Data analyst", OFFICE, Seat.ANALYST)
    auditor = _person("Corin Ashgrove", f"auditor@{at}", "Auditor", OFFICE, Seat.AUDITOR)
    keeper = _person("Perrin Holloway", f"administrator@{there}", "Business manager", school.people[0].level)
    keeper = keeper.model_copy(update={"administers_agency": True})
    staffed = office.model_copy(update={"people": [*office.people, analyst, auditor]})
    joined = school.model_copy(update={"people": [*school.people, keeper]})
    given = board.given.model_copy(update={"agencies": [staffed, joined, *agencies]})
    apart = (
        ("analyst: numbers alone", analyst),
        ("auditor: the trail alone", auditor),
        ("administrator of the school", keeper),
    )
    return Invented(given, (*board.sign_ins, *apart))


def with_newcomer(board: Invented) -> Invented:
    """The same with somebody at a new mail domain: nothing is sent there until the business unit has confirmed it."""
    office, school, *agencies = board.given.agencies
    first = school.people[0]
    email = f"newcomer@supply.{first.email.partition('@')[2].partition('.')[2]}"
    newcomer = _person("Marlow Tetherby", email, first.job_title, first.level)
    joined = school.model_copy(update={"people": [*school.people, newcomer]})
    return Invented(board.given.model_copy(update={"agencies": [office, joined, *agencies]}), board.sign_ins)


def _board(policy: Policy, code: str, name: str, domain: str, today: date) -> Invented:
    names = _names(code)
    place = name.split(" Safeguarding")[0]
    agencies = [_office(policy, f"{place} Safeguarding Office", domain, names)]
    kinds = {kind.id for kind in policy.agency_kinds}
    for kind, (title, mail) in AGENCIES.items():
        known = kind if kind in kinds else policy.agency_kinds[0].id
        agencies.append(_agency(policy, known, title.format(place=place), f"{mail}.{domain}.example", names, today))
    board = GivenBoard(
        code=code,
        name=name,
        policy=policy.key,
        telephone="01632 960 " + f"{100 + sum(map(ord, code)) % 800}",
        email=f"unit@board.{domain}.example",
        secure_domains=[f"{mail}.{domain}.example" for mail in SECURE],
        contacts=[*_contacts_of_board(policy, agencies[0], place, today)],
        agencies=agencies,
    )
    return Invented(
        board, tuple(_sign_ins(board, _usual(policy, "practitioner", 0), _usual(policy, "first_line_manager", 1)))
    )


def _agency(policy: Policy, kind: str, name: str, domain: str, names: Iterator[str], today: date) -> GivenAgency:
    known = {level.id for level in policy.levels}
    levels = [level for level in AGENCY_LEVELS if level in known]
    levels += [
        level for level in _needed(policy, Side.RAISING, Side.RESPONDING) if level not in {*levels, "conference_chair"}
    ]
    people = [
        _person(next(names), f"{level.replace('_', '.')}@{domain}", policy.level_title(level, kind), level)
        for level in levels
    ]
    if kind == "childrens_social_care" and "conference_chair" in known:
        people.append(
            _person(
                next(names), f"conference.chair@{domain}", policy.level_title("conference_chair"), "conference_chair"
            )
        )
    lowest = _usual(policy, "practitioner", 0)
    people.append(_person(next(names), f"colleague@{domain}", policy.level_title(lowest, kind), lowest))
    return GivenAgency(name=name, kind=kind, people=people, contacts=[*_contacts_of_agency(kind, people, today)])


def _contacts_of_agency(kind: str, people: list[GivenPerson], today: date) -> Iterator[GivenContact]:
    for person in people:
        if person.level in DESIGNATED:
            yield GivenContact(
                role=person.job_title,
                name=person.name,
                telephone=person.telephone,
                out_of_hours_telephone=_number(f"night {person.email}") if kind in ALWAYS_OPEN else None,
                email=person.email,
                hours=OFFICE_HOURS,
                checked_on=None if kind == UNCHECKED else today - timedelta(days=DESIGNATED[person.level]),
                checked_by="" if kind == UNCHECKED else person.job_title,
            )


def _contacts_of_board(policy: Policy, office: GivenAgency, place: str, today: date) -> Iterator[GivenContact]:
    checker = OFFICE_SEATS["business_unit"][0]
    yield GivenContact(
        role="Children’s social care, out of hours",
        name=f"{place} emergency duty team",
        out_of_hours_telephone=_number(f"emergency {place}"),
        hours="Evenings, weekends and bank holidays",
        checked_on=today - timedelta(days=20),
        checked_by=checker,
    )
    yield GivenContact(
        role="Local Authority Designated Officer",
        telephone=_number(f"designated {place}"),
        hours=OFFICE_HOURS,
        checked_on=today - timedelta(days=400),
        checked_by=checker,
    )
    if any(level.id == "liaison_officer" for level in policy.levels):
        named = (contact.name for contact in policy.contacts if "Liaison Officer" in contact.name)
        officer = next(person for person in office.people if person.seat == "liaison_officer")
        yield GivenContact(
            role=next(named, officer.job_title),
            name=officer.name,
            telephone=officer.telephone,
            email=officer.email,
            hours=OFFICE_HOURS,
            checked_on=today - timedelta(days=75),
            checked_by=checker,
        )


def _office(policy: Policy, name: str, domain: str, names: Iterator[str]) -> GivenAgency:
    known = {level.id for level in policy.levels}
    people = []
    told = {audience for notice in policy.notices for audience in notice.to}
    for seat, (title, mail) in OFFICE_SEATS.items():
        if seat == "policy_sub_group" and seat not in told:
            continue
        level = next((level for level in SEAT_LEVELS.get(seat, ()) if level in known), OFFICE)
        title = policy.level_title(level) if level != OFFICE else title
        people.append(_person(next(names), f"{mail}@board.{domain}.example", title, level, seat))
    taken = {person.level for person in people}
    of_the_board = [level for level in _needed(policy, Side.BOARD) if level not in {*AGENCY_LEVELS, *OFFICE_SEATS}]
    for level in dict.fromkeys((*OFFICE_LEVELS, *of_the_board)):
        if level in known - taken:
            mail = level.replace("_", ".")
            people.append(_person(next(names), f"{mail}@board.{domain}.example", policy.level_title(level), level))
    return GivenAgency(name=name, kind=OFFICE, people=people)


def _usual(policy: Policy, level: str, rank: int) -> str:
    """The level that is usually called so; in a policy with levels of its own, the one of this rank from below."""
    known = [each.id for each in policy.levels]
    return level if level in known else known[min(rank, len(known) - 1)]


def _needed(policy: Policy, *sides: Side) -> list[str]:
    """The levels without which a stage cannot begin, from the lowest up."""
    actors = [actor for route in policy.routes for stage in route.stages for actor in stage.actors]
    needed = {actor.level for actor in actors if actor.needed and actor.side in sides}
    return [level.id for level in policy.levels if level.id in needed]


def _person(name: str, email: str, job_title: str, level: str, seat: str | None = None) -> GivenPerson:
    return GivenPerson.model_validate(
        {
            "name": name,
            "email": email,
            "job_title": job_title,
            "level": level,
            "seat": seat,
            "telephone": _number(email),
        }
    )


def _number(whose: str) -> str:
    """One of the numbers that are kept free for stories."""
    return f"01632 960 {sum(map(ord, whose)) % 900 + 100}"


def _sign_ins(board: GivenBoard, practitioner: str, manager: str) -> Iterator[tuple[str, GivenPerson]]:
    raising, responding, office = board.agencies[1], board.agencies[2], board.agencies[0]
    yield "practitioner who raises it", _at(raising, practitioner)
    yield "their manager", _at(raising, manager)
    yield "practitioner of the other agency", _at(responding, practitioner)
    yield "manager of the other agency", _at(responding, manager)
    yield "Board’s business unit", next(person for person in office.people if person.seat == "business_unit")
    yield "Board’s chair", next(person for person in office.people if person.seat == "chair")


def _at(agency: GivenAgency, level: str) -> GivenPerson:
    return next((person for person in agency.people if person.level == level), agency.people[0])


def _names(code: str) -> Iterator[str]:
    """Names that differ within a Board and from Board to Board."""
    shift = sum(map(ord, code))
    firsts, lasts = cycle(FIRST_NAMES), cycle(LAST_NAMES)
    for _ in range(shift % len(FIRST_NAMES)):
        next(firsts)
    for _ in range(shift % len(LAST_NAMES)):
        next(lasts)
    while True:
        yield f"{next(firsts)} {next(lasts)}"
