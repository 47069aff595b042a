"""What each command found or did: field names are the keys of ``--json``."""

from __future__ import annotations

from .backends import BackendsResult, BackendStated, SettingStated
from .base import InterruptedHalfway, LoggedIn, Result, StoreUsed
from .clear import ClearResult, RowsMeant, TypeCleared
from .config import (
    ConfigChangeResult,
    ConfigListResult,
    ConfigShowResult,
    ConfigWhichResult,
    ProfileListed,
)
from .crew_id import CrewIdResult
from .discover import DiscoverResult, PlaceSearched, StoreFound, TypeFound, UncountedFound
from .indexes import IndexChangeResult, IndexListResult, IndexResult
from .moving.backup import (
    BackupDeleteResult,
    BackupListed,
    BackupListResult,
    BackupResult,
    BackupState,
)
from .moving.diff import Difference, DifferenceState, DiffResult, TypeDiff
from .moving.left_out import LeftOut
from .moving.migrate import Comparison, Loss, MetricChange, MigrateResult, Reembedded, TypeCopy
from .operations import HistoryResult, SetupResult, StepTaken
from .records import RecordResult, RecordsResult
from .sandbox import SandboxResult
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
    "CrewIdResult",
    "CrewStats",
    "DayStats",
    "DiffResult",
    "Difference",
    "DifferenceState",
    "DiscoverResult",
    "HistoryResult",
    "HitFound",
    "IndexChangeResult",
    "IndexListResult",
    "IndexResult",
    "InterruptedHalfway",
    "LeftOut",
    "LoggedIn",
    "Loss",
    "MetricChange",
    "MigrateResult",
    "PlaceSearched",
    "ProfileListed",
    "RecordResult",
    "RecordsResult",
    "Reembedded",
    "Result",
    "RowsMeant",
    "SandboxResult",
    "SearchResult",
    "SecretChangeResult",
    "SecretListResult",
    "SecretListed",
    "SettingStated",
    "SetupResult",
    "StatsResult",
    "StepTaken",
    "StoreFound",
    "StoreUsed",
    "TypeCleared",
    "TypeCopy",
    "TypeDiff",
    "TypeFound",
    "TypeStats",
    "UncountedFound",
    "VerifiedStore",
    "VerifyResult",
]
