"""What every form that is filled in by hand is made of: questions with room to answer, boxes to tick, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forms_app.documents.contexts import BlankQuestion, BlankSection, BlankTable, Room
from forms_app.domain.policy import Choice

YES_NO = ("Yes", "No")
TICK_ONE, TICK_SOME = "Tick one.", "Tick all that apply."
DAY = "Day, month and year, such as 27 3 2027."
TIME = "For example 9:30am or 2pm."
TO_DO = ("What will be done", "Who will do it", "By when")


def section(
    title: str,
    *,
    notes: Iterable[str] = (),
    questions: Iterable[BlankQuestion] = (),
    tables: Iterable[BlankTable] = (),
) -> BlankSection:
    return BlankSection(title=title, notes=tuple(notes), questions=tuple(questions), tables=tuple(tables))


def table(columns: tuple[str, str, str, str], rows: Iterable[tuple[str, ...]]) -> BlankTable:
    return BlankTable(columns=columns, rows=tuple(rows))


def numbered(each: str, most: int) -> list[tuple[str]]:
    """Rows that are filled in one after the other."""
    return [(f"{each} {number}",) for number in range(1, most + 1)]


def line(question: str, *hints: str) -> BlankQuestion:
    return BlankQuestion(question=question, hints=hints, room=Room.LINE)


def day(question: str, *hints: str) -> BlankQuestion:
    return line(question, *hints, DAY)


def box(question: str, *hints: str) -> BlankQuestion:
    return BlankQuestion(question=question, hints=hints, room=Room.BOX)


def pick(question: str, choices: Iterable[Choice], *, several: bool = False) -> BlankQuestion:
    return ticks(question, [choice.title for choice in choices], several=several)


def ticks(question: str, options: Iterable[str], *hints: str, several: bool = False) -> BlankQuestion:
    """A question that is answered by ticking."""
    return BlankQuestion(
        question=question,
        hints=(*hints, TICK_SOME if several else TICK_ONE),
        options=tuple(f"☐ {option}" for option in options),
        room=Room.NONE,
    )


def listed(words: Sequence[str], last: str = "and") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else words[0]
