"""Times the issue of documents of 1, 2 and 5 pages against raw WeasyPrint on the same page and plain docxtpl on the same text.

Raw WeasyPrint is tuned as well as ours: the same fonts, style sheet and PDF/UA-1. Ours adds the gate, the filling of the template, the
validation, the reading back and the hash. Rounds are interleaved, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import gc
import hashlib
import io
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from docxtpl import DocxTemplate
from weasyprint import HTML

from forms_app.documents import pdf, templates, word
from forms_app.documents.catalogue import kind_of
from forms_app.documents.contexts import Answer, Heading, Party, Section, TimeLimit, WrittenAccount
from forms_app.documents.issue import admit

KIND = kind_of("written_account")
PAGES = (1, 2, 5)
ROUNDS = 40
SECONDS = 40.0

HEADING = Heading(
    board="Brackenshire Safeguarding Children Partnership",
    title="Written account of the concern",
    policy="Resolution of Professional Disagreements, version 4 (1 April 2026)",
    reference="BRK-2026-0001",
    issued_on="2 November 2026",
    business_unit="Business unit, business.unit@brackenshire.example, 01632 960001",
)
PARTY = Party(
    name="Wren Ashdown", job_title="Health visitor", agency="Brackenshire Community Health", side="Raised the concern"
)
SENTENCE = "Two home visits were missed in the last three weeks & the home conditions (seen < 2 hours) had not improved – see Llŷr’s note. "


def context(*, answers: int, rows: int) -> WrittenAccount:
    return WrittenAccount(
        heading=HEADING,
        raised_by=PARTY,
        raised_on="28 October 2026 at 4.30pm",
        stage="Stage 1: practitioners",
        parties=(PARTY,) * 2,
        subject=(Answer(question="Child’s name", answer="Ottilie Marchbank"),),
        sections=(
            Section(
                title="The concern",
                answers=tuple(Answer(question=f"Question {number}?", answer=SENTENCE * 4) for number in range(answers)),
            ),
        )
        * bool(answers),
        time_limits=tuple(
            TimeLimit(
                who="First-line managers", what=f"Meet, time {number}", by_when="5pm on 4 November 2026", kept="Kept"
            )
            for number in range(rows)
        ),
    )


CONTEXTS = {
    1: context(answers=0, rows=1),
    2: context(answers=4, rows=4),
    5: context(answers=16, rows=24),
}


def issue_pdf(value: WrittenAccount) -> bytes:
    admit(KIND, value)
    made = pdf.make(KIND, value)
    hashlib.sha256(made).hexdigest()
    return made


def raw_pdf(source: str) -> bytes:
    font_configuration, styles = pdf.shared()
    made: bytes = HTML(string=source).write_pdf(
        font_config=font_configuration, stylesheets=[styles], pdf_variant="pdf/ua-1"
    )
    return made


def issue_docx(value: WrittenAccount) -> bytes:
    admit(KIND, value)
    made = word.make(KIND, value)
    hashlib.sha256(made).hexdigest()
    return made


def plain_docxtpl(value: WrittenAccount) -> bytes:
    template, file = DocxTemplate(templates.FOLDER / KIND.code / "record.docx"), io.BytesIO()
    template.render(templates.blanks(KIND, value), autoescape=True)
    template.save(file)
    return file.getvalue()


def races() -> dict[str, tuple[Callable[[], bytes], Callable[[], bytes]]]:
    """Ours and the bare equivalent, by the name of their ratio."""
    found: dict[str, tuple[Callable[[], bytes], Callable[[], bytes]]] = {}
    for pages, value in CONTEXTS.items():
        source = pdf.filled(KIND, value)
        found[f"issue_{pages}p_over_raw"] = (
            (lambda value=value: issue_pdf(value)),
            (lambda source=source: raw_pdf(source)),
        )
        found[f"docx_{pages}p_over_docxtpl"] = (
            (lambda value=value: issue_docx(value)),
            (lambda value=value: plain_docxtpl(value)),
        )
    return found


class Race(NamedTuple):
    """Median seconds of ours and of the bare equivalent, and the median of their ratios, each pair run one after the other."""

    ours: float
    bare: float
    ratio: float


def seconds(work: Callable[[], bytes]) -> float:
    gc.collect()  # or the rubbish of one is swept up in the time of the other
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run() -> dict[str, Race]:
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    entries = races()
    for ours, bare in entries.values():
        ours(), bare()
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    for number in range(ROUNDS):
        for name, (ours, bare) in entries.items():
            if number % 2:
                times[name].append((seconds(ours), seconds(bare)))
            else:
                times[name].append((seconds(bare), seconds(ours))[::-1])
        if time.perf_counter() - started > SECONDS:
            break
    return {
        name: Race(
            median(ours for ours, _ in pairs),
            median(bare for _, bare in pairs),
            median(ours / bare for ours, bare in pairs),
        )
        for name, pairs in times.items()
    }


def check_pages() -> None:
    """The contexts really make the pages that the ratios are named after."""
    for pages, value in CONTEXTS.items():
        made = len(pdf.pdf_pages(issue_pdf(value)))
        if made != pages:
            sys.exit(f"script/bench documents: the example of {pages} pages has {made}: change its answers or rows")


def main() -> None:
    check_pages()
    measured = dict(sorted(run().items(), key=lambda item: "docx" in item[0]))
    if "--json" in sys.argv[1:]:
        print(json.dumps({name: round(race.ratio, 3) for name, race in measured.items()}))
        return
    print(f"{'':24}{'ours':>10}{'bare':>10}{'ratio':>8}")
    for name, race in measured.items():
        print(f"{name:24}{race.ours * 1000:7.1f} ms{race.bare * 1000:7.1f} ms{race.ratio:8.2f}")


if __name__ == "__main__":
    main()
