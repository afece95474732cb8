"""The job titles that stand for each level in each kind of agency: the policy's, and a Board's own laid over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import contacts
from forms_app.db.boards import hold_board
from forms_app.db.tables import EquivalentTitle
from forms_app.domain.access import May
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import ChangedMeanwhile, NotFound
from forms_app.domain.policy import Choice, Policy
from forms_app.services.directory import own_person, person_who_may
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class LevelTitle:
    """What one kind of agency calls a level."""

    level: str
    name: str
    """Of the level, where there is no title."""
    of_policy: str
    """The policy's title; empty where it has none."""
    own: str
    """The Board's; empty where it has none."""

    @property
    def given(self) -> str:
        return self.own or self.of_policy


@dataclass(frozen=True, slots=True)
class KindTitles:
    """One kind of agency, with its levels from the lowest up."""

    id: str
    title: str
    levels: tuple[LevelTitle, ...]

    @property
    def stamp(self) -> str:
        return stamp_of(*(level.own for level in self.levels))


@dataclass(frozen=True, slots=True)
class TitlesView:
    policy: str
    levels: tuple[Choice, ...]
    kinds: tuple[KindTitles, ...]

    @property
    def titled(self) -> tuple[Choice, ...]:
        """The levels that have a title in some kind of agency."""
        given = {level.level for kind in self.kinds for level in kind.levels if level.given}
        return tuple(level for level in self.levels if level.id in given)


def titles_view(work: Work, *, by: UUID) -> TitlesView:
    board = own_person(work, by).board
    policy = work.policy_of(board)
    own = _own(work, board.id)
    kinds = tuple(_kind(policy, kind, own) for kind in policy.agency_kinds)
    return TitlesView(policy=policy.title, levels=policy.levels, kinds=kinds)


def titles_of_kind(work: Work, *, by: UUID, agency_kind: str) -> KindTitles:
    """One kind of agency of the policy. Raises NotFound."""
    for kind in titles_view(work, by=by).kinds:
        if kind.id == agency_kind:
            return kind
    raise NotFound("There is no such kind of agency.")


def change_titles(work: Work, *, by: UUID, agency_kind: str, seen: str, titles: Mapping[str, str]) -> None:
    """The Board's titles for one kind of agency, by level: an empty one leaves it to the policy.

    `seen` is the stamp of those that the person saw. Raises NotFound and ChangedMeanwhile.
    """
    person = person_who_may(work, by, May.CHANGE_TITLES)
    hold_board(work.session, person.board_id)
    kind = titles_of_kind(work, by=by, agency_kind=agency_kind)
    if kind.stamp != seen:
        raise ChangedMeanwhile("Somebody changed these titles after you opened this page. Look at them again.")
    contacts.forget_titles(work.session, person.board_id, agency_kind)
    for level in kind.levels:
        title = titles.get(level.level, "")
        if title and title != level.of_policy:
            work.session.add(
                EquivalentTitle(board_id=person.board_id, agency_kind=agency_kind, level=level.level, title=title)
            )
    work.note("titles_changed", person=person.id, board=person.board_id)


def _own(work: Work, board_id: UUID) -> dict[tuple[str, str], str]:
    return {(each.agency_kind, each.level): each.title for each in contacts.titles_of_board(work.session, board_id)}


def _kind(policy: Policy, kind: Choice, own: Mapping[tuple[str, str], str]) -> KindTitles:
    rows = [row.titles for row in policy.equivalents if row.agency_kind == kind.id]
    return KindTitles(
        id=kind.id,
        title=kind.title,
        levels=tuple(
            LevelTitle(
                level=level.id,
                name=level.title,
                of_policy=next((titles[level.id] for titles in rows if level.id in titles), ""),
                own=own.get((kind.id, level.id), ""),
            )
            for level in policy.levels
        ),
    )
