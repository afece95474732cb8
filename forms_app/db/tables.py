"""The tables. Records, attempts and audit entries are only ever added to; where an escalation stands is not stored."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, object_session, relationship, validates

from forms_app.db.sealing import SealedBytes, SealedJSON, SealedText, seal_what_is_flushed


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. Refuses a datetime without a zone and gives one back with it, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BIG = BigInteger().with_variant(Integer, "sqlite")
"""A number of which there may be more than two thousand million."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, str: Text, dict[str, Any]: JSON, list[Any]: JSON, bytes: LargeBinary}


MOMENT = "moment"


def moment_of(row: Base) -> datetime:
    """When the piece of work happens in which this row was read, by the clock of the service."""
    session = object_session(row)
    assert session is not None, "who covers at this moment is asked inside a piece of work"
    found: datetime = session.info[MOMENT]
    return found


seal_what_is_flushed(Base)


def _id() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default=uuid4)


# --- keys ---


class DataKey(Base):
    """What seals everything that belongs to one escalation, or to one Board: it has the id of that."""

    __tablename__ = "data_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    wrapped_by: Mapped[str]
    """The name of the key in SEALING_KEYS that opens it."""


class SealedPlace(Base):
    """A column in which everything is sealed: whatever stands open there later, somebody else than the service wrote."""

    __tablename__ = "sealed_places"

    place: Mapped[str] = mapped_column(primary_key=True)
    """table.column"""


# --- Boards and people -------------------------------------------------------------------------------------------


class Board(Base):
    __tablename__ = "boards"

    id: Mapped[UUID] = _id()
    code: Mapped[str] = mapped_column(unique=True)
    """Three or four capital letters: the first part of every reference."""
    name: Mapped[str] = mapped_column(unique=True)
    policy_key: Mapped[str]
    """The policy, id@version, under which new escalations of this Board begin until another one does: ask `policy_at`."""
    next_policy_key: Mapped[str | None]
    next_policy_from: Mapped[datetime | None]
    """The moment from which the next one is in force, whether or not anybody has looked since."""
    telephone: Mapped[str]
    email: Mapped[str]
    lock_after_days: Mapped[int] = mapped_column(default=180)
    """After so long without signing in somebody is locked."""
    documents_a_day: Mapped[int] = mapped_column(default=200)
    """How many de-identified documents one person of its office can download in a day."""

    def policy_at(self, moment: datetime) -> str:
        """The policy, id@version, under which an escalation begins that is opened at this moment."""
        if self.next_policy_key is not None and self.next_policy_from is not None and self.next_policy_from <= moment:
            return self.next_policy_key
        return self.policy_key


