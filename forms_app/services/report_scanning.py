"""What a report of the Board is looked through for before it may leave: the Board's people, and what is recorded of its period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from forms_app.db.people import everybody_of_board
from forms_app.db.report_tables import BoardReport, ReportFinding
from forms_app.db.reports import told_in
from forms_app.deidentification.dictionary import Identifier, Sort
from forms_app.deidentification.findings import Finding, ScanFailed
from forms_app.deidentification.scan import scan
from forms_app.domain.periods import Period
from forms_app.services.identifiers import identifiers_of
from forms_app.services.releasing import POSSIBLY
from forms_app.services.scanning import TEXT, CheckFailed
from forms_app.services.work import Work

SAID = "said"
"""How the names of what others typed begin."""
MOST_ESCALATIONS = 200
"""Of so many, the newest, the records are opened to look for names. What the rules find they find in any case."""
ON_THE_LIST = "somebody on the Board’s list of people"
RECORDED = "something that is recorded of an escalation"
"""No more: whoever types words could otherwise learn of whom they are."""


def looked_for(work: Work, report: BoardReport) -> tuple[Identifier, ...]:
    """What is known. Names of agencies are left out, because the figures name them."""
    period = Period.read(report.period)
    assert period is not None, "a report is begun for a period"
    recorded = (
        replace(each, what=RECORDED, instead="")
        for escalation in told_in(work.session, report.board_id, period.since, period.until, MOST_ESCALATIONS)
        for each in identifiers_of(escalation)
        if each.sort is not Sort.AGENCY
    )
    return tuple(dict.fromkeys((*recorded, *_people(work, report))))


def _people(work: Work, report: BoardReport) -> Iterator[Identifier]:
    for person in everybody_of_board(work.session, report.board_id):
        yield Identifier(f"the name of {ON_THE_LIST}", person.name, instead="a professional")
        yield Identifier(f"the email address of {ON_THE_LIST}", person.email, Sort.CONTACT)
        yield Identifier(f"the telephone number of {ON_THE_LIST}", person.telephone, Sort.CONTACT)


def found_in_report(work: Work, report: BoardReport) -> tuple[Finding, ...]:
    """Everything of a report that a person has to look at. Raises CheckFailed."""
    texts = {f"{TEXT}:{name}": text for name, text in report.texts.items()}
    said = {f"{SAID}:{name}": text for name, text in report.said.items()}
    try:
        return scan({**texts, **said}, looked_for(work, report))
    except ScanFailed:
        raise CheckFailed(
            "The check for names and addresses could not be carried out, so nothing was kept. Try again. If it happens again, "
            "tell the people who run this service."
        ) from None


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
