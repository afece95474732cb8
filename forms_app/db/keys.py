"""The data keys of a database, wrapped by keys that are kept outside it: made, opened, wrapped anew, destroyed.

Every escalation has a data key of its own, every Board one, the service one, and the blind indexes one. A data key's row has the id of what
it belongs to. Without its row, nothing that it sealed can be opened by anybody.
"""

from __future__ import annotations

import base64
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from forms_app.db.faults import RUN_MIGRATE, DatabaseFault
from forms_app.db.inserting import insert_into
from forms_app.db.sealing import INDEX_KEY, NONCE_BYTES, SealFault, sealed_places
from forms_app.db.tables import Base, DataKey, SealedPlace

KEY_BYTES = 32
MOST_REMEMBERED = 5000
AT_ONCE = 200


class WrappingKeys:
    """The keys that wrap data keys, by name. The first is the current one; the others only open."""

    def __init__(self, setting: str) -> None:
        """From name:base64 of 32 bytes, with commas between. Settings have looked that it is so."""
        pairs = [each.strip().partition(":") for each in setting.split(",")]
        self._ciphers = {name: AESGCM(base64.b64decode(key, validate=True)) for name, _, key in pairs}
        self.current = pairs[0][0]

    @property
    def names(self) -> list[str]:
        return list(self._ciphers)

    def wrap(self, key_id: UUID, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[self.current].encrypt(nonce, key, _bound_to(key_id))

    def unwrap(self, key_id: UUID, wrapped: bytes, by: str) -> bytes:
        """Raises SealFault where the key is not here, or is another than the one that wrapped it."""
        if by not in self._ciphers:
            raise SealFault(
                f"SEALING_KEYS lacks the key “{by}”, with which some of what is stored was sealed. Add it after the others."
            )
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._ciphers[by].decrypt(nonce, body, _bound_to(key_id))
        except InvalidTag:
            raise SealFault(
                f"SEALING_KEYS: the key “{by}” is not the one with which this database was sealed. Set the one that is."
            ) from None


def new_wrapping_key(today: datetime) -> str:
    """One for the setting, named after the day and some chance."""
    name = f"{today:%Y-%m-%d}-{os.urandom(2).hex()}"
    return f"{name}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def _bound_to(key_id: UUID) -> bytes:
    return b"data_keys" + key_id.bytes


@dataclass(frozen=True, slots=True)
class _Opened:
    raw: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False)


class KeyRing:
    """The data keys of one database, as one process has opened them."""

    def __init__(self, engine: Engine, wrapping: WrappingKeys) -> None:
        self._engine, self.wrapping = engine, wrapping
        self._opened: OrderedDict[UUID, _Opened] = OrderedDict()
        self._lock = Lock()

    def opening(self, key_id: UUID, *, anew: bool = False) -> AESGCM:
        """The key with this id. Raises SealFault for one that is not there, or not any more."""
        return self._found(key_id, anew=anew).cipher

    def _found(self, key_id: UUID, *, anew: bool = False) -> _Opened:
        found = None if anew else self._opened.get(key_id)
        if found is None:
            # In a transaction of its own, since this is asked for while rows of another are being read.
            with Session(self._engine) as session:
                session.connection(execution_options={"sqlite_begin": "DEFERRED"})
                found = self._read(session, key_id)
                session.rollback()
        if found is None:
            raise SealFault("Something that is stored cannot be opened: its key was destroyed, or never kept.")
        return found

    def sealing(self, session: Session, key_id: UUID) -> AESGCM:
        """The key with this id, which this transaction has seen, or makes: no other may seal anything."""
        return self._kept(session, key_id).cipher

    def indexing(self) -> bytes:
        return self._found(INDEX_KEY).raw

    def _kept(self, session: Session, key_id: UUID) -> _Opened:
        seen: dict[UUID, _Opened] = session.info.setdefault("data_keys", {})
        if key_id not in seen:
            found = self._read(session, key_id)
            if found is None:
                self._make(session, key_id)
                found = self._read(session, key_id)
            assert found is not None
            seen[key_id] = found
        return seen[key_id]

    def _make(self, session: Session, key_id: UUID) -> None:
        wrapped = self.wrapping.wrap(key_id, os.urandom(KEY_BYTES))
        with session.no_autoflush:
            session.execute(
                insert_into(session, DataKey)
                .values(id=key_id, wrapped=wrapped, wrapped_by=self.wrapping.current)
                .on_conflict_do_nothing(index_elements=[DataKey.id])
            )

    def _read(self, session: Session, key_id: UUID) -> _Opened | None:
        wanted = select(DataKey.wrapped, DataKey.wrapped_by).where(DataKey.id == key_id)
        with session.no_autoflush:
            row = session.execute(wanted).one_or_none()
        if row is None:
            return None
        raw = self.wrapping.unwrap(key_id, row.wrapped, row.wrapped_by)
        opened = _Opened(raw, AESGCM(raw))
        with self._lock:
            self._opened[key_id] = opened
            if len(self._opened) > MOST_REMEMBERED:
                self._opened.popitem(last=False)
        return opened


# --- by name -----------------------------------------------------------------------------------------------------


def destroy(session: Session, escalation_id: UUID) -> None:
    """Makes everything that belongs to an escalation unreadable for ever, wherever a copy of it without this row is."""
    session.execute(delete(DataKey).where(DataKey.id == escalation_id))


def require_keys(session: Session, wrapping: WrappingKeys) -> None:
    """Raises DatabaseFault where something is not sealed yet, or was sealed by a key that is not here."""
    if not sealed_places(Base.metadata.sorted_tables) <= set(session.scalars(select(SealedPlace.place))):
        raise DatabaseFault(RUN_MIGRATE)
    for name in sorted(wrapped_by(session)):
        key = session.scalars(select(DataKey).where(DataKey.wrapped_by == name).limit(1)).one()
        wrapping.unwrap(key.id, key.wrapped, key.wrapped_by)


def wrap_some_anew(session: Session, wrapping: WrappingKeys) -> int:
    """Wraps some of the data keys that another than the current key wraps by that one. How many there were."""
    wanted = select(DataKey).where(DataKey.wrapped_by != wrapping.current).order_by(DataKey.id).limit(AT_ONCE)
    keys = session.scalars(wanted.with_for_update()).all()
    for key in keys:
        raw = wrapping.unwrap(key.id, key.wrapped, key.wrapped_by)
        key.wrapped, key.wrapped_by = wrapping.wrap(key.id, raw), wrapping.current
    return len(keys)


def wrapped_by(session: Session) -> Mapping[str, int]:
    """How many data keys each wrapping key wraps."""
    found = session.execute(select(DataKey.wrapped_by, func.count()).group_by(DataKey.wrapped_by))
    return {row[0]: row[1] for row in found}
