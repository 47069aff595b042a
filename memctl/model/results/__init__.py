"""What each command found or did: field names are the keys of ``--json``; no presentation."""

from __future__ import annotations

from .backends import BackendsResult, BackendStated, SettingStated
from .backup import (
    BackupDeleteResult,
    BackupListed,
    BackupListResult,
    BackupResult,
    BackupState,
)
from .base import Result, StoreUsed
from .clear import ClearResult, RowsMeant, TypeCleared
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
from .search import HitFound, SearchResult
from .secrets import SecretChangeResult, SecretListed, SecretListResult
from .stats import AgentStats, CollectionStats, CrewStats, DayStats, StatsResult, TypeStats
from .verify import VerifiedStore, VerifyResult

__all__ = [
    "AgentStats",
    "BackendStated",
    "BackendsResult",
    "BackupDeleteResult",
    "BackupListResult",
    "BackupListed",
    "BackupResult",
    "BackupState",
    "ClearResult",
    "CollectionStats",
    "Comparison",
    "ConfigChangeResult",
    "ConfigListResult",
    "ConfigShowResult",
    "ConfigWhichResult",
    "CrewStats",
    "DayStats",
    "HistoryResult",
    "HitFound",
    "Loss",
    "MigrateResult",
    "ProfileListed",
    "RecordResult",
    "RecordsResult",
    "Result",
    "RowsMeant",
    "SearchResult",
    "SecretChangeResult",
    "SecretListResult",
    "SecretListed",
    "SettingStated",
    "SetupResult",
    "StatsResult",
    "StepTaken",
    "StoreUsed",
    "TypeCleared",
    "TypeCopy",
    "TypeStats",
    "VerifiedStore",
    "VerifyResult",
]
