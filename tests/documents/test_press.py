"""Documents are drawn in a process of their own, which is loaded, shut in, killed when it takes too much, and replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forms_app.documents.contexts import Answer, Context, Section, WrittenAccount
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from forms_app.documents.press import MEBIBYTE, Limits, Press
from tests.architecture.tree import PROJECT
from tests.documents.examples import HARD, PLAIN

ACCOUNT = PLAIN["written_account"]


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with Press() as opened:
        yield opened


def saying(text: str) -> Context:
    sections = (Section(title="What happened", answers=(Answer(question="What happened?", answer=text),)),)
    assert isinstance(ACCOUNT, WrittenAccount)
    return ACCOUNT.model_copy(update={"sections": sections})


SLOW = saying("\t" * 19_000 + "a")
"""Takes two minutes."""


def runs(pid: int) -> bool:
    """A process that has ended and was not waited for runs no more; its first thread can end before the others."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return False
    return state != "Z" or threads > 1


def wait_until_gone(pid: int) -> None:
    until = time.monotonic() + 10
    while runs(pid):
        assert time.monotonic() < until, "it still runs"
        time.sleep(0.02)


@pytest.mark.parametrize("code", HARD)
def test_what_it_draws_is_what_would_be_drawn_here(press: Press, code: str) -> None:
    assert press.issue(code, HARD[code]) == issue(code, HARD[code])


def test_a_fault_comes_back_as_the_sentence_that_it_is(press: Press) -> None:
    with pytest.raises(DocumentFault, match=r"^Written account of the concern cannot be printed: .*U\+738B"):
        press.issue("written_account", saying("王"))


def test_one_process_draws_many_and_then_another_takes_its_place() -> None:
    with Press(Limits(documents=2)) as press:
        drawn_by = []
        for _ in range(3):
            drawn_by.append(press.pid)
            press.issue("written_account", ACCOUNT)

        assert drawn_by[0] == drawn_by[1] != drawn_by[2]
        assert not runs(drawn_by[0])


def test_killed_in_the_middle_nothing_comes_and_the_next_is_drawn() -> None:
    with Press() as press:
        press.issue("written_account", ACCOUNT)
        assert press.pid is not None
        threading.Timer(0.5, os.kill, [press.pid, signal.SIGKILL]).start()

        with pytest.raises(DocumentFault, match="stopped in the middle"):
            press.issue("written_account", SLOW)

        assert press.issue("written_account", ACCOUNT) == issue("written_account", ACCOUNT)


def test_killed_while_it_waits_nobody_notices() -> None:
    with Press() as press:
        press.issue("written_account", ACCOUNT)
        assert press.pid is not None
        os.kill(press.pid, signal.SIGKILL)
        wait_until_gone(press.pid)

        assert press.issue("written_account", ACCOUNT) == issue("written_account", ACCOUNT)


def test_what_takes_too_much_memory_is_given_up_with_a_sentence() -> None:
    with Press(Limits(memory=64 * MEBIBYTE)) as press:  # less than it has taken when it is loaded
        with pytest.raises(DocumentFault, match=r"more than 64 MiB of memory|stopped in the middle"):
            press.issue("written_account", saying("Seen at home. " * 14_000))

        assert press.pid is None


