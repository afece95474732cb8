"""What is used up of limits: taken in one statement, so that any number of processes together take no more than there is."""

from __future__ import annotations

from sqlalchemy import case, delete, update
from sqlalchemy.orm import Session

from forms_app.db.database import insert_into
from forms_app.db.tables import Allowance


def take(session: Session, key: str, *, now: int, each: int, whole: int) -> bool:
    """Takes one of this key's allowance; False, and nothing changes, where nothing is left. All in milliseconds."""
    new = insert_into(session, Allowance).values(key=key, whole_again_at=now + each)
    kept = Allowance.whole_again_at
    after = case((kept < now, now), else_=kept) + each
    taken = new.on_conflict_do_update(
        index_elements=[Allowance.key], set_={Allowance.whole_again_at: after}, where=after <= now + whole
    )
    return session.scalar(taken.returning(Allowance.key)) is not None


def give_back(session: Session, key: str, *, each: int) -> None:
    """Undoes one `take` of this key."""
    session.execute(
        update(Allowance).where(Allowance.key == key).values(whole_again_at=Allowance.whole_again_at - each)
    )


def forget_whole(session: Session, *, now: int) -> None:
    """Deletes what says nothing any more."""
    session.execute(delete(Allowance).where(Allowance.whole_again_at < now))
