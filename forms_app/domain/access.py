"""Who may do what: one table. What no line of it allows, nobody may; docs/access.md is made from it.

A page names the line by which it opens, and a service asks for the same line. What a line leaves to the stage is decided by
`domain.acts`, what it leaves to the reader's place by `domain.sight`, and what a read finds is asked of `db.reads`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum, unique
from typing import Protocol
from uuid import UUID

from forms_app.domain.policy import Side
from forms_app.domain.seats import Seat


class Holder(Protocol):
    """Somebody with what makes their roles."""

    @property
    def seat(self) -> str | None: ...

    @property
    def administers_agency(self) -> bool: ...


class Role(StrEnum):
    """What somebody is, whatever a page is about."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed_in"
    PRACTITIONER = "practitioner"
    """Whoever can take part in an escalation: everybody who is signed in, but for those who stand apart."""
    ADMINISTRATOR = "administrator"
    BUSINESS_UNIT = "business_unit"
    CHAIR = "chair"
    SCRUTINEER = "scrutineer"
    SUB_GROUP = "sub_group"
    POLICY_SUB_GROUP = "policy_sub_group"
    DIRECTORS = "directors"
    LIAISON_OFFICER = "liaison_officer"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    SYSTEM = "system"
    """A program with a token of an agency or of a Board. It is nobody, and signs in nowhere."""


APART = frozenset({Seat.ANALYST, Seat.AUDITOR})
"""Seats whose holders see no escalation, and so cannot take part in one."""


class Relation(StrEnum):
    """How somebody stands to that which a page is about."""

    RAISER = "raiser"
    RAISING_SIDE = "raising_side"
    RESPONDING_SIDE = "responding_side"
    BOARD_SIDE = "board_side"
    OFFICE = "office"
    """Of the Board that was told of the escalation."""
    RECIPIENT = "recipient"
    """A document is owed to them, or is their own agency's copy."""
    SENIOR = "senior"
    """Above the policy's two lowest levels in the agency that it belongs to."""
    OWN_AGENCY = "own_agency"
    OWN_BOARD = "own_board"


PARTIES = frozenset({Relation.RAISER, Relation.RAISING_SIDE, Relation.RESPONDING_SIDE, Relation.BOARD_SIDE})
SIDES = {
    Side.RAISING: Relation.RAISING_SIDE,
    Side.RESPONDING: Relation.RESPONDING_SIDE,
    Side.BOARD: Relation.BOARD_SIDE,
}
IN_THE_ADDRESS = PARTIES | {Relation.OFFICE, Relation.RECIPIENT, Relation.SENIOR}
"""What the door can find out before a page is opened; the others are asked where the page reads what it shows."""


class When(StrEnum):
    """At which stage. What is not always is decided where the enumeration says."""

    ALWAYS = "always"
    THE_STAGE_LETS = "the_stage_lets"
    """`domain.acts.acts_open_to`."""
    AS_FAR_AS_THEY_SEE = "as_far_as_they_see"
    """`domain.sight`."""
    ONCE_TOLD = "once_told"
    """`db.reads`: once a notice or a proforma told the Board."""
    ONCE_SENT = "once_sent"
    """`db.reads`: once it is owed to them, and while it is not withdrawn."""
    ONCE_RELEASED = "once_released"
    """`services.reports`: once two people have let it go, and while it is not withdrawn."""


