"""Makes the files of a report that was released, once, and tells those who may read it."""

from __future__ import annotations

import hashlib

from forms_app.db import outbox, reports
from forms_app.db.outbox import Claim
from forms_app.db.report_tables import BoardReport, ReportFile
from forms_app.documents.catalogue import PAGE, Issued
from forms_app.documents.faults import DocumentFault
from forms_app.services.issuing import WAITS, Issue, made_from
from forms_app.services.reports import tell_of_issue
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop


def make_report(workshop: Workshop, claim: Claim, issue: Issue) -> None:
    """Makes the files with no transaction open; then files, mails and the end of this work in one. Of what was withdrawn it makes none."""
    with workshop.reading() as work:
        report = reports.report_to_make(work.session, claim.about_id)
        kind, context, is_due = report.kind, report.context, _is_due(report)
    try:
        issued = made_from(kind, context, None, issue) if is_due and context is not None else None
    except DocumentFault as fault:
        with workshop.writing() as work:
            outbox.put_off(work.session, claim, str(fault), work.now, WAITS)
        return
    with workshop.writing() as work:
        report = reports.report_to_make(work.session, claim.about_id, lock=True)
        if (
            outbox.finish(work.session, claim.item_id, claim.worker, work.now)
            and issued is not None
            and _is_due(report)
        ):
            _keep(work, report, issued)


def _is_due(report: BoardReport) -> bool:
    return report.released_at is not None and report.withdrawn_at is None and report.issued_at is None


def _keep(work: Work, report: BoardReport, issued: Issued) -> None:
    report.issued_at = work.now
    for file_format, content in (("docx", issued.docx), ("pdf", issued.pdf), (PAGE, issued.page)):
        work.session.add(
            ReportFile(
                report_id=report.id,
                board_id=report.board_id,
                format=file_format,
                content=content,
                sha256=hashlib.sha256(content).hexdigest(),
                issued_at=work.now,
            )
        )
    work.note("report_issued", board=report.board_id, about=report.id, code=report.kind)
    tell_of_issue(work, report)