class Agency(Base):
    __tablename__ = "agencies"
    __table_args__ = (UniqueConstraint("board_id", "name"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    name: Mapped[str]
    kind: Mapped[str]
    """An agency kind of the Board's policy, or `board` for the Board's own office."""
    added_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    """From then on nobody can be added to it. Its name stays on what its people did."""


class MailDomain(Base):
    """What may be sent to the addresses that an agency's people have at one mail domain."""

    __tablename__ = "mail_domains"
    __table_args__ = (UniqueConstraint("agency_id", "domain_index"),)

    id: Mapped[UUID] = _id()
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    domain: Mapped[str] = mapped_column(SealedText("mail_domains.domain", index="domain_index"))
    """In lower case; of public webmail, where a domain says nothing, one whole address."""
    domain_index: Mapped[bytes]
    rule: Mapped[str]
    """A `domain.mail_rules.Rule`."""
    named_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """Nothing is sent there before: somebody looks first whose addresses these are."""
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """None where the Board's own file confirmed it, when the Board was set up, or those who run the service did."""

    agency: Mapped[Agency] = relationship(lazy="raise")
    confirmed_by: Mapped[Person | None] = relationship(lazy="raise")


class Person(Base):
    __tablename__ = "people"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"), index=True)
    name: Mapped[str] = mapped_column(SealedText("people.name"))
    email: Mapped[str] = mapped_column(SealedText("people.email", index="email_index"))
    """In lower case."""
    email_index: Mapped[bytes] = mapped_column(unique=True)
    """What somebody is found by: see `db.sealing.blind_index`."""
    job_title: Mapped[str] = mapped_column(SealedText("people.job_title"))
    level: Mapped[str]
    seat: Mapped[str | None]
    """A `domain.seats.Seat` at the Board."""
    telephone: Mapped[str] = mapped_column(SealedText("people.telephone"), default="")
    language: Mapped[str] = mapped_column(default="en")
    """The language of the emails that they are sent: en or cy."""
    administers_agency: Mapped[bool] = mapped_column(default=False)
    """Whether they keep the list of their own agency's people. It opens no escalation to them."""
    added_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    """When they last signed in; None for somebody who never did."""
    locked_at: Mapped[datetime | None]
    """Since when nobody signs in as them: because nobody had for long, or somebody said so. They are still owed what they are owed."""
    locked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Who locked them; None where the service did. Only those whom the service locked can let themselves in again."""
    left_at: Mapped[datetime | None]

    board: Mapped[Board] = relationship(lazy="raise")
    agency: Mapped[Agency] = relationship(lazy="raise")


class Proposal(Base):
    """What somebody would change about a person that lets them in, or lets them see more, until a second person confirms it."""

    __tablename__ = "proposals"

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    what: Mapped[str]
    """A `domain.people.Lets`."""
    value: Mapped[str] = mapped_column(SealedText("proposals.value"))
    """Free text where it is an address: a seat or nothing, yes or nothing, or an email address."""
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    decision: Mapped[str | None]
    """confirmed or withdrawn; None while it waits."""
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Whoever proposed it, where there was nobody else who could confirm it."""
    decided_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise", foreign_keys=[person_id])
    proposed_by: Mapped[Person] = relationship(lazy="raise", foreign_keys=[proposed_by_id])


class Attestation(Base):
    """Somebody's word that an agency's list of people is right. Only ever added to."""

    __tablename__ = "attestations"
    __table_args__ = (UniqueConstraint("agency_id", "day"),)

    id: Mapped[UUID] = _id()
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    day: Mapped[date]
    at: Mapped[datetime]
    people: Mapped[int]
    """How many were on the list."""
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    person: Mapped[Person] = relationship(lazy="raise")


class Contact(Base):
    """Whom to ring: a line of the Board's own, or of one of its agencies."""

    __tablename__ = "contacts"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    role: Mapped[str] = mapped_column(SealedText("contacts.role"))
    """What the contact is for. A line of the Board's own with the name of a contact of its policy stands in its place."""
    name: Mapped[str] = mapped_column(SealedText("contacts.name"))
    telephone: Mapped[str] = mapped_column(SealedText("contacts.telephone"))
    out_of_hours_telephone: Mapped[str] = mapped_column(SealedText("contacts.out_of_hours_telephone"))
    email: Mapped[str] = mapped_column(SealedText("contacts.email"))
    hours: Mapped[str] = mapped_column(SealedText("contacts.hours"))
    checked_on: Mapped[date | None]
    checked_by: Mapped[str] = mapped_column(SealedText("contacts.checked_by"))
    """The job title, as it was then, of whoever last made sure that the line is right."""


class EquivalentTitle(Base):
    """What one kind of agency calls a level, where a Board says it otherwise than its policy."""

    __tablename__ = "equivalent_titles"
    __table_args__ = (UniqueConstraint("board_id", "agency_kind", "level"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    agency_kind: Mapped[str]
    level: Mapped[str]
    title: Mapped[str]


# --- signing in --------------------------------------------------------------------------------------------------


class SignInCode(Base):
    __tablename__ = "sign_in_codes"

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    """None where nobody is sent it: to whoever asks, an address that nobody has takes as long as another."""
    code_hash: Mapped[str]
    link_hash: Mapped[str] = mapped_column(unique=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class SignInSession(Base):
    __tablename__ = "sign_in_sessions"

    id: Mapped[UUID] = _id()
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    started_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    """When its person last proved that it is them."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often they have tried since to prove it again, and did not."""
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str | None]
    """A `domain.browsers.Browser`."""

    person: Mapped[Person] = relationship(lazy="raise")


class UnfinishedSignIn(Base):
    """Somebody has proved their address and owes a second step. It is worth that, and opens nothing."""

    __tablename__ = "unfinished_sign_ins"

    id: Mapped[UUID] = _id()
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    begun_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class AuthenticatorApp(Base):
    """An app that shows a code every half minute. One that nobody has proved yet is being set up."""

    __tablename__ = "authenticator_apps"

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    secret: Mapped[str] = mapped_column(SealedText("authenticator_apps.secret"))
    """What the codes are made of: sealed like free text, since whoever reads it can make them."""
    made_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    last_counter: Mapped[int | None]
    """Of the half minute whose code was used last: that one and those before it are not taken again."""
    used_at: Mapped[datetime | None]


class Passkey(Base):
    __tablename__ = "passkeys"

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(SealedText("passkeys.name"))
    """What its person calls it: free text."""
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class RecoveryCode(Base):
    """One of the codes that somebody keeps on paper. It works once."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SpentChallenge(Base):
    """What a passkey signed once, so that a copy of its answer is worth nothing."""

    __tablename__ = "spent_challenges"

    digest: Mapped[str] = mapped_column(primary_key=True)
    spent_at: Mapped[datetime]


class Allowance(Base):
    """How much of a limit is used up: by an account, a network address. Worth nothing after `whole_again_at`."""

    __tablename__ = "allowances"

    key: Mapped[str] = mapped_column(primary_key=True)
    """A `domain.limits.Limit` and a keyed hash of whose it is."""
    whole_again_at: Mapped[int] = mapped_column(BigInteger)
    """In milliseconds since 1970, so that both databases count with it alike."""


class IdentityProvider(Base):
    """Where a Board lets people with addresses at one mail domain sign in as they do at work."""

    __tablename__ = "identity_providers"
    __table_args__ = (UniqueConstraint("board_id", "domain"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    domain: Mapped[str]
    """In lower case."""
    issuer: Mapped[str]
    client_id: Mapped[str]
    vouches_for_second_step: Mapped[bool]
    """Whether a second step that it says was taken there is not asked for here again."""


class Identity(Base):
    """As whom an issuer knows a person, from the first time that they came from there."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("person_id", "issuer"), UniqueConstraint("issuer", "subject_hash"))

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    issuer: Mapped[str]
    subject_hash: Mapped[str]
    bound_at: Mapped[datetime]


# --- escalations -------------------------------------------------------------------------------------------------


class Escalation(Base):
    __tablename__ = "escalations"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    reference: Mapped[str] = mapped_column(unique=True)
    policy_key: Mapped[str]
    """The policy, id@version, that it began under and stays under."""
    category: Mapped[str]
    opened_at: Mapped[datetime]
    beside_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    """Another escalation about the same child, on another route, at the same time."""

    board: Mapped[Board] = relationship(lazy="raise")
    subject: Mapped[SubjectOfConcern] = relationship(lazy="raise", back_populates="escalation")
    parties: Mapped[list[Party]] = relationship(lazy="raise", order_by="Party.number", back_populates="escalation")
    records: Mapped[list[StageRecord]] = relationship(lazy="raise", order_by="StageRecord.number")


class SubjectOfConcern(Base):
    """Who the concern is about: every field identifies, and so they stand apart from the rest."""

    __tablename__ = "subjects"

    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"), primary_key=True)
    kind: Mapped[str]
    answers: Mapped[str] = mapped_column(SealedText("subjects.answers"))
    """`domain.answers.Sections`, as JSON."""

    escalation: Mapped[Escalation] = relationship(lazy="raise", back_populates="subject")


COVERS = text("covers_until IS NOT NULL")


class Party(Base):
    __tablename__ = "parties"
    __table_args__ = (
        UniqueConstraint("escalation_id", "person_id"),
        UniqueConstraint("escalation_id", "number"),
        Index("ix_parties_covers", "escalation_id", sqlite_where=COVERS, postgresql_where=COVERS),
    )

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"))
    number: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    side: Mapped[str]
    level: Mapped[str]
    is_raiser: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime]
    """Of somebody who covers for another: from when."""
    removed_at: Mapped[datetime | None]
    """When it was found that they were named by mistake: from then on they see nothing of it."""
    place_id: Mapped[UUID] = mapped_column(default=uuid4, index=True)
    """The place that they hold, or in which they cover. Whoever takes it over holds the same; what was sent for it stays with it."""
    gave_up_at: Mapped[datetime | None]
    """When they handed their place over, or had to give it up: from then on they see nothing of it."""
    covers_until: Mapped[datetime | None]
    """Of somebody who covers for whoever holds the place: until when. None for everybody else."""

    escalation: Mapped[Escalation] = relationship(lazy="raise_on_sql", back_populates="parties")
    person: Mapped[Person] = relationship(lazy="raise")
    agency: Mapped[Agency] = relationship(lazy="raise")

    @property
    def is_cover(self) -> bool:
        """Whether they are here for somebody else, or were."""
        return self.covers_until is not None

    @property
    def holds_place(self) -> bool:
        """Whether the place is theirs, also while they have left: nobody has taken it over."""
        return self.removed_at is None and self.gave_up_at is None and self.covers_until is None

    @property
    def has_left(self) -> bool:
        """Whether they take no part at this moment, whyever; `db.places.is_there` asks the database the same."""
        gone = (self.person.left_at, self.removed_at, self.gave_up_at)
        if any(each is not None for each in gone) or self.person.agency_id != self.agency_id:
            return True
        return self.covers_until is not None and not self.joined_at <= moment_of(self) < self.covers_until


class HandOver(Base):
    """How a place changed hands, or why nobody holds it any more."""

    __tablename__ = "hand_overs"

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"), index=True)
    place_id: Mapped[UUID]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    to_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """None for somebody of the Board who declared an interest, while nobody has been named in their place."""
    by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str]
    """A `domain.places.Reason`."""
    words: Mapped[str] = mapped_column(SealedText("hand_overs.words"), default="")
    """What somebody added to the reason: free text."""
    at: Mapped[datetime]

    giver: Mapped[Person] = relationship(lazy="raise", foreign_keys=[from_id])
    taker: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[to_id])


class Interest(Base):
    """Somebody says that they have an interest in an escalation: they decide nothing in it, and see nothing of it in an office."""

    __tablename__ = "interests"
    __table_args__ = (UniqueConstraint("escalation_id", "person_id"),)

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    words: Mapped[str] = mapped_column(SealedText("interests.words"), default="")
    """Which interest: free text."""
    declared_at: Mapped[datetime]


class StageRecord(Base):
    """What one side wrote at one stage. Never changed: a correction is another record that names this one."""

    __tablename__ = "stage_records"
    __table_args__ = (UniqueConstraint("escalation_id", "number"),)

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"))
    number: Mapped[int]
    kind: Mapped[str]
    route: Mapped[str]
    stage: Mapped[str]
    side: Mapped[str | None]
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agencies.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """None, with side and agency, where the service itself acted because of the time."""
    for_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """For whom whoever recorded it covered; None for everybody who acted for themselves."""
    form_key: Mapped[UUID] = mapped_column(unique=True)
    """The form that was sent: sent twice, it finds this record."""
    happened_on: Mapped[date]
    """The UK date of what is recorded; `entered_at` is when it was written down here."""
    entered_at: Mapped[datetime]
    facts: Mapped[str] = mapped_column(SealedText("stage_records.facts"))
    """What the engine decides by: `domain.escalation.Facts`, as JSON."""
    sections: Mapped[str] = mapped_column(SealedText("stage_records.sections"))
    """What was asked and answered: `domain.answers.Sections`, as JSON."""

    person: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[person_id])
    agency: Mapped[Agency | None] = relationship(lazy="raise")


