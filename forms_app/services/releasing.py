"""Lets a document go to be made, or holds it until people have looked at it."""

from __future__ import annotations

from forms_app.db.tables import Document, Escalation
from forms_app.services.issuing import owe_making
from forms_app.services.work import Work


def let_go(work: Work, escalation: Escalation, document: Document) -> None:
    """Owes the files of a document that may leave."""
    owe_making(work, document)
