"""Waking the workers: through each kind of storage, without ever failing, and without running what was put into it."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huey import RedisHuey, SqliteHuey
from huey.registry import Message

from forms_app.services.poke import NAME, Pokes, QueueFault, looking, open_queue
from tests.architecture.tree import PROJECT
from tests.ports import free_port

REDIS = shutil.which("redis-server")


@pytest.fixture
def sqlite_queue(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'not' / 'there' / 'huey.db'}"


@pytest.fixture
def redis_queue(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    assert REDIS is not None
    command = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            open_queue(f"redis://127.0.0.1:{port}/0").storage.pool.disconnect()
            break
        except QueueFault:
            time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(
    params=[
        "sqlite_queue",
        "empty_postgresql_url",
        pytest.param(
            "redis_queue", marks=pytest.mark.skipif(REDIS is None, reason="there is no redis-server on this machine")
        ),
    ]
)
def queue_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def opened() -> Iterator[Callable[[str], Any]]:
    queues: list[Any] = []

    def open_one(url: str) -> Any:
        queues.append(open_queue(url))
        return queues[-1]

    yield open_one
    for queue in queues:
        if isinstance(queue, RedisHuey):
            queue.storage.pool.disconnect()
        else:
            queue.storage.close()


def test_a_poke_makes_a_worker_look(queue_url: str, opened: Callable[[str], Any]) -> None:
    looked: list[str] = []
    worker = opened(queue_url)
    looking(worker, lambda: looked.append("looked"))
    pokes = Pokes(queue_url)

    pokes()
    pokes()

    assert worker.storage.queue_size() == 2
    for _ in range(2):
        worker.execute(worker.dequeue())
    assert looked == ["looked", "looked"]
    pokes.close()


def test_a_poke_carries_nothing_and_is_no_pickle(queue_url: str, opened: Callable[[str], Any]) -> None:
    pokes = Pokes(queue_url)
    pokes()
    pokes.close()

    (content,) = opened(queue_url).storage.enqueued_items()

    message = Message(*json.loads(content))
    assert (message.args, message.kwargs) == ([], {})
    assert message.name.endswith("look_at_the_outbox")


class Opens:
    """Writes a file when it is unpickled, as an attacker's message would do worse."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.file,))


def test_what_somebody_planted_in_the_queue_is_not_run(sqlite_queue: str, opened: Any, tmp_path: Path) -> None:
    worker = opened(sqlite_queue)
    worker.storage.enqueue(pickle.dumps(Opens(tmp_path / "planted")))

    with pytest.raises(ValueError, match=r"utf-8|JSON|Expecting"):
        worker.dequeue()

    assert not (tmp_path / "planted").exists()


def test_left_to_itself_the_library_runs_what_somebody_planted(tmp_path: Path) -> None:
    stock = SqliteHuey(NAME, filename=str(tmp_path / "huey.db"))
    stock.storage.enqueue(pickle.dumps(Opens(tmp_path / "planted")))

    with pytest.raises(AttributeError):
        stock.dequeue()

    assert (tmp_path / "planted").exists()
    stock.storage.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://forms:s3cret@127.0.0.1:1/none",
        "postgresql+psycopg://forms:s3cret@127.0.0.1:1/none",
        "redis://:s3cret@127.0.0.1:1/0",
        "sqlite:////dev/null/huey.db",
        "carrier-pigeon://loft",
        "",
    ],
)
def test_a_poke_that_cannot_be_given_fails_nothing_and_is_not_tried_at_each_request(url: str) -> None:
    pokes = Pokes(url)

    pokes()
    began = time.monotonic()
    for _ in range(100):
        pokes()

    assert time.monotonic() - began < 0.1
    with pytest.raises(QueueFault) as fault:
        open_queue(url)
    assert "HUEY_URL" in str(fault.value)
    assert "s3cret" not in str(fault.value)


def test_poking_needs_no_weasyprint() -> None:
    modules = "forms_app.services.poke, forms_app.services.outbox, forms_app.commands"
    listing = f"import {modules}, sys; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"

    found = subprocess.run([sys.executable, "-c", listing], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert "huey" in found.stdout.split()
    assert "weasyprint" not in found.stdout.split()