class Section(StrEnum):
    PUBLIC = "public"
    ACCOUNT = "account"
    OWN_LIST = "own_list"
    SUBJECT = "subject"
    RECORDS = "records"
    RESTRICTED_NOTES = "restricted_notes"
    PROTECTED_ADDRESS = "protected_address"
    DOCUMENTS = "documents"
    DELIVERIES = "deliveries"
    PLACES = "places"
    TIMELINE = "timeline"
    DEADLINES = "deadlines"
    EVERYTHING = "everything"
    FILE_COPY = "file_copy"
    RELEASES = "releases"
    REGISTER = "register"
    SETS = "sets"
    NUMBERS = "numbers"
    REPORTS = "reports"
    LEARNING = "learning"
    PATTERNS = "patterns"
    TRAIL = "trail"
    PEOPLE = "people"
    CONTACTS = "contacts"
    TITLES = "titles"
    MAIL_DOMAINS = "mail_domains"
    EMAIL_TEXTS = "email_texts"
    LAYOUTS = "layouts"
    BLANK_FORMS = "blank_forms"
    ISSUED_FILES = "issued_files"
    KEEPING = "keeping"
    SYSTEMS = "systems"
    POLICIES = "policies"


class Action(StrEnum):
    SEE = "see"
    WRITE = "write"
    DOWNLOAD = "download"
    SEND = "send"
    WITHDRAW = "withdraw"
    PREPARE = "prepare"
    RELEASE = "release"
    PUBLISH = "publish"
    CONFIRM = "confirm"
    HAND_OVER = "hand_over"
    ADMINISTER = "administer"
    RESET = "reset"
    PROPOSE = "propose"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class To:
    """One line: to whom, standing how, and when. Without a relation it is about nothing that belongs to somebody."""

    roles: frozenset[Role]
    relations: frozenset[Relation] = frozenset()
    when: When = When.ALWAYS


@dataclass(frozen=True, slots=True)
class Entry:
    action: Action
    section: Section
    lines: tuple[To, ...]
    not_by: str = ""
    """Who must not do it, though a line allows it: nobody signs off their own."""

    @property
    def relations(self) -> frozenset[Relation]:
        return frozenset[Relation]().union(*(line.relations for line in self.lines))

    def relations_for(self, roles: Collection[Role]) -> frozenset[Relation]:
        """How somebody of these roles can stand to it so that a line allows it."""
        return frozenset[Relation]().union(*(line.relations for line in self.lines if not line.roles.isdisjoint(roles)))


OFFICE = frozenset({Role.BUSINESS_UNIT, Role.CHAIR})
UNIT = frozenset({Role.BUSINESS_UNIT})
ANYBODY, SIGNED_IN = To(frozenset({Role.ANYBODY})), To(frozenset({Role.SIGNED_IN}))
PRACTITIONER = To(frozenset({Role.PRACTITIONER}))
ADMINISTRATORS = (
    To(UNIT, frozenset({Relation.OWN_BOARD})),
    To(frozenset({Role.ADMINISTRATOR}), frozenset({Relation.OWN_AGENCY})),
)
BY_OFFICE, BY_UNIT = To(OFFICE, frozenset({Relation.OWN_BOARD})), To(UNIT, frozenset({Relation.OWN_BOARD}))
REGISTERED = To(OFFICE, frozenset({Relation.OFFICE}), When.ONCE_TOLD)


def _parties(when: When = When.ALWAYS, of: Collection[Relation] = PARTIES) -> To:
    return To(frozenset({Role.PRACTITIONER}), frozenset(of), when)


