"""The kinds of document that the service issues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from forms_app.documents.contexts import (
    BoardProforma,
    NoticeToBoard,
    StageRecord,
    Value,
    WrittenAccount,
    WrittenConfirmation,
)
from forms_app.documents.faults import DocumentFault

Format = Literal["docx", "pdf"]

REFERENCE = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*")


@dataclass(frozen=True)
class Kind:
    """One kind of document. `identified`: it names the child, the family or practitioners."""

    code: str
    title: str
    context: type[Value]
    identified: bool


KINDS = {
    kind.code: kind
    for kind in (
        Kind("written_account", "Written account of the concern", WrittenAccount, identified=True),
        Kind("stage_record", "Stage record for the child’s file", StageRecord, identified=True),
        Kind("written_confirmation", "Written confirmation of the outcome", WrittenConfirmation, identified=True),
        Kind("notice_to_board", "Notice to the Board", NoticeToBoard, identified=False),
        Kind("board_proforma", "Board proforma", BoardProforma, identified=False),
    )
}


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
    return f"escalation-{reference}-{kind.code.replace('_', '-')}.{file_format}"
