"""Every code of the trail, and the words in which people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args
from uuid import UUID

from forms_app.domain.deliveries import EventKind
from forms_app.domain.languages import Language
from forms_app.domain.mail_rules import Rule
from forms_app.domain.records import Facts


@dataclass(frozen=True, slots=True)
class Action:
    words: str
    in_timeline: bool = False
    """Whether those who take part in an escalation read it in the timeline, as far as they see what it is about."""


def _kinds_of_records() -> list[str]:
    return sorted(kind.model_fields["kind"].default for kind in get_args(Facts))


RECORDED: Mapping[str, Action] = {
    **{f"{kind}_recorded": Action("Recorded", in_timeline=True) for kind in _kinds_of_records()},
    **{
        f"{kind}_by_the_service": Action("Recorded, because of the time", in_timeline=True)
        for kind in _kinds_of_records()
    },
}
DELIVERIES: Mapping[EventKind, str] = {
    EventKind.SENT_AGAIN: "Had it sent again",
    EventKind.TOLD: "Told the recipient by telephone",
}
ACTIONS: Mapping[str, Action] = {
    # --- pages ---
    "viewed": Action("Opened", in_timeline=True),
    "refused": Action("Was refused a page"),
    # --- escalations ---
    **RECORDED,
    "address_protected": Action("Protected the child’s address"),
    "bundle_downloaded": Action("Downloaded everything", in_timeline=True),
    "party_removed": Action("Removed somebody who was named by mistake", in_timeline=True),
    "place_handed_over": Action("Handed over a place", in_timeline=True),
    "cover_named": Action("Named who covers for an absence", in_timeline=True),
    "cover_ended": Action("Ended the cover for an absence", in_timeline=True),
    "interest_declared": Action("Declared an interest"),
    "draft_forgotten": Action("A draft was deleted because of its age"),
    # --- documents ---
    "document_owed": Action("A document was begun", in_timeline=True),
    "document_issued": Action("A document was made", in_timeline=True),
    "document_read": Action("Read a document", in_timeline=True),
    "document_downloaded": Action("Downloaded a document", in_timeline=True),
    "set_asked": Action("Asked for a set of documents"),
    "set_made": Action("A set of documents was made"),
    "set_downloaded": Action("Downloaded a set of documents"),
    "set_deleted": Action("A set of documents was deleted because of its age"),
    "downloads_many": Action("Took nearly all the documents that one person may in a day"),
    "downloads_refused": Action("Was refused more documents than one person may have in a day"),
    "document_seen": Action("Said that they have read a document", in_timeline=True),
    "document_acknowledged": Action("Answered a document", in_timeline=True),
    "document_recalled": Action("Withdrew a document from somebody", in_timeline=True),
    "document_held": Action("A document waits for two people", in_timeline=True),
    "document_released": Action("Released a document", in_timeline=True),
    "document_withdrawn": Action("Decided that a document does not go", in_timeline=True),
    "release_written": Action("Wrote the short texts of a document", in_timeline=True),
    "release_findings_resolved": Action("Decided about what was found in a document", in_timeline=True),
    "release_prepared": Action("Prepared a document", in_timeline=True),
    "release_sent_back": Action("Sent a document back", in_timeline=True),
    "release_voided": Action("Took a prepared document back", in_timeline=True),
    **{f"delivery_{kind}": Action(words, in_timeline=True) for kind, words in DELIVERIES.items()},
    "delivery_put_with_others": Action("Put an email together with others"),
    "delivery_address_changed": Action("An email goes to another address of the same person"),
    "message_posted": Action("Tried to send an email", in_timeline=True),
    "message_came_back": Action("An email came back"),
    "earlier_message_came_back": Action("An earlier email came back"),
    "file_checked": Action("Checked whether a file is what was issued"),
    # --- the register ---
    "register_downloaded": Action("Downloaded a list of the register"),
    "view_saved": Action("Saved a view of the register"),
    "view_changed": Action("Changed a saved view of the register"),
    "view_removed": Action("Removed a saved view of the register"),
    # --- signing in ---
    "sign_in_code_owed": Action("Asked for a code"),
    "sign_in_code_not_owed": Action("Asked for a code, and was sent none"),
    "sign_in_code_wrong": Action("Entered a wrong code"),
    "sign_in_refused": Action("Was not signed in"),
    "second_step_owed": Action("Was asked for a second step"),
    "second_step_wrong": Action("Entered a wrong second step"),
    "second_step_refused": Action("Came too late with a second step"),
    "second_steps_reset": Action("Reset somebody’s second steps"),
    "single_sign_on_refused": Action("Was not signed in by their agency’s own sign-in"),
    "identity_bound": Action("Signed in by their agency’s own sign-in for the first time"),
    "authenticator_app_added": Action("Added an authenticator app"),
    "authenticator_app_removed": Action("Removed an authenticator app"),
    "passkey_added": Action("Added a passkey"),
    "passkey_removed": Action("Removed a passkey"),
    "recovery_codes_made": Action("Made recovery codes"),
    "recovery_code_used": Action("Used a recovery code"),
    "signed_in": Action("Signed in"),
    "signed_out": Action("Signed out"),
    "proved_again": Action("Proved again that it is them"),
    "session_ended": Action("Ended a session"),
    "other_sessions_ended": Action("Ended their other sessions"),
    "limit_reached": Action("Reached a limit"),
    # --- the Board, its agencies and people ---
    "board_set_up": Action("Set up a Board"),
    "agency_added": Action("Added an agency"),
    "agencies_imported": Action("Imported agencies from a file"),
    "agencies_exported": Action("Exported agencies as a file"),
    "agency_changed": Action("Changed an agency"),
    "agency_closed": Action("Closed an agency"),
    "agency_opened_again": Action("Opened an agency again"),
    "people_imported": Action("Imported people from a file"),
    "people_exported": Action("Exported people as a file"),
    "person_added": Action("Added a person"),
    "person_changed": Action("Changed a person"),
    "person_left": Action("Noted that a person has left"),
    "person_returned": Action("Noted that a person came back"),
    "person_locked": Action("Locked a person"),
    "person_unlocked": Action("Unlocked a person"),
    "people_attested": Action("Confirmed an agency’s list of people"),
    "proposal_made": Action("Proposed what lets somebody see more"),
    "proposal_confirmed": Action("Confirmed what lets somebody see more"),
    "proposal_withdrawn": Action("Withdrew what would let somebody see more"),
    "seat_taken": Action("Took a seat from somebody"),
    "administration_taken": Action("Took the keeping of an agency’s people from somebody"),
    "contacts_imported": Action("Imported contacts from a file"),
    "contacts_exported": Action("Exported contacts as a file"),
    "contact_added": Action("Added a contact"),
    "contact_changed": Action("Changed a contact"),
    "contact_checked": Action("Checked a contact"),
    "contact_removed": Action("Removed a contact"),
    "titles_changed": Action("Changed equivalent roles"),
    "policy_proposed": Action("Proposed another version of the policy"),
    "policy_adopted": Action("Confirmed that another version of the policy is adopted"),
    "policy_withdrawn": Action("Withdrew another version of the policy before its day"),
    "policy_began": Action("New escalations began under another version of the policy"),
    "policy_rehearsed": Action("Had a policy rehearsed"),
    "layout_uploaded": Action("Uploaded a Word layout"),
    "layout_proposed": Action("Proposed a Word layout"),
    "layout_published": Action("Published a Word layout"),
    "layout_withdrawn": Action("Withdrew a Word layout"),
    "report_begun": Action("Began a report of the Board"),
    "report_written": Action("Wrote in a report of the Board"),
    "report_findings_resolved": Action("Decided about what was found in a report of the Board"),
    "report_prepared": Action("Prepared a report of the Board for a second person"),
    "report_sent_back": Action("Sent a report of the Board back"),
    "report_released": Action("Released a report of the Board"),
    "report_withdrawn": Action("Withdrew a report of the Board"),
    "report_issued": Action("Made the files of a report of the Board"),
    "report_downloaded": Action("Downloaded a report of the Board"),
    **{f"mail_domain_confirmed_{rule}": Action(f"Chose what is sent to a domain: {rule}") for rule in Rule},
    **{
        f"language_chosen_{language}": Action(f"Chose the language of their emails: {language}")
        for language in Language
    },
    # --- learning, gaps and patterns ---
    "quarter_counted": Action("The Board’s numbers of a quarter were counted"),
    "figure_explained": Action("Wrote what explains a table of the Board’s numbers"),
    "numbers_exported": Action("Downloaded the Board’s numbers as a file"),
    "learning_line_added": Action("Added a line of learning, or a gap"),
    "learning_line_changed": Action("Changed a line of learning, or a gap"),
    "learning_line_done": Action("Marked a line of learning, or a gap, as done"),
    "learning_line_reopened": Action("Opened a line of learning, or a gap, again"),
    "learning_not_added": Action("Said that nothing is to be added to the registers of learning and gaps"),
    "learning_exported": Action("Exported the registers of learning and gaps as a file"),
    "pattern_threshold_set": Action("Set from how many on similar escalations are a pattern"),
    "pattern_looked_at": Action("Looked at a pattern of similar escalations"),
    "pattern_told": Action("Told somebody of a pattern of similar escalations"),
    # --- other systems ---
    "token_made": Action("Asked for a token for another system"),
    "token_confirmed": Action("Confirmed a token of another system"),
    "token_revoked": Action("Revoked a token of another system"),
    "api_used": Action("Another system asked for something"),
    "api_refused": Action("Another system was refused something"),
    "document_taken": Action("Another system of an agency took a document", in_timeline=True),
    "document_filed": Action("Another system of an agency filed a document", in_timeline=True),
    "webhook_added": Action("Added a webhook"),
    "webhook_confirmed": Action("Confirmed a webhook"),
    "webhook_paused": Action("Paused a webhook"),
    "webhook_resumed": Action("Let a webhook go on"),
    "webhook_removed": Action("Removed a webhook"),
    "webhook_secret_made": Action("Gave a webhook a new secret"),
    "webhook_tested": Action("Sent a test to a webhook"),
    "webhook_sent_again": Action("Sent something to a webhook again"),
    "webhook_told": Action("A webhook was told of something"),
    # --- keeping ---
    "retention_rule_set": Action("Set how long something is kept"),
    "retention_hold_placed": Action("Placed a hold"),
    "retention_hold_lifted": Action("Lifted a hold"),
    "retention_warned": Action("Told that something is to be destroyed"),
    "destruction_proposed": Action("Proposed to destroy something"),
    "destruction_withdrawn": Action("Withdrew a proposal to destroy something"),
    "destruction_confirmed": Action("Confirmed that something is destroyed"),
    "destruction_left": Action("Left something that was to be destroyed"),
    "destruction_finished": Action("A destruction was finished"),
    "escalation_destroyed": Action("An escalation was destroyed"),
    "certificate_downloaded": Action("Downloaded a certificate of destruction"),
    "backup_made": Action("Made a copy of the database"),
    "keys_rotated": Action("Wrapped every key anew"),
    "restored": Action("The database was restored from a copy"),
    "restore_let_go": Action("Let go what was owed after a restore"),
    "left_unsent": Action("Left something unsent after a restore"),
    "trail_exported": Action("Exported the trail"),
}
PAGES: Mapping[str, str] = {
    "escalations.one": "the escalation",
    "trail.every": "the trail",
    "escalations": "a page of the escalation",
    "documents": "the page of a document",
    "releases": "a document that waits for two people",
    "board": "the page in the Board’s register",
    "deliveries": "the page of an email",
    "calendars": "its dates, for a calendar",
    "proof": "everything, as one file",
    "trail": "the timeline",
}
"""What somebody opened, by the page or else by its area."""
ANY_PAGE = "a page"


RESULTS: Mapping[str, str] = {
    "accepted": "An email was taken by the mail server",
    "refused": "An email was refused",
    "not_reached": "An email could not be handed over, and is tried again",
    "interrupted": "The sending of an email was interrupted, and is tried again",
}


def said(action: str, code: str | None) -> str:
    """The words of an entry. A code that nobody put here is shown as it is."""
    if action == "message_posted" and (result := RESULTS.get(code or "")):
        return result
    if action == "viewed":
        area = (code or "").partition(".")[0]
        return f"Opened {PAGES.get(code or '', PAGES.get(area, ANY_PAGE))}"
    known = ACTIONS.get(action)
    return known.words if known is not None else action


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that people read in the same words, to look for them together."""

    words: str
    actions: frozenset[str]


def _groups() -> dict[str, Group]:
    """Each under the first of its actions."""
    together: dict[str, list[str]] = {}
    for code, action in ACTIONS.items():
        together.setdefault(action.words, []).append(code)
    return {codes[0]: Group(words, frozenset(codes)) for words, codes in together.items()}


GROUPS: Mapping[str, Group] = _groups()
IN_TIMELINE = frozenset(code for code, action in ACTIONS.items() if action.in_timeline)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor looks for. What is empty is not asked."""

    since: date | None = None
    until: date | None = None
    group: str = ""
    """One of GROUPS."""
    person: UUID | None = None
    reference: str = ""
