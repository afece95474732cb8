"""The report to a sub-group: its lines of the registers of learning and of gaps in a year or a quarter, and what it is asked to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forms_app.db.learning import writers_of
from forms_app.db.report_tables import BoardReport
from forms_app.db.tables import Board
from forms_app.documents import contexts as say
from forms_app.documents.catalogue import LEARNING_REPORT
from forms_app.domain.learning import SUB_GROUPS, Kind
from forms_app.domain.periods import Period
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date
from forms_app.services.learning import REGISTERS, SEATS, LineView, lines_of_sub_group
from forms_app.services.report_kinds import Draft, Question, heading_of, period_of
from forms_app.services.work import Work

ASKED = Question(
    "asked",
    "What the sub-group is asked to do",
    hint="Do not name anybody, and do not tell the story of an escalation.",
)


class LearningReports:
    """One for each sub-group and period."""

    code = LEARNING_REPORT

    def parts(self, work: Work, board: Board) -> tuple[tuple[str, str], ...]:
        return tuple((seat.value, _title(seat)) for seat in SUB_GROUPS)

    def takes(self, period: Period) -> bool:
        return True

    def draft(self, work: Work, report: BoardReport) -> Draft:
        period, seat = period_of(report), Seat(report.part)
        lines = lines_of_sub_group(work, report.board_id, seat, period)
        open_at_end = [line for line in lines if line.done_on is None or line.done_on > period.last]
        done = [line for line in lines if line not in open_at_end]
        context = say.LearningReport(
            heading=heading_of(work, report, f"{_title(seat)}: {period.title}"),
            facts=(
                say.Fact(name="Reported to", value=SEATS[seat]),
                say.Fact(name="Period", value=period.title),
                say.Fact(name="Open at its end", value=str(len(open_at_end))),
                say.Fact(name="Done in it", value=str(len(done))),
            ),
            groups=(
                *(
                    _group(title, [line for line in open_at_end if line.details.kind is kind], "Nothing is open.")
                    for kind, title in ((Kind.LEARNING, "Learning that is open"), (Kind.GAP, "Gaps that are open"))
                ),
                _group("What was done", done, "Nothing was done in this time."),
            ),
            texts=(),
        )
        writers = writers_of(work.session, [line.id for line in lines])
        return Draft(context, (ASKED,), dict(_typed(context)), writers=writers)

    def filled(self, context: say.Value, texts: Mapping[str, str]) -> say.Value:
        assert isinstance(context, say.LearningReport)
        found = (say.Answer(question=ASKED.title, answer=texts[ASKED.id]),) if ASKED.id in texts else ()
        return context.model_copy(update={"texts": found})


LEARNING = LearningReports()


def _title(seat: Seat) -> str:
    return f"Report on learning to the {SEATS[seat].lower()}"


def _group(title: str, lines: Sequence[LineView], nothing: str) -> say.LearningGroup:
    return say.LearningGroup(
        title=title,
        lines=tuple(
            say.LearningLine(title=f"{number}. {_kind(line)}", facts=tuple(_facts(line)))
            for number, line in enumerate(lines, start=1)
        ),
        nothing=() if lines else (nothing,),
    )


def _kind(line: LineView) -> str:
    return line.learning or REGISTERS[line.details.kind]


WHAT, SECTION, ACTION, DONE = "What is learnt, or the gap", "Where in the policy", "What will be done", "What was done"


def _facts(line: LineView) -> Iterator[say.Fact]:
    yield say.Fact(name=WHAT, value=line.details.what)
    yield say.Fact(name="Policy", value=line.policy)
    if line.details.section:
        yield say.Fact(name=SECTION, value=line.details.section)
    yield say.Fact(name=ACTION, value=line.details.action)
    yield say.Fact(name="Who sees to it", value=line.owner)
    yield say.Fact(name="By when", value=spell_date(line.details.due_on))
    if line.done_on is not None:
        yield say.Fact(name="Done on", value=spell_date(line.done_on))
        yield say.Fact(name=DONE, value=line.done)


def _typed(context: say.LearningReport) -> Iterator[tuple[str, str]]:
    """What people typed into the lines, by where it stands."""
    for group in context.groups:
        for line in group.lines:
            for fact in line.facts:
                if fact.name in (WHAT, SECTION, ACTION, DONE):
                    yield f"{group.title}, {line.title}: {fact.name}", fact.value
