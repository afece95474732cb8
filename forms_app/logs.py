"""Logs: one JSON object a line on standard output, with codes, ids, numbers and times, and no text that a person wrote."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog


def configure_logs(stream: TextIO | None = None) -> None:
    """Once for each process, before anything else happens in it."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # A line that cannot be written must not be written to standard error instead, with all that it was to say.
    logging.raiseExceptions = False
    # Flask-WTF says here why a form was refused, in words; the request's own line has the status.
    logging.getLogger("flask_wtf.csrf").setLevel(logging.WARNING)


def name_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Puts the kind of an exception and the way it came in the place of its message, which may quote what somebody wrote."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info if isinstance(exc_info, BaseException) else exc_info[1] if exc_info else None
    if error is not None:
        event["error"] = kinds(error)
        event["where"] = way(error)
    return event


def kinds(error: BaseException) -> list[str]:
    """The exception's class and those of its causes, the last one first."""
    chain: list[str] = []
    following: BaseException | None = error
    while following is not None and len(chain) < 10:
        chain.append(f"{type(following).__module__}.{type(following).__qualname__}")
        following = following.__cause__ or following.__context__
    return chain


def way(error: BaseException) -> list[str]:
    """The places through which an exception came, the outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
