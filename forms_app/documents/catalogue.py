"""The kinds of document that the service issues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from forms_app.documents.contexts import (
    AcknowledgementSheet,
    BlankForm,
    BoardProforma,
    FiguresReport,
    FileCopy,
    LearningReport,
    MeetingInvitation,
    MeetingMinutes,
    NoticeToBoard,
    PolicyGapNotice,
    Referral,
    StageRecord,
    SubGroupReport,
    Value,
    WrittenAccount,
    WrittenConfirmation,
)
from forms_app.documents.faults import DocumentFault
from forms_app.domain.policy import DEIDENTIFIED, DocumentKind

Format = Literal["docx", "pdf"]
PAGE = "page"
"""The format of the web version: it is looked at, and never given out as a file."""

REFERENCE = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")


BLANK_FORM, BLANK_PROFORMA = "blank_form", "blank_proforma"
ANNUAL_REPORT, QUARTERLY_REPORT, LEARNING_REPORT = "annual_report", "quarterly_report", "learning_report"
OF_THE_BOARD = frozenset({ANNUAL_REPORT, QUARTERLY_REPORT, LEARNING_REPORT})
"""The kinds that belong to no escalation."""


@dataclass(frozen=True)
class Kind:
    """One kind of document."""

    code: str
    title: str
    context: type[Value]

    @property
    def identified(self) -> bool:
        """Whether it names the child, the family or practitioners; a blank one, whether it may when it is filled in."""
        return self.code not in {*DEIDENTIFIED, *OF_THE_BOARD, BLANK_PROFORMA}

    @property
    def is_blank(self) -> bool:
        return self.context is BlankForm

    @property
    def template(self) -> str:
        """The folder of its templates."""
        if self.context is FiguresReport:
            return "figures_report"
        return BLANK_FORM if self.is_blank else self.code


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(DocumentKind.WRITTEN_ACCOUNT, "Written account of the concern", WrittenAccount),
        Kind(DocumentKind.STAGE_RECORD, "Stage record for the child’s file", StageRecord),
        Kind(DocumentKind.WRITTEN_CONFIRMATION, "Written confirmation of the outcome", WrittenConfirmation),
        Kind(DocumentKind.ACKNOWLEDGEMENT_SHEET, "Acknowledgement sheet", AcknowledgementSheet),
        Kind(DocumentKind.MEETING_INVITATION, "Invitation to a meeting", MeetingInvitation),
        Kind(DocumentKind.MEETING_MINUTES, "Minutes of a meeting", MeetingMinutes),
        Kind(DocumentKind.REFERRAL, "Referral with the account and the attempts", Referral),
        Kind(DocumentKind.FILE_COPY, "Copy for the child’s file", FileCopy),
        Kind(DocumentKind.NOTICE_TO_BOARD, "Notice to the Board", NoticeToBoard),
        Kind(DocumentKind.BOARD_PROFORMA, "Board proforma", BoardProforma),
        Kind(DocumentKind.SUB_GROUP_REPORT, "Report to a sub-group", SubGroupReport),
        Kind(DocumentKind.POLICY_GAP_NOTICE, "Notice of a gap in the policy", PolicyGapNotice),
        Kind(ANNUAL_REPORT, "Annual report", FiguresReport),
        Kind(QUARTERLY_REPORT, "Quarterly report", FiguresReport),
        Kind(LEARNING_REPORT, "Report on learning", LearningReport),
        Kind(BLANK_FORM, "Blank form", BlankForm),
        Kind(BLANK_PROFORMA, "Blank Board proforma", BlankForm),
    )
}


@dataclass(frozen=True)
class Issued:
    """The files of a document."""

    docx: bytes
    pdf: bytes
    page: bytes
    """The web version: the content of the PDF as a part of a page."""


def kind_of(code: str) -> Kind:
    """Raises DocumentFault for a code that is not in the catalogue."""
    try:
        return KINDS[code]
    except KeyError:
        raise DocumentFault(
            f"There is no kind of document called {code!r}. The kinds are: {', '.join(KINDS)}."
        ) from None


def file_name(kind: Kind, reference: str, file_format: Format) -> str:
    """A name for a download or an attachment, made of ids only.

    Raises DocumentFault for a reference that is more than capital letters, digits and hyphens: it could carry a name.
    """
    if not REFERENCE.fullmatch(reference):
        raise DocumentFault(
            f"A {kind.title.lower()} cannot be named: its reference may have only capital letters, digits and hyphens."
        )
    if kind.is_blank:
        return f"blank-form-{reference}.{file_format}"
    if kind.code in OF_THE_BOARD:
        return f"report-{reference}.{file_format}"
    return f"escalation-{reference}-{kind.code.replace('_', '-')}.{file_format}"