@unique
class May(Enum):
    """The table."""

    # --- about nobody ---
    SEE_PUBLIC_PAGES = Entry(Action.SEE, Section.PUBLIC, (ANYBODY,))
    KEEP_OWN_ACCOUNT = Entry(Action.ADMINISTER, Section.ACCOUNT, (SIGNED_IN,))
    # --- one escalation, by those who take part ---
    SEE_OWN_LIST = Entry(Action.SEE, Section.OWN_LIST, (PRACTITIONER,))
    OPEN_ESCALATION = Entry(Action.WRITE, Section.OWN_LIST, (PRACTITIONER,))
    SEE_SUBJECT = Entry(Action.SEE, Section.SUBJECT, (_parties(When.AS_FAR_AS_THEY_SEE),))
    SEE_RECORDS = Entry(Action.SEE, Section.RECORDS, (_parties(When.AS_FAR_AS_THEY_SEE),))
    RECORD = Entry(Action.WRITE, Section.RECORDS, (_parties(When.THE_STAGE_LETS),))
    SEE_RESTRICTED_NOTES = Entry(Action.SEE, Section.RESTRICTED_NOTES, (_parties(When.AS_FAR_AS_THEY_SEE),))
    SEE_PROTECTED_ADDRESS = Entry(Action.SEE, Section.PROTECTED_ADDRESS, (_parties(When.AS_FAR_AS_THEY_SEE),))
    DECIDE_PROTECTED_ADDRESS = Entry(
        Action.RELEASE,
        Section.PROTECTED_ADDRESS,
        (_parties(),),
        "whoever gave the reason for keeping the place in the document",
    )
    SEE_DOCUMENTS = Entry(
        Action.SEE,
        Section.DOCUMENTS,
        (To(frozenset({Role.PRACTITIONER}), frozenset({Relation.RECIPIENT}), When.ONCE_SENT),),
    )
    DOWNLOAD_DOCUMENTS = Entry(
        Action.DOWNLOAD,
        Section.DOCUMENTS,
        (To(frozenset({Role.PRACTITIONER}), frozenset({Relation.RECIPIENT}), When.ONCE_SENT),),
    )
    DOWNLOAD_DEIDENTIFIED = Entry(
        Action.DOWNLOAD, Section.REGISTER, (To(OFFICE, frozenset({Relation.OWN_BOARD}), When.ONCE_TOLD),)
    )
    ANSWER_DOCUMENT = Entry(
        Action.WRITE,
        Section.DOCUMENTS,
        (To(frozenset({Role.PRACTITIONER}), frozenset({Relation.RECIPIENT}), When.ONCE_SENT),),
    )
    SEND_AGAIN = Entry(Action.SEND, Section.DELIVERIES, (_parties(), To(UNIT, frozenset({Relation.OWN_BOARD}))))
    SEE_FAILING_DELIVERIES = Entry(Action.SEE, Section.DELIVERIES, (BY_UNIT,))
    WITHDRAW_DOCUMENT = Entry(Action.WITHDRAW, Section.DOCUMENTS, (_parties(), BY_UNIT))
    REMOVE_PARTY = Entry(Action.WITHDRAW, Section.PLACES, (_parties(),))
    HAND_OVER_PLACE = Entry(Action.HAND_OVER, Section.PLACES, (_parties(), BY_UNIT))
    COVER_PLACE = Entry(Action.ADMINISTER, Section.PLACES, (_parties(),))
    SEE_EMPTY_PLACES = Entry(Action.SEE, Section.PLACES, (BY_UNIT,))
    DECLARE_INTEREST = Entry(Action.WRITE, Section.PLACES, (_parties(of={Relation.BOARD_SIDE}), REGISTERED))
    SEE_TIMELINE = Entry(Action.SEE, Section.TIMELINE, (_parties(When.AS_FAR_AS_THEY_SEE),))
    TAKE_DEADLINES = Entry(Action.DOWNLOAD, Section.DEADLINES, (_parties(),))
    DOWNLOAD_EVERYTHING = Entry(Action.DOWNLOAD, Section.EVERYTHING, (_parties(When.AS_FAR_AS_THEY_SEE),))
    ASK_FOR_FILE_COPY = Entry(
        Action.DOWNLOAD,
        Section.FILE_COPY,
        (_parties(When.AS_FAR_AS_THEY_SEE),),
    )
    # --- what two people look at ---
    SEE_RELEASE = Entry(Action.SEE, Section.RELEASES, (_parties(), To(OFFICE, frozenset({Relation.OFFICE}))))
    PREPARE_RELEASE = Entry(Action.PREPARE, Section.RELEASES, (_parties(), To(UNIT, frozenset({Relation.OFFICE}))))
    RELEASE = Entry(
        Action.RELEASE,
        Section.RELEASES,
        (To(OFFICE, frozenset({Relation.OFFICE})),),
        "whoever took part in the escalation, or wrote or prepared any of it",
    )
    # --- the Board's office ---
    SEE_REGISTER = Entry(Action.SEE, Section.REGISTER, (BY_OFFICE,))
    SEE_REGISTER_ENTRY = Entry(Action.SEE, Section.TIMELINE, (REGISTERED,))
    DOWNLOAD_FOR_BOARD = Entry(Action.DOWNLOAD, Section.EVERYTHING, (REGISTERED,))
    DOWNLOAD_SETS = Entry(Action.DOWNLOAD, Section.SETS, (BY_UNIT,))
    SEE_LAYOUTS = Entry(Action.SEE, Section.LAYOUTS, (BY_OFFICE,))
    UPLOAD_LAYOUT = Entry(Action.PROPOSE, Section.LAYOUTS, (BY_UNIT,))
    PUBLISH_LAYOUT = Entry(Action.PUBLISH, Section.LAYOUTS, (BY_OFFICE,), "whoever proposed it")
    CONFIRM_MAIL_DOMAIN = Entry(Action.CONFIRM, Section.MAIL_DOMAINS, (BY_UNIT,), "whoever has an address there")
    SEE_EMAIL_TEXTS = Entry(Action.SEE, Section.EMAIL_TEXTS, (BY_UNIT,))
    CHANGE_TITLES = Entry(Action.ADMINISTER, Section.TITLES, (BY_UNIT,))
    SEE_NUMBERS = Entry(
        Action.SEE,
        Section.NUMBERS,
        (
            To(
                OFFICE | {Role.ANALYST, Role.SCRUTINEER, Role.SUB_GROUP, Role.POLICY_SUB_GROUP},
                frozenset({Relation.OWN_BOARD}),
            ),
        ),
    )
    EXPLAIN_NUMBERS = Entry(Action.WRITE, Section.NUMBERS, (BY_UNIT,))
    SEE_REPORTS = Entry(
        Action.SEE,
        Section.REPORTS,
        (
            BY_OFFICE,
            To(
                frozenset({Role.SCRUTINEER, Role.SUB_GROUP, Role.POLICY_SUB_GROUP}),
                frozenset({Relation.OWN_BOARD}),
                When.ONCE_RELEASED,
            ),
        ),
    )
    PREPARE_REPORT = Entry(Action.PREPARE, Section.REPORTS, (BY_UNIT,))
    RELEASE_REPORT = Entry(Action.RELEASE, Section.REPORTS, (BY_OFFICE,), "whoever wrote or prepared any of it")
    SEE_LEARNING = Entry(
        Action.SEE,
        Section.LEARNING,
        (
            To(
                OFFICE | {Role.SCRUTINEER, Role.SUB_GROUP, Role.POLICY_SUB_GROUP},
                frozenset({Relation.OWN_BOARD}),
            ),
        ),
    )
    KEEP_LEARNING = Entry(Action.WRITE, Section.LEARNING, (BY_UNIT,))
    SEE_PATTERNS = Entry(
        Action.SEE, Section.PATTERNS, (To(OFFICE | {Role.SCRUTINEER}, frozenset({Relation.OWN_BOARD})),)
    )
    KEEP_PATTERNS = Entry(Action.WRITE, Section.PATTERNS, (BY_UNIT,))
    # --- people ---
    ADMINISTER_PEOPLE = Entry(Action.ADMINISTER, Section.PEOPLE, ADMINISTRATORS)
    KEEP_AGENCIES = Entry(Action.WRITE, Section.PEOPLE, (BY_UNIT,))
    GIVE_SEATS = Entry(Action.HAND_OVER, Section.PEOPLE, (BY_UNIT,), "whoever proposed it, and whom it is about")
    RESET_SECOND_FACTOR = Entry(Action.RESET, Section.PEOPLE, ADMINISTRATORS, "whoever lost it")
    KEEP_CONTACTS = Entry(
        Action.ADMINISTER,
        Section.CONTACTS,
        (BY_UNIT, To(frozenset({Role.PRACTITIONER}), frozenset({Relation.SENIOR}))),
    )
    SEE_CONTACTS = Entry(Action.SEE, Section.CONTACTS, (PRACTITIONER,))
    SEE_TITLES = Entry(Action.SEE, Section.TITLES, (PRACTITIONER,))
    TAKE_BLANK_FORMS = Entry(Action.DOWNLOAD, Section.BLANK_FORMS, (PRACTITIONER,))
    CHECK_ISSUED_FILE = Entry(Action.SEE, Section.ISSUED_FILES, (PRACTITIONER,))
    # --- policies ---
    READ_POLICY = Entry(Action.SEE, Section.POLICIES, (SIGNED_IN,))
    PROPOSE_POLICY = Entry(Action.PROPOSE, Section.POLICIES, (BY_UNIT,))
    ADOPT_POLICY = Entry(Action.CONFIRM, Section.POLICIES, (BY_OFFICE,), "whoever proposed it")
    # --- the trail, and keeping ---
    SEE_TRAIL = Entry(Action.SEE, Section.TRAIL, (To(frozenset({Role.AUDITOR}), frozenset({Relation.OWN_BOARD})),))
    SEE_KEEPING = Entry(Action.SEE, Section.KEEPING, (BY_OFFICE,))
    PROPOSE_DESTRUCTION = Entry(Action.PROPOSE, Section.KEEPING, (BY_UNIT,))
    DESTROY = Entry(Action.DESTROY, Section.KEEPING, (BY_OFFICE,), "whoever proposed it")
    # --- other systems ---
    KEEP_TOKENS = Entry(Action.ADMINISTER, Section.SYSTEMS, ADMINISTRATORS)
    CONFIRM_TOKEN = Entry(Action.CONFIRM, Section.SYSTEMS, (BY_UNIT,), "whoever asked for it")
    USE_API = Entry(
        Action.SEE,
        Section.SYSTEMS,
        (To(frozenset({Role.SYSTEM}), frozenset({Relation.OWN_AGENCY, Relation.OWN_BOARD})),),
    )