# --- documents and their circulation -----------------------------------------------------------------------------


class Document(Base):
    """One document of an escalation: what it says is fixed when it is owed, its files when it is issued."""

    __tablename__ = "documents"

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"), index=True)
    record_id: Mapped[UUID] = mapped_column(ForeignKey("stage_records.id"))
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agencies.id"))
    """The agency for whose file it was made, where it is for one alone: nobody is sent it."""
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(SealedText("documents.title"))
    context: Mapped[str] = mapped_column(SealedText("documents.context"))
    """The frozen value of its kind, as JSON."""
    digest: Mapped[str | None] = mapped_column(index=True)
    """SHA-256 of everything that its files were made from: the same is not drawn twice."""
    layout_id: Mapped[UUID | None] = mapped_column(ForeignKey("word_layouts.id"))
    """The Board's own layout that its Word file has; None for the service's."""
    owed_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]

    escalation: Mapped[Escalation] = relationship(lazy="raise")
    record: Mapped[StageRecord] = relationship(lazy="raise")
    files: Mapped[list[DocumentFile]] = relationship(lazy="raise", order_by="DocumentFile.format")
    deliveries: Mapped[list[Delivery]] = relationship(lazy="raise", order_by="Delivery.number")


class Release(Base):
    """What must be decided before a document leaves: the last of its numbers holds it until it is decided, and never changes after."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    id: Mapped[UUID] = _id()
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    number: Mapped[int]
    because: Mapped[str]
    """A `services.held.Because`."""
    held_at: Mapped[datetime]
    texts: Mapped[dict[str, Any]] = mapped_column(SealedJSON("releases.texts"))
    """The short texts by their ids; what nobody wrote is not there."""
    without_texts: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=0)
    """Goes up with everything that is done, so that nobody decides about what they did not see."""
    hands: Mapped[list[Any]]
    """The ids of everybody who had a hand in what it says: none of them decides."""
    written_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime | None]
    proposal: Mapped[str | None]
    """Whether it was prepared to be released or to be withdrawn."""
    prepared_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    prepared_at: Mapped[datetime | None]
    sent_back_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    sent_back_at: Mapped[datetime | None]
    sent_back_because: Mapped[str] = mapped_column(SealedText("releases.sent_back_because"), default="")
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]

    document: Mapped[Document] = relationship(lazy="raise")
    findings: Mapped[list[ReleaseFinding]] = relationship(
        lazy="raise", order_by="ReleaseFinding.number", cascade="all, delete-orphan"
    )


class ReleaseFinding(Base):
    """One thing that the scan found in what a document would say, and the reason for which somebody keeps it."""

    __tablename__ = "release_findings"
    __table_args__ = (UniqueConstraint("release_id", "number"),)

    id: Mapped[UUID] = _id()
    release_id: Mapped[UUID] = mapped_column(ForeignKey("releases.id"))
    number: Mapped[int]
    field: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(SealedText("release_findings.text"))
    rule: Mapped[str]
    why: Mapped[str] = mapped_column(SealedText("release_findings.why"))
    suggestion: Mapped[str] = mapped_column(SealedText("release_findings.suggestion"))
    kept_because: Mapped[str] = mapped_column(SealedText("release_findings.kept_because"), default="")
    """Empty while nobody has said what is to become of it."""
    kept_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class DocumentFile(Base):
    """The bytes as issued. Never changed, never drawn again."""

    __tablename__ = "document_files"
    __table_args__ = (UniqueConstraint("document_id", "format"),)

    id: Mapped[UUID] = _id()
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    format: Mapped[str]
    content: Mapped[bytes] = mapped_column(SealedBytes("document_files.content"), deferred=True)
    sha256: Mapped[str]
    issued_at: Mapped[datetime]


class Delivery(Base):
    """One document owed to one person at one address."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("document_id", "person_id"),)

    id: Mapped[UUID] = _id()
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    number: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    address: Mapped[str] = mapped_column(SealedText("deliveries.address"))
    mail_domain: Mapped[str]
    """What stands after the @ of it."""
    attached: Mapped[bool]
    """Whether the document travels attached; otherwise the message carries a link."""
    owed_at: Mapped[datetime]
    place_id: Mapped[UUID | None] = mapped_column(index=True)
    """The place in the escalation for which it is: whoever holds that, or covers in it, can open the document."""
    seat: Mapped[str | None]
    """The seat at the Board for which it is, where it is for no place: whoever holds that can open the document."""
    notification_id: Mapped[UUID | None] = mapped_column(ForeignKey("notifications.id"), index=True)
    """The one message by which it goes together with others, where there would have been too many."""
    withdrawn_at: Mapped[datetime | None]
    """From then on this person can open the document no more. Who withdrew it, and why, is among the events."""

    person: Mapped[Person] = relationship(lazy="raise")
    document: Mapped[Document] = relationship(lazy="raise", back_populates="deliveries")
    attempts: Mapped[list[Attempt]] = relationship(lazy="raise", order_by="Attempt.number")
    events: Mapped[list[DeliveryEvent]] = relationship(lazy="raise", order_by="DeliveryEvent.number")
    acknowledgements: Mapped[list[Acknowledgement]] = relationship(lazy="raise", order_by="Acknowledgement.number")

    @validates("address")
    def _note_domain(self, _: str, address: str) -> str:
        self.mail_domain = address.rpartition("@")[2]
        return address


