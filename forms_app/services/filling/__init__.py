"""Fills the frozen value of each kind of document from an escalation's records, in the words of its policy.

A module for each family of kinds; `values` has what they share.
"""

from __future__ import annotations

from collections.abc import Mapping

from forms_app.documents.contexts import Context
from forms_app.domain.circulation import Circulation
from forms_app.domain.policy import DocumentKind
from forms_app.services.filling import board, ladder, meetings, referrals
from forms_app.services.filling.values import Filling, Maker
from forms_app.services.history import step_of
from forms_app.services.in_words import WRITTEN, document_title

MAKERS: Mapping[DocumentKind, Maker] = {
    DocumentKind.WRITTEN_ACCOUNT: ladder.written_account,
    DocumentKind.STAGE_RECORD: ladder.stage_record,
    DocumentKind.WRITTEN_CONFIRMATION: ladder.written_confirmation,
    DocumentKind.ACKNOWLEDGEMENT_SHEET: ladder.acknowledgement_sheet,
    DocumentKind.MEETING_INVITATION: meetings.meeting_invitation,
    DocumentKind.MEETING_MINUTES: meetings.meeting_minutes,
    DocumentKind.REFERRAL: referrals.referral,
    DocumentKind.NOTICE_TO_BOARD: board.notice_to_board,
    DocumentKind.BOARD_PROFORMA: board.board_proforma,
    DocumentKind.SUB_GROUP_REPORT: board.sub_group_report,
    DocumentKind.POLICY_GAP_NOTICE: board.policy_gap_notice,
}
"""Every kind that is circulated. A copy for the file is one agency's own: `copies.file_copy`."""

SHORT = {DocumentKind.MEETING_INVITATION: "Invitation", DocumentKind.MEETING_MINUTES: "Minutes"}
"""What a line begins with that goes on with the name of a meeting."""


def fill(filling: Filling, circulation: Circulation) -> Context:
    return MAKERS[circulation.document](filling, circulation)


def line(filling: Filling, circulation: Circulation) -> str:
    """What lists and messages call the document. Of kinds of which there are many it says which one it is."""
    policy, record, kind = filling.policy, filling.record, circulation.document
    title = document_title(policy, kind)
    match kind:
        case DocumentKind.STAGE_RECORD:
            stage = policy.stage(record.route, record.stage)
            where = stage.name if stage.number is None else f"{policy.words.stage} {stage.number}"
            return f"{title} ({WRITTEN[record.kind].lower()}, {where})"
        case DocumentKind.MEETING_INVITATION | DocumentKind.MEETING_MINUTES:
            named = policy.document_titles.get(kind) or SHORT[kind]
            return f"{named}: {meetings.meeting_line(policy, step_of(record))}"
        case DocumentKind.BOARD_PROFORMA:
            return f"{title} ({board.part_of(filling, circulation).lower()})"
        case _:
            return title
