"""Draws the pages of a Word file with LibreOffice, where it is installed: without a network, and killed when it takes too long."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from forms_app.documents.faults import DocumentFault

PROGRAMS = ("soffice", "pdftoppm", "prlimit", "unshare")
MOST_PAGES = 6
DOTS_PER_INCH = 72
SECONDS = 60.0
MEMORY = 2_500_000_000
LARGEST_FILE = 50_000_000
OFFLINE = ("unshare", "--net", "--map-root-user", "--")


@cache
def can_draw() -> bool:
    """Whether the programs are here, and the kernel lets them be shut off from the network."""
    if not all(shutil.which(program) for program in PROGRAMS):
        return False
    return subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603 - ours


def pages(docx: bytes, *, seconds: float = SECONDS) -> tuple[bytes, ...]:
    """The first pages as PNG. Raises DocumentFault when they cannot be drawn in that time."""
    with tempfile.TemporaryDirectory(prefix="forms-app-picture-") as name:
        folder = Path(name)
        (folder / "sample.docx").write_bytes(docx)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        quiet = ("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck")
        _run(["soffice", profile, *quiet, "--convert-to", "pdf", "--outdir", name, "sample.docx"], folder, seconds)
        _run(
            ["pdftoppm", "-r", str(DOTS_PER_INCH), "-png", "-l", str(MOST_PAGES), "sample.pdf", "page"], folder, seconds
        )
        drawn = sorted(folder.glob("page-*.png"))
        if not drawn:
            raise DocumentFault("LibreOffice made no picture of it. Look at the sample in Word instead.")
        return tuple(picture.read_bytes() for picture in drawn)


def _run(command: Sequence[str], folder: Path, seconds: float) -> None:
    """Runs one program that sees no network, no environment of ours, and takes no more than its share."""
    limits = ("prlimit", f"--as={MEMORY}", f"--cpu={int(seconds) + 1}", f"--fsize={LARGEST_FILE}", "--core=0", "--")
    program = subprocess.Popen(  # noqa: S603 - ours, and nothing that a person typed is in it
        [*limits, *OFFLINE, *command],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        program.wait(seconds)
    except subprocess.TimeoutExpired:
        raise DocumentFault(f"It takes longer than {seconds:g} seconds to draw, and was given up.") from None
    finally:
        # LibreOffice begins another process, which must not outlive it.
        _kill_all(program)


def _kill_all(program: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
