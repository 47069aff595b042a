"""The tables as SQLModel classes, and how values are written."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Dialect, Index, String, TypeDecorator, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ..model.journal import Outcome
from .values import OBJECT, OUTCOME, TIME, Form


class _Text(TypeDecorator[Any]):
    """A value that is kept as text."""

    impl = String
    cache_ok = True
    form: ClassVar[Form]

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return self.form.text_of(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        return self.form.value_of(value)


class UtcText(_Text):
    """An aware time."""

    cache_ok = True
    form = TIME


class JsonText(_Text):
    """A JSON object."""

    cache_ok = True
    form = OBJECT


class OutcomeText(_Text):
    """Where an operation or a step stands."""

    cache_ok = True
    form = OUTCOME


class ProfileRow(SQLModel, table=True):
    """One profile."""

    __tablename__ = "profiles"
    __table_args__ = (
        UniqueConstraint("group_id", "name"),
        Index("one_default_per_group", "group_id", unique=True, sqlite_where=text("is_default")),
    )

    id: str = Field(primary_key=True)
    group_id: str
    name: str
    description: str
    backend_type: str
    settings: dict[str, Any] = Field(sa_type=JsonText)
    enable_short_term: bool
    enable_long_term: bool
    enable_entity: bool
    is_active: bool
    is_default: bool
    created_at: datetime = Field(sa_type=UtcText)
    updated_at: datetime = Field(sa_type=UtcText)


class OperationRow(SQLModel, table=True):
    """One operation; the numbers keep the order in which they began, whatever the clock did."""

    __tablename__ = "operations"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    command: str
    group_id: str | None
    subject: str
    outcome: Outcome = Field(sa_type=OutcomeText)
    detail: str | None = None
    started_at: datetime = Field(sa_type=UtcText)
    finished_at: datetime | None = Field(default=None, sa_type=UtcText)
    plan: dict[str, Any] | None = Field(default=None, sa_type=JsonText)


class StepRow(SQLModel, table=True):
    """One step of an operation."""

    __tablename__ = "steps"

    operation_id: str = Field(primary_key=True, foreign_key="operations.id")
    position: int = Field(primary_key=True)
    name: str
    outcome: Outcome = Field(sa_type=OutcomeText)
    detail: str | None = None
    started_at: datetime = Field(sa_type=UtcText)
    finished_at: datetime | None = Field(default=None, sa_type=UtcText)


class CheckpointRow(SQLModel, table=True):
    """How far one copy has come in one part of a memory type."""

    __tablename__ = "checkpoints"

    key: str = Field(primary_key=True)
    memory_type: str = Field(primary_key=True)
    part: int = Field(primary_key=True)
    until: str | None
    cursor: str | None
    copied: int
    complete: bool
    updated_at: datetime = Field(sa_type=UtcText)
