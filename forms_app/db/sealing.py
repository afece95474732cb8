"""What is sealed at rest: column types that store AES-256-GCM and nothing else, bound to the row and column that they stand in.

A sealed value is a version, the id of the data key that sealed it, a nonce and the ciphertext. Reading asks for the row's id in the same
breath as for the value, and so refuses one that was edited, or that stands in another row, column or table than it was sealed for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Protocol
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Connection, LargeBinary, Table, TypeDecorator, event, literal, select, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, InstanceState, Mapper, Session, object_session
from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

from forms_app.db.faults import DatabaseFault

VERSION = b"\x01"
"""No text, JSON or file of ours begins with it: what does not is not sealed."""
ID_BYTES = 16
NONCE_BYTES = 12
HEADER = len(VERSION) + ID_BYTES
SERVICE_KEY = UUID(int=1)
"""Of what belongs to no Board."""
INDEX_KEY = UUID(int=2)
"""Of the blind indexes."""
OWNERS = frozenset({"escalations", "boards"})
"""Each row of these has a data key, under its own id."""
BELONGS_BY = (
    "key_id",
    "escalation_id",
    "document_id",
    "delivery_id",
    "release_id",
    "board_id",
    "person_id",
    "agency_id",
)
"""A row belongs to what the first of these columns names that it has, and so to an escalation before a Board."""


class SealFault(DatabaseFault):
    """Something that is stored does not open. The sentence says where it stands, and nothing of what it says."""


class SealedValue(bytes):
    """A value as it is stored, with what it says."""

    plain: Any


class Keys(Protocol):
    """The data keys of one database."""

    def opening(self, key_id: UUID, *, anew: bool = False) -> AESGCM: ...
    def sealing(self, session: Session, key_id: UUID) -> AESGCM: ...
    def indexing(self) -> bytes: ...


_keys: WeakKeyDictionary[Dialect, Keys] = WeakKeyDictionary()


def use_keys(dialect: Dialect, keys: Keys) -> None:
    """Everything that is read and written through this engine is opened and sealed with these."""
    _keys[dialect] = keys


def _keys_of(dialect: Dialect) -> Keys:
    keys = _keys.get(dialect)
    if keys is None:
        raise SealFault("This database was opened without the keys of what is sealed in it.")
    return keys


# --- the types ---------------------------------------------------------------------------------------------------


class _WithRow(FunctionElement[bytes]):
    """A row's id and a value of it, as one string of bytes."""

    name = "with_row"
    inherit_cache = True


@compiles(_WithRow, "sqlite")
def _on_sqlite(element: _WithRow, compiler: Any, **options: Any) -> str:
    row, value = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST({row} || {value} AS BLOB)"


@compiles(_WithRow, "postgresql")
def _on_postgresql(element: _WithRow, compiler: Any, **options: Any) -> str:
    row, value = (compiler.process(each, **options) for each in element.clauses)
    return f"(uuid_send({row}) || {value})"


