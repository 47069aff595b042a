"""Two stores in an SQLite file: rows with a UUID, and rows with numbers of the store's own."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import datetime
from itertools import islice, pairwise

import numpy as np

from memctl.backends.base import (
    Batch,
    Failure,
    FailureReason,
    MemoryBackend,
    Partition,
    WriteResult,
)
from memctl.backends.holding import HeldIds, Holds, judge, sort_out
from memctl.backends.shared.ownership import of_same_owners
from memctl.model.backend.capability import Capability
from memctl.model.backend.check import Check, CheckStatus
from memctl.model.backend.collection import Collection, Description
from memctl.model.backend.info import BackendInfo
from memctl.model.errors import InvalidCursor
from memctl.model.memory_type import MemoryType
from memctl.model.record import OWNED_FIELDS, MemoryRecord
from memctl.model.records import to_columns
from memctl.model.selector import EVERYTHING
from memctl.model.setting import Setting, SettingKind

MODULE = "memctl.backends.table_rows"
PLACES = {"uuids": "table_rows:UuidRows", "numbers": "table_rows:NumberedRows"}
TAKEN = Holds(nul=False, half_characters=False, odd_numbers=False, odd_vectors=False)
"""What PostgreSQL holds in its columns."""

OTHER_OWNER = Failure(FailureReason.OTHER_OWNER, "the id belongs to another crew or group")
SAME_OWNER = """
    ON CONFLICT (type, id) DO UPDATE SET content = excluded.content, owned = excluded.owned,
        importance = excluded.importance, created_at = excluded.created_at,
        embedding = excluded.embedding, metadata = excluded.metadata
    WHERE json_extract(owned, '$[0]', '$[1]') = json_extract(excluded.owned, '$[0]', '$[1]')
    RETURNING id
"""
"""Group and crew are the first of `OWNED_FIELDS`; nothing returns where they are another's."""

COLUMNS = "number, id, type, content, owned, importance, created_at, embedding, metadata"


