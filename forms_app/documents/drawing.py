"""The process that draws for a press: it shuts itself in, loads everything, and then draws what it is asked for."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import sysconfig
from pathlib import Path

import structlog

from forms_app.documents import fonts, pdf, templates, word
from forms_app.documents.catalogue import ANNUAL_REPORT, BLANK_FORM, KINDS, kind_of
from forms_app.documents.confinement import Doors, close_doors, die_with, limit_cpu, limit_memory, shut_in
from forms_app.documents.contexts import BlankForm, Context, Drawn, FiguresReport, FiguresTable, Heading
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from forms_app.documents.wire import ISSUED, OUT_OF_MEMORY, READY, REFUSED, Wire
from forms_app.logs import configure_logs

OWN = (fonts.FOLDER, templates.FOLDER)
PROGRAM = (
    *map(Path, (sys.prefix, sysconfig.get_path("stdlib"), "/usr", "/lib", "/etc/fonts")),
    Path(__file__).parents[1],
)
"""Where the program itself is, and what it loads as it goes along."""

# Something in each font, so that all their files are open before the first document.
EVERY_FONT = "A 😀 ☐ 𝑥"
FIRST = BlankForm(
    heading=Heading(board="A", title=EVERY_FONT, policy="A", reference="A", issued_on="A", business_unit=EVERY_FONT),
    use=(EVERY_FONT,),
    sections=(),
)
FIRST_TABLE = FiguresTable(
    title="A", counts="A", drawn=Drawn.BARS, columns=("A", "A"), rows=(("A", "1"),), total=(), nothing=(), notes=()
)
FIRST_FIGURES = FiguresReport(heading=FIRST.heading, facts=(), introduction=(), tables=(FIRST_TABLE,), how=(), texts=())
NO_MEMORY = (MemoryError, SystemError)
"""The second is raised by a library in C that got none."""
log = structlog.get_logger(__name__)


def serve(parent: int, line: int, memory: int, cpu_seconds: int) -> int:
    """Draws until the press hangs up. `line` is the number of the socket on which it asks."""
    die_with(parent)
    # Whoever stops the worker stops it, and not this: it ends what it has begun.
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    configure_logs()
    logging.getLogger().setLevel(logging.WARNING)
    wire = Wire(socket.socket(fileno=line))
    try:
        return draw(wire, memory, cpu_seconds)
    except NO_MEMORY:
        return OUT_OF_MEMORY
    except (EOFError, OSError):
        return 0  # the press has hung up


def draw(wire: Wire, memory: int, cpu_seconds: int) -> int:
    shut_in([folder for folder in (*OWN, *PROGRAM) if folder.is_dir()])
    try:
        load()
    except DocumentFault as fault:
        wire.send(REFUSED, str(fault).encode())
        return 1
    limit_memory(memory)
    doors = close_doors(OWN)
    wire.send(READY)
    while True:
        kind_code, context, *layout = wire.receive()
        limit_cpu(cpu_seconds)
        wire.send(*answer(doors, kind_code.decode(), context, *layout))


def load() -> None:
    """Everything that drawing needs: fonts, styles, every template. Raises DocumentFault."""
    for kind in KINDS.values():
        word.template(kind.template)
        pdf.environment().get_template(f"{kind.template}/page.html")
    issue(BLANK_FORM, FIRST)
    issue(ANNUAL_REPORT, FIRST_FIGURES)
    # What is loaded stays, and of a document most goes by itself: looking for rubbish rarely makes each one in twenty faster.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def answer(doors: Doors, kind_code: str, context: bytes, layout: bytes | None = None) -> list[bytes]:
    """The files, or a sentence. Raises NO_MEMORY."""
    try:
        value: Context = kind_of(kind_code).context.model_validate_json(context)  # type: ignore[assignment]
        made = issue(kind_code, value, layout)
    except DocumentFault as fault:
        return [REFUSED, str(fault).encode()]
    except NO_MEMORY:
        raise
    except Exception as error:
        log.exception("document_not_drawn", kind=kind_code)
        return [REFUSED, unknown(error).encode()]
    if doors.refused:
        return [REFUSED, knocked(doors).encode()]
    return [ISSUED, made.docx, made.pdf, made.page]


def unknown(error: Exception) -> str:
    return f"Something happened that this service does not know ({type(error).__name__}). Look in the worker's log."


def knocked(doors: Doors) -> str:
    events = ", ".join(sorted(set(doors.refused)))
    doors.refused.clear()
    return f"Drawing it reached for something outside the service’s own folders ({events}). It was refused, and nothing was issued."
