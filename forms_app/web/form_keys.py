"""The key of a form that was sent: sent twice, it finds what the first did."""

from __future__ import annotations

from uuid import UUID

from flask import abort, request


def form_key() -> UUID:
    """Answers 400 where it is none of ours."""
    return id_typed(request.form.get("form_key", ""))


def id_typed(text: str) -> UUID:
    """An id that a form of ours carries. Answers 400 for anything else."""
    try:
        return UUID(text)
    except ValueError:
        abort(400)