class TableRows(MemoryBackend):
    """A table, in the order of its rows' numbers."""

    def __init__(self, settings, *, read_secret, access=None):
        super().__init__(settings, read_secret=read_secret, access=access)
        if access.writable:
            self.database = sqlite3.connect(settings["path"], isolation_level=None)
            self.database.execute(
                "CREATE TABLE IF NOT EXISTS memories (number INTEGER PRIMARY KEY AUTOINCREMENT,"
                " id TEXT, type TEXT, content TEXT, owned TEXT, importance REAL, created_at TEXT,"
                " embedding BLOB, metadata TEXT, UNIQUE (type, id))"
            )
        else:
            self.database = sqlite3.connect(f"file:{settings['path']}?mode=ro", uri=True)

    @property
    def location(self):
        return f"{self.info.name}:{self.settings['path']}"

    @property
    def identity(self):
        return f"table:{self.settings['path']}"

    def check(self):
        return [Check("reachable", CheckStatus.OK, "open", "open")]

    def _describe(self):
        types = self.database.execute("SELECT DISTINCT type FROM memories").fetchall()
        return Description([self._collection(MemoryType(each)) for (each,) in types])

    def _collection(self, memory_type):
        first = self.database.execute(
            "SELECT length(embedding) FROM memories WHERE type = ? AND embedding NOT NULL LIMIT 1",
            (str(memory_type),),
        ).fetchone()
        return Collection(memory_type, memory_type, first and first[0] // 4, "cosine")

    def scan(
        self,
        memory_type,
        selector=EVERYTHING,
        *,
        batch_size=1000,
        after=None,
        until=None,
        with_embeddings=True,
    ):
        rows = self.database.execute(
            f"SELECT {COLUMNS} FROM memories WHERE type = ? AND number > ? AND number <= ?"  # noqa: S608 - constants
            " ORDER BY number",
            (str(memory_type), _number(after, 0), _number(until, 2**62)),
        ).fetchall()
        found = ((row[0], self._record(row, with_embeddings)) for row in rows)
        meant = ((number, record) for number, record in found if selector.matches(record))
        while page := list(islice(meant, batch_size)):
            yield Batch(str(memory_type), [each for _, each in page], f"row:{page[-1][0]}")

    def partitions(self, memory_type, n):
        rows = self.database.execute(
            "SELECT number FROM memories WHERE type = ? ORDER BY number", (str(memory_type),)
        ).fetchall()
        step = max(1, -(-len(rows) // n))
        bounds = [None, *(f"row:{each}" for (each,) in rows[step - 1 : -1 : step]), None]
        return [Partition(a, b) for a, b in pairwise(bounds)]

    def _write(self, memory_type, records):
        def prepare(some):
            judge(to_columns(some), self.holds)
            return list(some)

        held, failed = sort_out(records, prepare)
        rows = {each.id: self._store(memory_type, each) for each in held}
        failed |= {each: OTHER_OWNER for each, row in rows.items() if row is None}
        written = {each: row for each, row in rows.items() if row is not None}
        renamed = {each: row for each, row in written.items() if row != each}
        return WriteResult(len(written), failed, renamed)

    def _delete(self, memory_type, ids, selector):
        meant = replace(selector, ids=frozenset(ids))
        found = [each.id for batch in self.scan(memory_type, meant) for each in batch.records]
        self.database.executemany(
            f"DELETE FROM memories WHERE type = ? AND {self.key} = ?",  # noqa: S608 - a constant
            [(str(memory_type), each) for each in found],
        )
        return WriteResult(len(found))

    def close(self):
        self.database.close()

    def _put(self, memory_type, record, key, verb="INSERT OR REPLACE", after=""):
        values = {
            **key,
            "type": str(memory_type),
            "content": record.content,
            "owned": json.dumps([getattr(record, each) for each in OWNED_FIELDS]),
            "importance": record.importance,
            "created_at": record.created_at and record.created_at.isoformat(),
            "embedding": None if record.embedding is None else record.embedding.tobytes(),
            "metadata": json.dumps(record.metadata),
        }
        marks = ", ".join("?" * len(values))
        return self.database.execute(
            f"{verb} INTO memories ({', '.join(values)}) VALUES ({marks}) {after}",
            [*values.values()],
        )

    def _record(self, row, with_embeddings):
        number, row_id, memory_type, content, owned, importance, moment, vector, metadata = row
        return MemoryRecord(
            id=str(number) if self.key == "number" else row_id,
            type=MemoryType(memory_type),
            content=content,
            embedding=np.frombuffer(vector, np.float32) if vector and with_embeddings else None,
            importance=importance,
            created_at=moment and datetime.fromisoformat(moment),
            metadata=json.loads(metadata),
            **dict(zip(OWNED_FIELDS, json.loads(owned), strict=True)),
        )


def _info(name):
    return BackendInfo(
        name=name,
        title="rows of a table, for tests",
        settings=(Setting("path", "The file.", SettingKind.PATH, required=True),),
        capabilities=frozenset(
            {
                Capability.UPSERT,
                Capability.DELETE,
                Capability.ROWS_WITHOUT_VECTORS,
            }
        ),
        location_setting="path",
    )


class UuidRows(TableRows):
    """Its rows have a UUID each, as a column of PostgreSQL's type would; writes compare owners."""

    info = _info("uuids")
    holds = replace(TAKEN, ids=HeldIds.UUID)
    key = "id"

    def _of_same_owners(self, memory_type, records):  # noqa: ARG002 - the base looks at the type
        return of_same_owners(records, {})  # within the batch; `SAME_OWNER` does the rest

    def _store(self, memory_type, record):
        assert HeldIds.UUID.holds(record.id)
        done = self._put(memory_type, record, {"id": record.id}, "INSERT", SAME_OWNER).fetchone()
        return done and record.id


class NumberedRows(TableRows):
    """Its rows have the number that the database gives them."""

    info = _info("numbers")
    holds = replace(TAKEN, ids=HeldIds.OWN)
    key = "number"

    def _store(self, memory_type, record):
        number = _as_number(record.id)
        found = self.database.execute(
            "SELECT 1 FROM memories WHERE type = ? AND number = ?", (str(memory_type), number)
        ).fetchone()
        key = {"number": number} if found else {}
        return str(self._put(memory_type, record, key).lastrowid)


def _as_number(record_id):
    """Return the number of a row; no row has another spelling of it, or what is no number."""
    is_one = record_id.isascii() and record_id.isdecimal() and len(record_id) < 19
    return int(record_id) if is_one and str(int(record_id)) == record_id else -1


def _number(cursor, without):
    if cursor is None:
        return without
    if not cursor.removeprefix("row:").isdecimal() or not cursor.startswith("row:"):
        raise InvalidCursor(f"`{cursor[:80]}` is no place in a table")
    return int(cursor[4:])
