"""What somebody asks the register for: in codes alone, which may stand in an address and under a saved view."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from uuid import UUID

from forms_app.domain.periods import Period
from forms_app.domain.register import State


class Sort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"
    """The next moment that somebody must keep; then those without one, the newest first."""
    RECORDED = "recorded"
    REFERENCE = "reference"


class Only(StrEnum):
    """What is so at this moment."""

    OVERDUE = "overdue"
    QUIET = "quiet"
    UNIT = "unit"
    """The business unit must see to it: a chair to appoint, a meeting to convene, something overdue or gone quiet."""


REFERENCE = re.compile(r"[A-Z]{3,4}-[A-Z0-9]{0,7}")
CODE = re.compile(r"[a-z0-9_.@-]{1,100}")


def reference_typed(text: str, board_code: str) -> str | None:
    """A reference of this Board's, or how one begins, as it is stored; None for anything else, such as somebody's name."""
    found = re.sub(r"\s", "", text).upper().replace("–", "-")
    is_one = REFERENCE.fullmatch(found) is not None and found.startswith(f"{board_code}-")
    return found if is_one else None


@dataclass(frozen=True, slots=True)
class Filters:
    """Everything, the newest first, where nothing else is said."""

    sort: Sort = Sort.NEWEST
    reference: str = ""
    """The whole of it, or how it begins."""
    policy: str = ""
    stage: str = ""
    """A route and a stage of it, with a full stop between."""
    state: State | None = None
    reason: str = ""
    raising: UUID | None = None
    receiving: UUID | None = None
    outcome: str = ""
    only: Only | None = None
    period: Period | None = None

    @classmethod
    def read(cls, codes: Mapping[str, Any]) -> Filters | None:
        """What these codes ask for; None where one of them can be none of ours. What asks for nothing is left out."""
        try:
            found = {name: _READ.get(name, _code)(str(codes[name])) for name in _NAMES if codes.get(name)}
        except ValueError:
            return None
        return cls(**found)

    @property
    def codes(self) -> dict[str, str]:
        """As they stand in an address: what asks for nothing is left out."""
        said = {name: _spelled(getattr(self, name)) for name in _NAMES}
        return {name: code for name, code in said.items() if code and (name, code) != ("sort", Sort.NEWEST)}

    @property
    def narrows(self) -> bool:
        """Whether some of the register is left out."""
        return bool(self.codes.keys() - {"sort"})


def _code(text: str) -> str:
    if CODE.fullmatch(text) is None:
        raise ValueError("no code")
    return text


def _reference(text: str) -> str:
    if REFERENCE.fullmatch(text) is None:
        raise ValueError("no reference")
    return text


def _period(text: str) -> Period:
    found = Period.read(text)
    if found is None:
        raise ValueError("no period")
    return found


def _spelled(value: Any) -> str:
    if isinstance(value, Period):
        return value.code
    return "" if value is None else str(value)


_NAMES = tuple(each.name for each in fields(Filters))
_READ: Mapping[str, Any] = {
    "sort": Sort,
    "state": State,
    "only": Only,
    "raising": UUID,
    "receiving": UUID,
    "reference": _reference,
    "period": _period,
}


# --- what can be asked for -------------------------------------------------------------------------------------

Choices = Mapping[str, Sequence[tuple[str, str]]]
"""Groups of codes with their words."""


@dataclass(frozen=True, slots=True)
class RegisterChoices:
    """Each by the name of the filter that it is for; one policy alone is no choice."""

    board_code: str
    policy: Choices
    stage: Choices
    reason: Choices
    outcome: Choices
    agency: Choices
    period: Choices


# --- from one page to the next -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of the register begins or ends: the row beside it, by the part of the order in which it stands and its key there."""

    part: int
    row: UUID
    key: str
    """The moment in microseconds, or the reference; empty where the row says it and no address may: when it was opened."""

    @classmethod
    def read(cls, code: str) -> Mark | None:
        found = _MARK.fullmatch(code)
        return None if found is None else cls(int(found[1]), UUID(found[2]), found[3] or "")

    @property
    def code(self) -> str:
        return f"{self.part}.{self.row.hex}" + (f".{self.key}" if self.key else "")


_MARK = re.compile(r"([01])\.([0-9a-f]{32})(?:\.([A-Z0-9-]{1,20}))?")