class _SoughtBlindly(TypeDecorator[Any]):
    """A text that is looked for by its blind index."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:
        return blind_index(dialect, self.place, value)


class Sealed(TypeDecorator[Any]):
    """A column that nothing is written to but what was sealed. What the ORM writes is sealed on its way (`seal_what_is_flushed`)."""

    impl = LargeBinary
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Any]):
        """Whether it is a text, or one of several, is asked of the blind index. Nothing else can be asked of what is sealed."""

        def operate(self, op: OperatorType, *other: Any, **options: Any) -> ColumnElement[Any]:
            kind = self.type
            if not isinstance(kind, Sealed) or kind.index is None or op not in (operators.eq, operators.in_op):
                return super().operate(op, *other, **options)
            index: ColumnElement[Any] = self.expr.table.c[kind.index]
            sought = _SoughtBlindly(kind.place)
            if op is operators.eq:
                return index == literal(other[0], sought)
            return index.in_([literal(each, sought) for each in other[0]])

    comparator_factory = Comparator
    to_bytes: Callable[[Any], bytes]
    from_bytes: Callable[[bytes], Any]

    def __init__(self, place: str, index: str | None = None) -> None:
        """`place` is table.column; `index` the column of the same row by which it is looked up blindly."""
        super().__init__()
        self.place, self.index = place, index

    @property
    def column(self) -> str:
        return self.place.partition(".")[2]

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        (row,) = column.table.primary_key
        return type_coerce(_WithRow(row, column), self)

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is not None and not isinstance(value, SealedValue):
            raise SealFault(f"{self.place} was about to be stored, or looked for, without being sealed.")
        return value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if dialect.name == "sqlite":
            row, value = bytes.fromhex(value[: 2 * ID_BYTES].decode()), value[2 * ID_BYTES :]
        else:
            row, value = value[:ID_BYTES], value[ID_BYTES:]
        return self.from_bytes(_opened(_keys_of(dialect), self.place, row, value))

    def sealed(self, session: Session, key_id: UUID, row: UUID, value: Any) -> SealedValue:
        """The value as it is stored in this row."""
        cipher, nonce = _keys_of(session.get_bind().dialect).sealing(session, key_id), os.urandom(NONCE_BYTES)
        header = VERSION + key_id.bytes
        body = cipher.encrypt(nonce, self.to_bytes(value), _bound_to(header, self.place, row.bytes))
        sealed = SealedValue(header + nonce + body)
        sealed.plain = value
        return sealed


def sealed(session: Session, column: Any, key_id: UUID, row: UUID, value: Any) -> SealedValue:
    """What the ORM does not write, as it is stored in this column of this row."""
    kind = column.type
    assert isinstance(kind, Sealed)
    return kind.sealed(session, key_id, row, value)


class SealedText(Sealed):
    cache_ok = True
    to_bytes = staticmethod(str.encode)
    from_bytes = staticmethod(bytes.decode)


class SealedBytes(Sealed):
    cache_ok = True
    to_bytes = staticmethod(bytes)
    from_bytes = staticmethod(bytes)


class SealedJSON(Sealed):
    cache_ok = True
    to_bytes = staticmethod(lambda value: json.dumps(value, ensure_ascii=False).encode())
    from_bytes = staticmethod(json.loads)


def _bound_to(header: bytes, place: str, row: bytes) -> bytes:
    return header + row + place.encode()


def _opened(keys: Keys, place: str, row: bytes, value: bytes) -> bytes:
    if value[: len(VERSION)] != VERSION or len(value) < HEADER + NONCE_BYTES:
        raise SealFault(f"A value of {place} is not sealed: somebody else than the service wrote it.")
    header, nonce, body = value[:HEADER], value[HEADER : HEADER + NONCE_BYTES], value[HEADER + NONCE_BYTES :]
    key_id, bound = UUID(bytes=header[len(VERSION) :]), _bound_to(header, place, row)
    try:
        return keys.opening(key_id).decrypt(nonce, body, bound)
    except InvalidTag:
        pass
    try:  # the key may have been made anew since, by another process, after a transaction of this one was undone
        return keys.opening(key_id, anew=True).decrypt(nonce, body, bound)
    except InvalidTag:
        raise SealFault(
            f"A value of {place} does not open: it was changed, or moved from where it was written."
        ) from None


# --- looked up without being opened --------------------------------------------------------------------------------


def blind_index(dialect: Dialect, place: str, text: str) -> bytes:
    """What stands in the index in the place of a text. Without the key nobody can tell from it which text it is."""
    key = _keys_of(dialect).indexing()
    folded = unicodedata.normalize("NFC", text).lower()
    return hmac.digest(key, place.encode() + b"\0" + folded.encode(), hashlib.sha256)


def sealed_places(tables: Iterable[Table]) -> set[str]:
    """Every column of these tables that is sealed, as table.column."""
    return {sealed.place for table in tables for _, sealed in sealed_columns(table)}


def ensure_key(session: Session, key_id: UUID) -> None:
    """Makes a data key where there is none yet."""
    _keys_of(session.get_bind().dialect).sealing(session, key_id)


# --- what the ORM writes -------------------------------------------------------------------------------------------


def seal_what_is_flushed(base: type[DeclarativeBase]) -> None:
    """From now on every object with sealed columns is sealed when it is written, and says what it said before."""
    for moment, act in (
        ("before_insert", _seal_new),
        ("before_update", _seal_changed),
        ("after_insert", _say_again),
        ("after_update", _say_again),
    ):
        event.listen(base, moment, act, propagate=True)


@cache
def sealed_columns(table: Table) -> tuple[tuple[str, Sealed], ...]:
    """The sealed columns of a table, by name."""
    return tuple((column.name, column.type) for column in table.columns if isinstance(column.type, Sealed))


def _seal_new(mapper: Mapper[Any], _: Connection, target: Any) -> None:
    columns = sealed_columns(table := _table(mapper))
    if not columns:
        return
    values = _state(target).dict
    (row,) = (column.name for column in table.primary_key)
    if values.get(row) is None:
        values[row] = uuid4()
    for name, _type in columns:
        default = table.columns[name].default
        if name not in values and default is not None:
            values[name] = default.arg  # type: ignore[attr-defined]  # a plain value, as test_sealing sees
    _seal(target, table, row, [(name, kind) for name, kind in columns if values.get(name) is not None])


def _seal_changed(mapper: Mapper[Any], _: Connection, target: Any) -> None:
    columns = sealed_columns(table := _table(mapper))
    state = _state(target)
    changed = [each for each in columns if each[0] in state.committed_state and state.dict.get(each[0]) is not None]
    if changed:
        (row,) = (column.name for column in table.primary_key)
        _seal(target, table, row, changed)


def _seal(target: Any, table: Table, row: str, columns: list[tuple[str, Sealed]]) -> None:
    session, values = object_session(target), _state(target).dict
    assert session is not None
    key_id = key_of(session, table, values)
    for name, kind in columns:
        if kind.index is not None:
            setattr(target, kind.index, blind_index(session.get_bind().dialect, kind.place, values[name]))
        values[name] = kind.sealed(session, key_id, values[row], values[name])


def _say_again(mapper: Mapper[Any], _: Connection, target: Any) -> None:
    values = _state(target).dict
    for name, _type in sealed_columns(_table(mapper)):
        if isinstance(value := values.get(name), SealedValue):
            values[name] = value.plain


def key_of(session: Session, table: Table, values: Mapping[str, Any]) -> UUID:
    """The data key of a row with these values: that of the escalation or Board that it belongs to, by way of other rows."""
    column = next((table.columns[each] for each in BELONGS_BY if values.get(each) is not None), None)
    if column is None:
        return SERVICE_KEY
    value: UUID = values[column.name]
    for foreign in column.foreign_keys:
        if foreign.column.table.name not in OWNERS:
            return _key_of_row(session, foreign.column.table, value)
    return value


def _key_of_row(session: Session, table: Table, row: UUID) -> UUID:
    known: dict[UUID, UUID] = session.info.setdefault("keys_of_rows", {})
    if row not in known:
        (own,) = table.primary_key
        columns = [column for column in table.columns if column.name in BELONGS_BY]
        with session.no_autoflush:
            values = dict(session.execute(select(*columns).where(own == row)).mappings().one())
        known[row] = key_of(session, table, values)
    return known[row]


def _table(mapper: Mapper[Any]) -> Table:
    assert isinstance(mapper.local_table, Table)
    return mapper.local_table


def _state(target: Any) -> InstanceState[Any]:
    state: InstanceState[Any] = target._sa_instance_state
    return state
