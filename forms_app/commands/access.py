"""The command that reads the table of permissions aloud: docs/access.md is what it prints."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping

from forms_app.domain.access import PARTIES, May, Relation, Role, To, When, roles_of
from forms_app.domain.policy import Citation, Policy, Sees, Sight
from forms_app.domain.seats import Seat
from forms_app.policies.shelf import Shelf
from forms_app.services.in_words import SIDES

SAID: Mapping[May, str] = {
    May.SEE_PUBLIC_PAGES: "read the start page, what to do in danger, and the pages for signing in",
    May.KEEP_OWN_ACCOUNT: "keep their own account: sessions, second step, language of emails",
    May.SEE_OWN_LIST: "see the list of the escalations in which they take part, and of what was sent to them",
    May.OPEN_ESCALATION: "open an escalation",
    May.SEE_SUBJECT: "see who it is about",
    May.SEE_RECORDS: "read the concern and what both sides recorded",
    May.RECORD: "record something: an account, an outcome, a meeting …",
    May.SEE_RESTRICTED_NOTES: "read and write their own agency’s restricted notes, at the levels that the policy names",
    May.SEE_PROTECTED_ADDRESS: "see an address that is kept secret, and say that it must be",
    May.DECIDE_PROTECTED_ADDRESS: "let a document go in which somebody wrote where the child can be found",
    May.SEE_DOCUMENTS: "read a document that is owed to them, or is their agency’s copy",
    May.ANSWER_DOCUMENT: "say that they have read such a document, or that they agree",
    May.DOWNLOAD_DOCUMENTS: "download such a document",
    May.DOWNLOAD_DEIDENTIFIED: "download a de-identified document of the register",
    May.SEND_AGAIN: "have a document sent again, and say that they told somebody by telephone",
    May.SEE_FAILING_DELIVERIES: "see which messages reach nobody",
    May.WITHDRAW_DOCUMENT: "withdraw a document that was sent by mistake",
    May.REMOVE_PARTY: "take somebody out who was named by mistake",
    May.HAND_OVER_PLACE: "hand a place over to a colleague of the same agency",
    May.COVER_PLACE: "name who covers for somebody who is away",
    May.SEE_EMPTY_PLACES: "see which places nobody holds any more",
    May.DECLARE_INTEREST: "declare an interest, and from then on see nothing of it as the Board",
    May.SEE_TIMELINE: "read who did what, and when",
    May.TAKE_DEADLINES: "put its meetings and time limits into their calendar",
    May.DOWNLOAD_EVERYTHING: "download everything that they may open, as one file",
    May.ASK_FOR_FILE_COPY: "have a copy of everything made for the child’s file",
    May.SEE_RELEASE: "see what waits for a second person before it leaves",
    May.PREPARE_RELEASE: "write and check what a de-identified document says",
    May.RELEASE: "release a de-identified document, or send it back",
    May.SEE_REGISTER: "see the Board’s register",
    May.SEE_REGISTER_ENTRY: "see one escalation of the register: no name, and nothing that anybody typed",
    May.DOWNLOAD_FOR_BOARD: "download all de-identified documents of one escalation",
    May.DOWNLOAD_SETS: "download the de-identified documents of a time as one file, and see who did",
    May.SEE_LAYOUTS: "see the Board’s own Word layouts",
    May.UPLOAD_LAYOUT: "upload a Word layout, and propose it",
    May.PUBLISH_LAYOUT: "publish a Word layout",
    May.CONFIRM_MAIL_DOMAIN: "confirm an email domain, and choose what is sent there",
    May.SEE_EMAIL_TEXTS: "read every kind of email in both languages",
    May.CHANGE_TITLES: "change the Board’s equivalent roles",
    May.SEE_NUMBERS: "see the Board’s numbers",
    May.EXPLAIN_NUMBERS: "write what explains a table of the numbers",
    May.SEE_REPORTS: "read and download the Board’s reports",
    May.PREPARE_REPORT: "begin a report of the Board, write and check what it says, withdraw it before it is released",
    May.RELEASE_REPORT: "release a report of the Board, send it back, or withdraw one that was released",
    May.SEE_LEARNING: "see the registers of learning and of gaps; a sub-group, the lines that are its own",
    May.KEEP_LEARNING: "write the lines of these registers, and decide of which escalations there are any",
    May.SEE_PATTERNS: "see which similar escalations there were",
    May.KEEP_PATTERNS: "say from how many on these are a pattern, that one was looked at, and tell people of it",
    May.ADMINISTER_PEOPLE: "add and change people, and say that somebody has left",
    May.KEEP_AGENCIES: "add agencies, change and close them",
    May.GIVE_SEATS: "give a seat at the Board",
    May.RESET_SECOND_FACTOR: "let somebody set up their second step anew",
    May.KEEP_CONTACTS: "keep the lines of “Who to contact” right",
    May.SEE_CONTACTS: "read “Who to contact”",
    May.SEE_TITLES: "read the equivalent roles",
    May.TAKE_BLANK_FORMS: "download blank forms",
    May.CHECK_ISSUED_FILE: "check whether a file is a document as it was issued",
    May.READ_POLICY: "read a policy, and compare two versions",
    May.PROPOSE_POLICY: "rehearse a policy, and propose from which day another version is in force",
    May.ADOPT_POLICY: "confirm that another version is adopted, or withdraw it before its day",
    May.SEE_TRAIL: "read and download the trail",
    May.SEE_KEEPING: "see what will be destroyed and when, and what was",
    May.PROPOSE_DESTRUCTION: "set how long things are kept, hold an escalation, and propose what to destroy",
    May.DESTROY: "confirm that something is destroyed",
    May.KEEP_TOKENS: "ask for tokens and webhooks for another system, and take them away",
    May.CONFIRM_TOKEN: "confirm a token or a webhook that somebody asked for",
    May.USE_API: "use the API, as far as the scopes of the token go",
}
WHENS = {
    When.ALWAYS: "yes",
    When.THE_STAGE_LETS: "if the stage lets them",
    When.AS_FAR_AS_THEY_SEE: "as far as they see",
    When.ONCE_TOLD: "once told",
    When.ONCE_SENT: "once sent",
    When.ONCE_RELEASED: "once released",
}
NOTHING = "–"
SEEN = {
    Sees.EVERYTHING: "everything",
    Sees.FROM_JOINING: "what is recorded from the moment at which they join",
    Sees.DEIDENTIFIED: "where it stands and the proforma: no name, and nothing that anybody typed",
}
UNTIL = {"meeting_called": "a meeting, panel or mediation is called"}


def _is(seat: Seat | None = None, *, administers: bool = False) -> frozenset[Role]:
    return roles_of(_Somebody(seat, administers))


class _Somebody:
    """Somebody with a seat and nothing else."""

    def __init__(self, seat: Seat | None, administers_agency: bool) -> None:
        self.seat, self.administers_agency = seat, administers_agency


Column = tuple[str, frozenset[Role], frozenset[Relation]]
TO_AN_ESCALATION: tuple[Column, ...] = (
    ("Raiser", _is(), frozenset({Relation.RAISER, Relation.RAISING_SIDE})),
    ("Their side", _is(), frozenset({Relation.RAISING_SIDE})),
    ("Responding side", _is(), frozenset({Relation.RESPONDING_SIDE})),
    ("Board’s side", _is(), frozenset({Relation.BOARD_SIDE})),
    ("Recipient of a document", _is(), frozenset({Relation.RECIPIENT})),
    ("Business unit", _is(Seat.BUSINESS_UNIT), frozenset({Relation.OFFICE, Relation.OWN_BOARD})),
    ("Chair", _is(Seat.CHAIR), frozenset({Relation.OFFICE, Relation.OWN_BOARD})),
    ("Agency’s administrator", _is(administers=True), frozenset({Relation.OWN_AGENCY})),
    ("Colleague, or another agency", _is(), frozenset()),
    ("Another Board", _is(Seat.BUSINESS_UNIT), frozenset()),
    ("Analyst", _is(Seat.ANALYST), frozenset({Relation.OWN_BOARD})),
    ("Auditor", _is(Seat.AUDITOR), frozenset({Relation.OWN_BOARD})),
)
AT_A_BOARD: tuple[Column, ...] = (
    ("Without signing in", roles_of(None), frozenset()),
    ("Practitioner", _is(), frozenset({Relation.OWN_BOARD, Relation.OWN_AGENCY})),
    (
        "Senior in their agency",
        _is(),
        frozenset({Relation.OWN_BOARD, Relation.OWN_AGENCY, Relation.SENIOR}),
    ),
    ("Agency’s administrator", _is(administers=True), frozenset({Relation.OWN_AGENCY})),
    ("Business unit", _is(Seat.BUSINESS_UNIT), frozenset({Relation.OWN_BOARD})),
    ("Chair", _is(Seat.CHAIR), frozenset({Relation.OWN_BOARD})),
    ("Scrutineer, sub-group, directors, liaison officer", _is(Seat.SCRUTINEER), frozenset({Relation.OWN_BOARD})),
    ("Analyst", _is(Seat.ANALYST), frozenset({Relation.OWN_BOARD})),
    ("Auditor", _is(Seat.AUDITOR), frozenset({Relation.OWN_BOARD})),
    ("Program with a token", frozenset({Role.SYSTEM}), frozenset({Relation.OWN_AGENCY, Relation.OWN_BOARD})),
)
ABOUT_AN_ESCALATION = PARTIES | {Relation.OFFICE, Relation.RECIPIENT}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    aloud = commands.add_parser("access", help="read the table of permissions aloud: docs/access.md")
    aloud.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    print(read_aloud(), end="")
    return 0


def read_aloud() -> str:
    """The whole table in words."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    about_one = [may for may in May if may.value.relations & ABOUT_AN_ESCALATION]
    yield "# Who may do what"
    yield ""
    yield "This page is made by `forms-app access` from the one table that the service asks (`forms_app/domain/access.py`): do not"
    yield "change it by hand. What is not said here, nobody may do. To somebody who may not, a page is as if it never was."
    yield ""
    yield "## With one escalation"
    yield ""
    yield from _table("May they …", TO_AN_ESCALATION, about_one)
    yield ""
    yield "- *if the stage lets them*: the policy says who acts at which stage, and `domain/acts.py` reads it."
    yield "- *as far as they see*: the policy says what somebody sees who joins later; below."
    yield "- *once told*: once the policy told the Board, by a notice or a proforma. No name, and nothing that anybody typed."
    yield "- *once sent*: while it is owed to them and was not withdrawn."
    yield "- Somebody who has left, has moved to another agency, gave their place up or was named by mistake takes part no more, and"
    yield "  from their next request on has nothing of it."
    yield "- Somebody who holds a seat and takes part has what both have, but releases nothing of that escalation."
    yield "- An analyst or an auditor cannot take part."
    yield ""
    yield "## How far they see"
    yield ""
    yield "Whoever joins a side sees everything that the sides recorded for each other before, but restricted notes, which are for the"
    yield "levels of the writer’s own agency that the policy names. A policy can say otherwise; of those that come with the service:"
    yield ""
    yield "| Policy | Who | Sees | Because |"
    yield "| --- | --- | --- | --- |"
    yield from (_sight(policy, each) for policy in Shelf.shipped() for each in policy.sight)
    yield ""
    yield "## At a Board and in an agency"
    yield ""
    yield from _table("May they …", AT_A_BOARD, [may for may in May if may not in about_one])
    yield ""
    yield "Each of it for their own Board, an agency’s administrator for their own agency, and never for another one."
    yield ""
    yield "## Nobody signs off their own"
    yield ""
    yield "| What | Not by |"
    yield "| --- | --- |"
    yield from (f"| {SAID[may]} | {may.value.not_by} |" for may in May if may.value.not_by)


