"""Tells the workers to look at the outbox. A poke carries nothing, and a lost one does no harm: workers also look by the clock."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

NAME = "forms-app"
CONNECT_SECONDS = 2
REST_SECONDS = 10
log = structlog.get_logger(__name__)


class QueueFault(Exception):
    """The task engine's storage cannot be used. The sentence says which, and what to do."""


class Pokes:
    """Pokes the workers after a commit. Never fails: a poke that cannot be given is left to the workers' clock.

    The queue is opened at the first poke, so that each process has its own.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: Huey | None = None
        self._give: Callable[[], Any] = _nothing
        self._rest_until = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._rest_until:
            return
        try:
            if self._queue is None:
                self._queue = open_queue(self._url)
                self._give = looking(self._queue, _nothing)
            self._give()
        except Exception as fault:  # noqa: BLE001 - the request is done and its work is owed, whatever happens here
            # A storage that does not answer must not hold up every request.
            self._rest_until = time.monotonic() + REST_SECONDS
            log.warning("no_worker_woken", queue=_plain(self._url), fault=type(fault).__name__)

    def close(self) -> None:
        if self._queue is not None:
            self._queue.storage.close()


def open_queue(url: str, *, busy_seconds: float = 1) -> Huey:
    """The queue that this URL names. Raises QueueFault when it is of an unknown kind or cannot be reached."""
    settings: dict[str, Any] = {"results": False, "serializer": _Plain()}
    try:
        match urlsplit(url).scheme.partition("+")[0]:
            case "sqlite":
                file = Path(url.partition(":///")[2])
                file.parent.mkdir(parents=True, exist_ok=True)
                # Nothing is lost with a poke, so nothing need reach the disk.
                queue = SqliteHuey(NAME, filename=str(file), fsync=False, timeout=busy_seconds, **settings)
            case "postgresql" | "postgres":
                dsn = "postgresql:" + url.partition(":")[2]
                # Where it is the service's own database, it has a schema for this; elsewhere there is none of that name.
                settings |= {"connect_timeout": CONNECT_SECONDS, "options": "-c search_path=queue,public"}
                queue = PostgresHuey(NAME, dsn=dsn, **settings)
            case "redis" | "rediss":
                queue = RedisHuey(NAME, connection_pool=_redis_pool(url), **settings)
            case _:
                raise QueueFault(
                    "HUEY_URL names no queue that this service knows: it begins with sqlite:///, postgresql:// or redis://"
                )
        queue.storage.queue_size()
    except QueueFault:
        raise
    except Exception as fault:  # noqa: BLE001 - each of the three storages has errors of its own
        raise QueueFault(
            f"The task engine's storage at {_plain(url)} cannot be used ({type(fault).__name__}). "
            "Look whether it is running and HUEY_URL is right, and start again."
        ) from None
    return queue


def looking(queue: Huey, look: Callable[[], None]) -> Callable[[], Any]:
    """The one task that there is. Called, it asks a worker to look; a worker that is asked calls `look`."""

    def look_at_the_outbox() -> None:
        look()

    task: Callable[[], Any] = queue.task()(look_at_the_outbox)
    return task


class _Plain(Serializer):  # type: ignore[misc]  # huey has no types
    """Messages as JSON: whoever can write to the queue cannot have code run, as they could with pickle."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        return Message(*json.loads(data))


def _redis_pool(url: str) -> Any:
    from redis import ConnectionPool

    return ConnectionPool.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=2 * CONNECT_SECONDS)


def _plain(url: str) -> str:
    """The URL without the password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _nothing() -> None:
    pass
