"""Errors that only the `databricks` backend raises."""

from __future__ import annotations

from ...model.errors import AnswerIsNo, ConfigurationError, StoreNotFound, Unreachable


class OtherResource(ConfigurationError):
    """What is there under a name is not what was asked for."""

    code = "other_resource"


class NotReady(Unreachable):
    """An endpoint or an index is in a state that waiting does not change."""

    code = "not_ready"


class HoldsMemory(AnswerIsNo):
    """What is to be taken back holds memory, or serves somebody else's."""

    code = "holds_memory"


class QuotaExceeded(ConfigurationError):
    """The workspace or an endpoint holds as many as it may."""

    code = "quota_exceeded"


class MissingContainer(StoreNotFound):
    """The catalog or the schema that the indexes are to lie in is not there."""

    code = "missing_container"