def _sight(policy: Policy, sight: Sight) -> str:
    levels = ", ".join(policy.level_title(level) for level in sight.levels)
    until = f", until {UNTIL[sight.until]}; then everything" if sight.until else ""
    source = sight.source
    because = f"“{source.words}” ({source.section})" if isinstance(source, Citation) else f"Decided: {source.decided}"
    return f"| {policy.title} | {SIDES[sight.side]}{levels and f': {levels}'} | {SEEN[sight.sees]}{until} | {because} |"


def _table(corner: str, columns: Collection[Column], rows: Collection[May]) -> Iterator[str]:
    yield f"| {corner} | {' | '.join(title for title, _, _ in columns)} |"
    yield f"| --- |{' --- |' * len(columns)}"
    for may in rows:
        yield f"| {SAID[may]} | {' | '.join(_cell(may, roles, stands) for _, roles, stands in columns)} |"


def _cell(may: May, roles: Collection[Role], stands: Collection[Relation]) -> str:
    found = [line.when for line in may.value.lines if _is_for(line, roles, stands)]
    return WHENS[found[0]] if found else NOTHING


def _is_for(line: To, roles: Collection[Role], stands: Collection[Relation]) -> bool:
    return not line.roles.isdisjoint(roles) and (not line.relations or not line.relations.isdisjoint(stands))
