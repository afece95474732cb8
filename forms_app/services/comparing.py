"""Two versions of a policy beside each other: each rule that one has and the other has not, or that they say differently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forms_app.domain.policy import Policy
from forms_app.services.outline import Piece, outline, source_in_words

NOTHING = "–"
OF_THE_WHOLE = "The policy itself"


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule: where it stands, what it is, and what each version says. Where one has no such rule, it says nothing."""

    place: tuple[str, ...]
    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    source_before: str = ""
    source_after: str = ""

    @property
    def is_new(self) -> bool:
        return not self.before

    @property
    def is_gone(self) -> bool:
        return not self.after


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    differences: tuple[Difference, ...]


def compared(before: Policy, after: Policy) -> tuple[Chapter, ...]:
    """Every difference, by the part of the policy in which it is; nothing where they say the same."""
    chapters: dict[str, list[Difference]] = {}
    for each in _between((), outline(before), outline(after)):
        chapters.setdefault(each.place[0] if each.place else OF_THE_WHOLE, []).append(each)
    return tuple(Chapter(title, tuple(differences)) for title, differences in chapters.items())


def _between(place: tuple[str, ...], before: Sequence[Piece], after: Sequence[Piece]) -> Iterator[Difference]:
    old, new = {piece.key: piece for piece in before}, {piece.key: piece for piece in after}
    for key in [*old, *(key for key in new if key not in old)]:
        yield from _of_one(place, old.get(key), new.get(key))
    yield from _order(place, [key for key in old if key in new], [key for key in new if key in old], new)


def _of_one(place: tuple[str, ...], old: Piece | None, new: Piece | None) -> Iterator[Difference]:
    if old is None or new is None:
        yield _in_one_only(place, old, new)
        return
    if old.pieces or new.pieces:
        inside = (*place, new.name)
        yield from _between(inside, old.pieces, new.pieces)
        if old.source != new.source:
            yield _of_source(inside, old, new)
    elif old.raw != new.raw:
        said = (old.said, new.said) if old.said != new.said else (f"{old.said} ({old.raw})", f"{new.said} ({new.raw})")
        sources = (source_in_words(old.source), source_in_words(new.source))
        yield Difference(place, new.name, (said[0],), (said[1],), *sources)
    elif old.source != new.source:
        yield _of_source((*place, new.name), old, new)


def _in_one_only(place: tuple[str, ...], old: Piece | None, new: Piece | None) -> Difference:
    piece = old or new
    assert piece is not None, "one of them has it"
    return Difference(
        place,
        piece.name,
        tuple(old.lines()) if old else (),
        tuple(new.lines()) if new else (),
        source_in_words(old.source) if old else "",
        source_in_words(new.source) if new else "",
    )


def _of_source(place: tuple[str, ...], old: Piece, new: Piece) -> Difference:
    return Difference(
        place,
        "Where it comes from",
        (source_in_words(old.source) or NOTHING,),
        (source_in_words(new.source) or NOTHING,),
    )


def _order(place: tuple[str, ...], old: list[str], new: list[str], pieces: dict[str, Piece]) -> Iterator[Difference]:
    if old != new:
        names = {key: pieces[key].title or pieces[key].said or pieces[key].label for key in new}
        yield Difference(place, "The order", tuple(names[key] for key in old), tuple(names[key] for key in new))
