"""The Board's reports, and what they are looked through for: every read by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from forms_app.db.places import WHOLE
from forms_app.db.report_tables import BoardReport, ReportFile
from forms_app.db.tables import Escalation, RegisterEntry


def reports_of_board(session: Session, board_id: UUID) -> Sequence[BoardReport]:
    """Every report, the newest period first, with its files but not their bytes."""
    wanted = select(BoardReport).where(BoardReport.board_id == board_id).options(selectinload(BoardReport.files))
    return session.scalars(wanted.order_by(BoardReport.period.desc(), BoardReport.kind, BoardReport.begun_at)).all()


def report_of_board(session: Session, board_id: UUID, report_id: UUID, *, lock: bool = False) -> BoardReport | None:
    """One report whole. With `lock`, whoever else acts on it, or makes its files, waits until this transaction is over."""
    if lock:
        session.execute(select(BoardReport.id).where(BoardReport.id == report_id).with_for_update())
    wanted = select(BoardReport).where(BoardReport.id == report_id, BoardReport.board_id == board_id)
    wanted = wanted.options(
        joinedload(BoardReport.board), selectinload(BoardReport.findings), selectinload(BoardReport.files)
    )
    return session.scalars(wanted.execution_options(populate_existing=lock)).one_or_none()


def report_to_make(session: Session, report_id: UUID, *, lock: bool = False) -> BoardReport:
    wanted = select(BoardReport).where(BoardReport.id == report_id).execution_options(populate_existing=lock)
    return session.scalars(wanted.with_for_update() if lock else wanted).one()


def reports_alike(session: Session, board_id: UUID, kind: str, period: str, part: str) -> Sequence[BoardReport]:
    """Every report of this kind for this period, the withdrawn ones too."""
    wanted = select(BoardReport).where(BoardReport.board_id == board_id, BoardReport.kind == kind)
    wanted = wanted.where(BoardReport.period == period, BoardReport.part == part)
    return session.scalars(wanted.order_by(BoardReport.begun_at, BoardReport.id)).all()


def file_of_report(session: Session, report_id: UUID, file_format: str) -> ReportFile | None:
    wanted = select(ReportFile).where(ReportFile.report_id == report_id, ReportFile.format == file_format)
    return session.scalars(wanted.options(undefer(ReportFile.content))).one_or_none()


def told_in(session: Session, board_id: UUID, since: datetime, until: datetime, most: int) -> Sequence[Escalation]:
    """The escalations of a time of which the Board was told, whole: the newest, and not more than `most`."""
    entry = RegisterEntry
    newest = (
        select(entry.escalation_id)
        .where(entry.board_id == board_id, entry.opened_at < until)
        .where(or_(entry.ended_at.is_(None), entry.ended_at >= since))
        .where(entry.told_at.is_not(None), entry.destroyed_at.is_(None))
        .order_by(entry.opened_at.desc(), entry.escalation_id)
        .limit(most)
    )
    wanted = select(Escalation).where(Escalation.id.in_(session.scalars(newest).all())).options(*WHOLE)
    return session.scalars(wanted.order_by(Escalation.opened_at.desc(), Escalation.id)).all()