def roles_of(holder: Holder | None) -> frozenset[Role]:
    """What somebody who is signed in is; without anybody, what everybody is."""
    if holder is None:
        return frozenset({Role.ANYBODY})
    roles = {Role.ANYBODY, Role.SIGNED_IN}
    if holder.seat is not None:
        roles.add(Role(holder.seat))
    if holder.seat not in APART:
        roles.add(Role.PRACTITIONER)
    if holder.administers_agency:
        roles.add(Role.ADMINISTRATOR)
    return frozenset(roles)


def allows(what: May, roles: Collection[Role], relations: Collection[Relation]) -> bool:
    """Whether a line of the table allows it to somebody of these roles who stands like this to what it is about."""
    return any(
        not line.roles.isdisjoint(roles) and (not line.relations or not line.relations.isdisjoint(relations))
        for line in what.value.lines
    )


def may(holder: Holder | None, what: May, *relations: Relation) -> bool:
    """The same of a person. Say only those relations that are known to hold."""
    return allows(what, roles_of(holder), relations)


def relations_of(side: Side, *, is_raiser: bool) -> frozenset[Relation]:
    """How a party stands to their escalation."""
    return frozenset({SIDES[side], Relation.RAISER} if is_raiser else {SIDES[side]})


def signs_off_own(what: May, by: UUID, hands: Collection[UUID | None]) -> bool:
    """Whether this would be letting pass what they had a hand in, which this line of the table forbids."""
    assert what.value.not_by, f"the table lets anybody do {what.name} to their own"
    return by in hands


def can_take_part(holder: Holder) -> bool:
    """Whether somebody may be named as a party."""
    return Role.PRACTITIONER in roles_of(holder)