def status_of(press: Press, name: str) -> int:
    """What the kernel says of its process, in KiB."""
    lines = Path(f"/proc/{press.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def test_its_process_knows_nothing_of_the_workers_settings(press: Press) -> None:
    press.start()
    environment = Path(f"/proc/{press.pid}/environ").read_bytes()

    assert {line.partition(b"=")[0] for line in environment.split(b"\0") if line} == {b"PYTHONPATH", b"LANG"}


def test_it_has_no_more_open_than_the_line_to_its_press_and_where_to_complain(press: Press) -> None:
    press.issue("written_account", ACCOUNT)

    assert len(os.listdir(f"/proc/{press.pid}/fd")) == 4


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_what_it_has_begun_when_all_are_told_to_stop(press: Press, told: signal.Signals) -> None:
    press.issue("written_account", ACCOUNT)
    assert press.pid is not None
    os.kill(press.pid, told)

    assert press.issue("written_account", ACCOUNT).pdf


MASTER = """
import sys, time
from forms_app.documents.press import Press
from tests.documents.test_press import ACCOUNT, SLOW
press = Press()
press.issue("written_account", ACCOUNT)
print(press.pid, flush=True)
press.issue("written_account", SLOW) if sys.argv[1] == "draws" else time.sleep(60)
"""


@pytest.mark.parametrize("does", ["draws", "waits"])
def test_without_its_worker_it_is_gone(does: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MASTER, does], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        pid = int(worker.stdout.readline())
        time.sleep(0.3)
        assert runs(pid)
        worker.kill()

    wait_until_gone(pid)


def test_a_document_costs_no_memory_that_is_not_given_back(press: Press, release: bool) -> None:
    count = 300 if release else 150
    for _ in range(40):
        press.issue("written_account", ACCOUNT)
    before = status_of(press, "VmRSS")

    for _ in range(count):
        press.issue("written_account", ACCOUNT)

    assert (status_of(press, "VmRSS") - before) / count < 10


def test_without_fonts_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forms_app.documents.press.START", NO_FONTS)

    with Press() as press, pytest.raises(DocumentFault, match="Run script/assets"):
        press.issue("written_account", ACCOUNT)


NO_FONTS = """
import sys; from pathlib import Path; from forms_app.documents import fonts; fonts.FOLDER = Path('/nowhere')
from forms_app.documents.drawing import serve; sys.exit(serve(*map(int, sys.argv[1:])))"""


def test_what_nobody_foresaw_is_told_by_its_kind_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("forms_app.documents.press.START", BROKEN)

    with Press() as press, pytest.raises(DocumentFault, match=r"does not know \(KeyError\)"):
        press.issue("written_account", saying("Quennell"))

    logged = capfd.readouterr()
    assert "document_not_drawn" in logged.out
    assert "Quennell" not in logged.out + logged.err


BROKEN = """
import sys; from forms_app.documents import drawing
def broken(kind, context, layout=None): raise KeyError(context.sections[0].answers[0].answer)
drawing.load = lambda: None; drawing.issue = broken
sys.exit(drawing.serve(*map(int, sys.argv[1:])))"""


# --- shut in ------------------------------------------------------------------------------------------------------

ATTEMPT = """
import ctypes, errno, os, socket, subprocess, sys
from pathlib import Path
from forms_app.documents import fonts, templates
from forms_app.documents.confinement import close_doors, shut_in
libc = ctypes.CDLL(None, use_errno=True)
OWN = str(fonts.FOLDER / fonts.TEXT[0]).encode()
def c(answer):
    sys.exit(f"the kernel let it: {answer}" if answer >= 0 else 0 if ctypes.get_errno() in (errno.EPERM, errno.EACCES) else 3)
shut_in([fonts.FOLDER, templates.FOLDER])
"""
WITHOUT_KERNEL = ATTEMPT.replace("\nshut_in(", "\n(")
IN_C = {
    "a connection": "c(libc.socket(2, 1, 0))",
    "a connection on this machine": "c(libc.socket(1, 1, 0))",
    "another file": "c(libc.open(b'/etc/passwd', 0))",
    "another folder": "c(libc.open(b'/tmp', 0))",
    "a new file": "c(libc.open(b'/tmp/forms-app-must-not-be', os.O_CREAT | os.O_WRONLY, 0o600))",
    "a change of our own files": "c(libc.open(OWN, os.O_WRONLY))",
    "another program": "c(libc.execl(b'/bin/true', b'true', None))",
    "another process's memory": "c(libc.ptrace(16, os.getppid(), 0, 0))",
}
IN_PYTHON = {
    "a connection": "socket.socket()",
    "a name looked up": "socket.getaddrinfo('localhost', 80)",
    "another file": "open('/etc/passwd')",
    "another file by way of ours": "open(templates.FOLDER / '..' / 'pyproject.toml')",
    "a change of our own files": "open(OWN, 'r+b')",
    "a folder": "os.listdir('/')",
    "a file removed": "os.remove('/tmp/forms-app-must-not-be')",
    "another program": "subprocess.run(['/bin/true'])",
    "another program by a shell": "os.system('true')",
    "another process": "os.fork()",
    "another library": "ctypes.CDLL('libm.so.6')",
}
DOORS = """
doors = close_doors([fonts.FOLDER, templates.FOLDER])
try:
    {attempt}
except PermissionError:
    sys.exit(0 if doors.refused else 3)
sys.exit("Python let it")
"""


def attempt(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("what", IN_C)
def test_the_kernel_refuses_the_libraries_in_c(what: str) -> None:
    ended = attempt(ATTEMPT + IN_C[what])

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("what", ["a connection", "another file", "another folder", "another program"])
def test_what_the_kernel_refuses_works_elsewhere(what: str) -> None:
    ended = attempt(WITHOUT_KERNEL + IN_C[what])

    assert "the kernel let it" in ended.stderr or (what == "another program" and ended.returncode == 0)


@pytest.mark.parametrize("what", IN_PYTHON)
def test_python_refuses_it_too_where_the_kernel_cannot(what: str) -> None:
    ended = attempt(WITHOUT_KERNEL + DOORS.format(attempt=IN_PYTHON[what]))

    assert (ended.returncode, ended.stderr) == (0, "")


def test_our_own_files_can_be_read() -> None:
    own = "open(OWN, 'rb').read(); open(templates.FOLDER / 'print.css').read()"

    ended = attempt(ATTEMPT + DOORS.format(attempt=own))

    assert ended.stderr == "Python let it\n"


def test_a_document_whose_drawing_reached_outside_is_not_issued() -> None:
    reaching = f"""
import sys; from forms_app.documents import drawing, issue
def reach(kind, context, layout=None):
    try: open({str(PROJECT / "pyproject.toml")!r})
    except OSError: pass
    return issue.issue(kind, context)
drawing.issue = reach; drawing.load = lambda: issue.issue(drawing.BLANK_FORM, drawing.FIRST)
sys.exit(drawing.serve(*map(int, sys.argv[1:])))"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forms_app.documents.press.START", reaching)
        with Press() as press, pytest.raises(DocumentFault, match=r"outside the service’s own folders \(open\)"):
            press.issue("written_account", ACCOUNT)
