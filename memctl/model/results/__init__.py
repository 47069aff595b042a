"""What each command found or did: field names are the keys of ``--json``; no presentation."""

from __future__ import annotations

from .backends import BackendsResult, BackendStated, SettingStated
from .base import Result, StoreUsed
from .config import (
    ConfigChangeResult,
    ConfigListResult,
    ConfigShowResult,
    ConfigWhichResult,
    ProfileListed,
)
from .migrate import Comparison, Loss, MigrateResult, TypeCopy
from .operations import HistoryResult, SetupResult, StepTaken
from .records import RecordResult, RecordsResult
from .stats import AgentStats, CollectionStats, CrewStats, DayStats, StatsResult, TypeStats
from .verify import VerifiedStore, VerifyResult

__all__ = [
    "AgentStats",
    "BackendStated",
    "BackendsResult",
    "CollectionStats",
    "Comparison",
    "ConfigChangeResult",
    "ConfigListResult",
    "ConfigShowResult",
    "ConfigWhichResult",
    "CrewStats",
    "DayStats",
    "HistoryResult",
    "Loss",
    "MigrateResult",
    "ProfileListed",
    "RecordResult",
    "RecordsResult",
    "Result",
    "SettingStated",
    "SetupResult",
    "StatsResult",
    "StepTaken",
    "StoreUsed",
    "TypeCopy",
    "TypeStats",
    "VerifiedStore",
    "VerifyResult",
]