class Attempt(Base):
    """One line of the ledger: what the mail server answered, and nothing stronger."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[UUID] = _id()
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    result: Mapped[str]
    """accepted, refused, not_reached, or started (then interrupted, if no later line follows)."""
    smtp_code: Mapped[int | None]


class DeliveryEvent(Base):
    """What became known of a delivery beside what our mail server answered. Only ever added to."""

    __tablename__ = "delivery_events"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[UUID] = _id()
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]
    """A `domain.deliveries.EventKind`."""
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Who did it or says it; None for what a mail server told us."""
    code: Mapped[str] = mapped_column(default="")
    """What kind of it: a status code of a bounce, the format that was downloaded, the reason of a withdrawal."""
    happened_at: Mapped[datetime | None]
    """When somebody says that they telephoned."""
    key: Mapped[str | None] = mapped_column(unique=True)
    """What it was read from, so that the same is not written twice."""

    person: Mapped[Person | None] = relationship(lazy="raise")


class Acknowledgement(Base):
    """A recipient's own answer to a document, and to exactly these bytes. The last of its numbers counts."""

    __tablename__ = "acknowledgements"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[UUID] = _id()
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    answer: Mapped[str]
    """A `domain.deliveries.Answer`."""
    reasons: Mapped[str] = mapped_column(SealedText("acknowledgements.reasons"), default="")
    sha256: Mapped[str]
    """Of the PDF as issued."""


