"""What was found in a report of the Board: as rows of it, each with the reason for which somebody keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forms_app.db.report_tables import BoardReport, ReportFinding
from forms_app.deidentification.findings import Finding
from forms_app.services.releasing import POSSIBLY
from forms_app.services.report_kinds import period_of
from forms_app.services.scanning import TEXT, found_in_words_of_board
from forms_app.services.work import Work

SAID = "said"
"""How the names of what others typed begin."""


def found_in_report(work: Work, report: BoardReport) -> tuple[Finding, ...]:
    """Everything of a report that a person has to look at. Raises CheckFailed."""
    texts = {f"{TEXT}:{name}": text for name, text in report.texts.items()}
    said = {f"{SAID}:{name}": text for name, text in report.said.items()}
    return found_in_words_of_board(work, report.board_id, period_of(report), {**texts, **said})


def rows_of(
    report: BoardReport, found: Sequence[Finding], reasons: Mapping[tuple[str, str, str], str]
) -> list[ReportFinding]:
    """What was found, each with the reason for which somebody keeps it, if they gave one for the same words in the same place."""
    return [
        ReportFinding(
            board_id=report.board_id,
            number=number,
            field=each.field,
            start=each.start,
            end=each.end,
            text=each.text,
            rule=each.rule,
            why=each.why if each.certain else f"{each.why} {POSSIBLY}",
            suggestion=each.suggestion,
            kept_because=reasons.get((each.field, each.rule, each.text), ""),
        )
        for number, each in enumerate(found, start=1)
    ]


def reasons_in(report: BoardReport) -> dict[tuple[str, str, str], str]:
    return {(each.field, each.rule, each.text): each.kept_because for each in report.findings if each.kept_because}