class Notification(Base):
    """One message to one person that is no document: what it says is worked out when it is sent, from ids and codes."""

    __tablename__ = "notifications"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str]
    """A `mail.compose.Kind`: the folder of its words."""
    escalation_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    about_id: Mapped[UUID | None]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    owed_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")


class WorkerProcess(Base):
    """A process that works on the outbox, and when it was last heard of."""

    __tablename__ = "worker_processes"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class BlankFormFile(Base):
    """A form to fill in by hand, in one format: the bytes as made. What it says never changes; a new edition is new rows."""

    __tablename__ = "blank_forms"
    __table_args__ = (UniqueConstraint("board_id", "edition", "format"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    policy_key: Mapped[str]
    kind: Mapped[str]
    route: Mapped[str | None]
    stage: Mapped[str | None]
    """None, as the route is, for what is the same at every stage, and for the Board's proforma."""
    edition: Mapped[str]
    """The digest of everything that the form says but the day on which it was made."""
    format: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    sha256: Mapped[str]
    made_at: Mapped[datetime]


class OutboxItem(Base):
    """Work owed outside the request. The row is the truth; the task engine only says when to look at it."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = _id()
    kind: Mapped[str]
    about_id: Mapped[UUID] = mapped_column(index=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any] | None] = mapped_column(SealedJSON("outbox.payload"))
    """Only for a message whose words exist nowhere else (a sign-in code); emptied when it is done."""
    owed_at: Mapped[datetime]
    not_before: Mapped[datetime] = mapped_column(index=True)
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    parked_at: Mapped[datetime | None] = mapped_column(index=True)
    """Given up after the last try: a person must look at it."""
    fault: Mapped[str | None]
    """A sentence about the last failure, without personal text."""


# --- the Board's own Word layouts ----------------------------------------------------------------------------------


class WordLayout(Base):
    """One version of a Board's own layout for a kind of document, as it was found to be fit. Never changed."""

    __tablename__ = "word_layouts"
    __table_args__ = (UniqueConstraint("board_id", "kind", "version"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    kind: Mapped[str]
    version: Mapped[int]
    content: Mapped[bytes] = mapped_column(deferred=True)
    sha256: Mapped[str]
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    uploaded_at: Mapped[datetime]
    pictured_at: Mapped[datetime | None]
    """When its sample was drawn. Without any picture then: the worker has nothing to draw it with."""

    uploaded_by: Mapped[Person] = relationship(lazy="raise")


class LayoutPicture(Base):
    """One page of the sample of a layout, as PNG."""

    __tablename__ = "layout_pictures"
    __table_args__ = (UniqueConstraint("layout_id", "number"),)

    id: Mapped[UUID] = _id()
    layout_id: Mapped[UUID] = mapped_column(ForeignKey("word_layouts.id"))
    number: Mapped[int]
    content: Mapped[bytes] = mapped_column(deferred=True)


class LayoutChoice(Base):
    """What one person would have in force for a kind of document, and what a second person decided."""

    __tablename__ = "layout_choices"
    __table_args__ = (UniqueConstraint("board_id", "kind", "number"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    kind: Mapped[str]
    number: Mapped[int]
    layout_id: Mapped[UUID | None] = mapped_column(ForeignKey("word_layouts.id"))
    """None to go back to the service's own layout."""
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    decision: Mapped[str | None]
    """published or withdrawn; None while it waits."""
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]

    layout: Mapped[WordLayout | None] = relationship(lazy="raise")
    proposed_by: Mapped[Person] = relationship(lazy="raise", foreign_keys=[proposed_by_id])
    decided_by: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[decided_by_id])


# --- how long what is kept -----------------------------------------------------------------------------------------


class RetentionRule(Base):
    """How long a Board keeps one class of record. Without a row it keeps to `domain.retention.DEFAULTS`."""

    __tablename__ = "retention_rules"
    __table_args__ = (UniqueConstraint("board_id", "record_class"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    record_class: Mapped[str]
    """A `domain.retention.RecordClass`."""
    counted_from: Mapped[str]
    """A `domain.retention.CountedFrom`."""
    length: Mapped[int | None]
    """In the unit of its class; None to keep it for ever."""
    warning_days: Mapped[int]
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    set_at: Mapped[datetime]


class RetentionHold(Base):
    """Why an escalation is not destroyed, however long ago it ended. It counts until it is lifted."""

    __tablename__ = "retention_holds"

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"), index=True)
    because: Mapped[str]
    """A `domain.retention.HoldReason`."""
    sentence: Mapped[str] = mapped_column(SealedText("retention_holds.sentence"))
    """Free text: what somebody of the business unit wrote beside the reason."""
    placed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    placed_at: Mapped[datetime]
    lifted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    lifted_at: Mapped[datetime | None]


class RetentionWarning(Base):
    """An escalation whose time comes, and since when people have known: nothing is proposed before they had theirs."""

    __tablename__ = "retention_warnings"

    id: Mapped[UUID] = _id()
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"), unique=True)
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    ended_on: Mapped[date]
    due_on: Mapped[date]
    warned_at: Mapped[datetime]

    escalation: Mapped[Escalation] = relationship(lazy="raise")


class Destruction(Base):
    """One list of escalations that somebody would have destroyed, what a second person decided, and what came of it."""

    __tablename__ = "destructions"
    __table_args__ = (UniqueConstraint("board_id", "number"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    number: Mapped[int]
    counted_from: Mapped[str]
    length: Mapped[int]
    """The rule as it was then."""
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    decision: Mapped[str | None]
    """confirmed or withdrawn; None while it waits."""
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    trail_number: Mapped[int | None]
    """How many entries the trail had when it was finished, and the hash of the last."""
    trail_hash: Mapped[str | None]

    proposed_by: Mapped[Person] = relationship(lazy="raise", foreign_keys=[proposed_by_id])
    decided_by: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[decided_by_id])
    items: Mapped[list[DestructionItem]] = relationship(lazy="raise", order_by="DestructionItem.number")


class DestructionItem(Base):
    """One escalation of such a list. It outlives the escalation, and holds nothing that anybody wrote."""

    __tablename__ = "destruction_items"
    __table_args__ = (UniqueConstraint("destruction_id", "number"),)

    id: Mapped[UUID] = _id()
    destruction_id: Mapped[UUID] = mapped_column(ForeignKey("destructions.id"))
    number: Mapped[int]
    escalation_id: Mapped[UUID] = mapped_column(index=True)
    """It points at nothing once the escalation is gone."""
    reference: Mapped[str]
    ended_on: Mapped[date]
    due_on: Mapped[date]
    figures: Mapped[dict[str, Any]]
    """What the Board's numbers count of it: `services.destroying.Figures`, ids and codes only."""
    rows: Mapped[int | None]
    files: Mapped[int | None]
    destroyed_at: Mapped[datetime | None]
    left_because: Mapped[str | None]
    """Why it was left after all: a `domain.retention.Left`."""


class Restore(Base):
    """The moment at which this database was filled from a backup. What was owed then waits until somebody lets it go."""

    __tablename__ = "restores"

    id: Mapped[UUID] = _id()
    restored_at: Mapped[datetime]
    backup_made_at: Mapped[datetime]
    let_go_at: Mapped[datetime | None]


# --- what the Board counts -----------------------------------------------------------------------------------------


class RegisterEntry(Base):
    """What the Board's register and its numbers count of one escalation, in codes, ids and days.

    A copy of what the records say, written anew in each transaction that changes them: nobody decides by it, and it can be
    thrown away and counted again. It outlives an escalation that is destroyed, so that the numbers stay what they were.
    """

    __tablename__ = "register_entries"
    __table_args__ = (
        Index("ix_register_entries_opened", "board_id", "opened_at", "escalation_id"),
        Index("ix_register_entries_due", "board_id", "due_at", "escalation_id"),
        Index("ix_register_entries_recorded", "board_id", "recorded_at", "escalation_id"),
        Index("ix_register_entries_reference", "board_id", "reference"),
        Index("ix_register_entries_counted_by", "counted_by"),
        Index("ix_register_entries_reminded", "board_id", "reminded_until", "escalation_id"),
    )

    escalation_id: Mapped[UUID] = mapped_column(primary_key=True)
    """It points at nothing once the escalation is destroyed."""
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    reference: Mapped[str] = mapped_column(Text().with_variant(Text(collation="C"), "postgresql"))
    """In the order of its letters, so that an index finds what begins like it."""
    policy_key: Mapped[str]
    opened_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When a notice or a proforma first told the Board: from then on it is on the register. It stays told."""
    destroyed_at: Mapped[datetime | None]
    """From then on it is only a figure among the numbers."""
    category: Mapped[str]
    raising_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    state: Mapped[str]
    """A `domain.register.State`; it and what follows are the fields of `domain.register.Line`."""
    route: Mapped[str]
    stage: Mapped[str]
    ended_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    is_quiet: Mapped[bool]
    counts: Mapped[bool]
    due_at: Mapped[datetime | None]
    due_side: Mapped[str | None]
    convenes: Mapped[str | None]
    lacks: Mapped[str | None]
    outcome: Mapped[str | None]
    level_of_need: Mapped[str | None]
    learning: Mapped[list[Any]]
    policy_gap: Mapped[bool]
    actions: Mapped[int]
    actions_done: Mapped[int | None]
    review_due_on: Mapped[date | None]
    review_held_on: Mapped[date | None]
    came_of_it: Mapped[bool]
    reminded_until: Mapped[date]
    documents: Mapped[int]
    """How many were issued or are owed."""
    deliveries: Mapped[int]
    """How many are owed and not withdrawn, and of these: taken by a mail server and not sent back; answered, or said to be read."""
    delivered: Mapped[int]
    acknowledged: Mapped[int]
    counted_by: Mapped[str]
    """A digest of the rules and the calendar by which it was counted: one that is not today's is counted again."""
    counted_at: Mapped[datetime]


class RegisterAgency(Base):
    """An agency whose decision an escalation questions, for the register and the numbers."""

    __tablename__ = "register_agencies"
    __table_args__ = (Index("ix_register_agencies_agency", "agency_id", "opened_at", "escalation_id"),)

    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("register_entries.escalation_id"), primary_key=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"), primary_key=True)
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    opened_at: Mapped[datetime]
    """Of the escalation, so that a year of them is found without the entries."""


class RegisterStay(Base):
    """One stay at one stage: a `domain.register.Stay`."""

    __tablename__ = "register_stays"
    __table_args__ = (Index("ix_register_stays_opened", "board_id", "opened_at"),)

    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("register_entries.escalation_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    opened_at: Mapped[datetime]
    """Of the escalation."""
    route: Mapped[str]
    stage: Mapped[str]
    entered_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    kept: Mapped[bool | None]
    working_days: Mapped[int | None]


# --- what people are writing, and what they did ------------------------------------------------------------------


class Draft(Base):
    """What a person has typed into one form and not sent yet."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("person_id", "about", "form"),)

    id: Mapped[UUID] = _id()
    """Also the key of the form: a second submit of it finds the record that the first one made."""
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    about: Mapped[str]
    """An escalation's id and stage, or `new`."""
    key_id: Mapped[UUID] = mapped_column(index=True)
    """The data key that seals it: of the escalation that it is about, or of the Board where there is none yet."""
    form: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(SealedJSON("drafts.answers"))
    saved_at: Mapped[datetime]


class AuditEntry(Base):
    """Who did what, when: ids, codes, numbers and times. There is no room for prose. Never changed and never removed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_board_id_id", "board_id", "id"),
        Index("ix_audit_entries_escalation_id_id", "escalation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    """Its number in the trail: 1, 2, 3 and so on without a gap, in the order in which transactions were committed."""
    at: Mapped[datetime]
    action: Mapped[str]
    """One of `domain.trail`."""
    person_id: Mapped[UUID | None]
    board_id: Mapped[UUID | None]
    escalation_id: Mapped[UUID | None]
    about_id: Mapped[UUID | None]
    code: Mapped[str | None]
    """What kind of it, as a code: the format that was downloaded, the reason of a refusal."""
    hash: Mapped[str]
    """SHA-256 of the hash before it and of all the fields above: see `db.verify_trail`."""


class TrailHead(Base):
    """How many entries the trail has, and the hash of the last: the one row that whoever adds to it locks."""

    __tablename__ = "trail_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    count: Mapped[int] = mapped_column(BIG)
    hash: Mapped[str]


# Tables that stand in files of their own: whoever knows these knows all.
from forms_app.db import (  # noqa: E402
    figure_tables,  # noqa: F401
    learning_tables,  # noqa: F401
    other_systems_tables,  # noqa: F401
    policy_tables,  # noqa: F401
    register_tables,  # noqa: F401
    report_tables,  # noqa: F401
    set_tables,  # noqa: F401
)
