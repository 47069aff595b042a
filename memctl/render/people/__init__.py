"""Which result is shown on which screen; the screens have a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...model import results
from ..screen import Screen
from .backends import show_backends
from .clear import show_clearing
from .config import show_change, show_profile, show_profiles, show_which
from .crew_id import show_crew_id
from .discover import show_discovery
from .history import show_history
from .indexes import show_index, show_index_change, show_indexes
from .moving.backup import show_backup, show_backup_deletion, show_backups
from .moving.diff import show_diff
from .moving.migrate import show_migration
from .records import show_record, show_records
from .sandbox import show_sandbox
from .search import show_hits
from .secrets import show_secret_change, show_secrets
from .setup import show_setup
from .stats import show_stats
from .verify import show_verification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCREENS: Final[Mapping[type[results.Result], Callable[..., None]]] = {
    results.BackendsResult: show_backends,
    results.BackupDeleteResult: show_backup_deletion,
    results.BackupListResult: show_backups,
    results.BackupResult: show_backup,
    results.ClearResult: show_clearing,
    results.ConfigChangeResult: show_change,
    results.ConfigListResult: show_profiles,
    results.ConfigShowResult: show_profile,
    results.ConfigWhichResult: show_which,
    results.CrewIdResult: show_crew_id,
    results.DiscoverResult: show_discovery,
    results.DiffResult: show_diff,
    results.HistoryResult: show_history,
    results.IndexChangeResult: show_index_change,
    results.IndexListResult: show_indexes,
    results.IndexResult: show_index,
    results.MigrateResult: show_migration,
    results.RecordResult: show_record,
    results.RecordsResult: show_records,
    results.SandboxResult: show_sandbox,
    results.SearchResult: show_hits,
    results.SecretChangeResult: show_secret_change,
    results.SecretListResult: show_secrets,
    results.SetupResult: show_setup,
    results.StatsResult: show_stats,
    results.VerifyResult: show_verification,
}


def show(
    result: results.Result, *, is_quiet: bool = False, is_preview: bool = False, **options: Any
) -> None:
    """Show a result: data on standard output, notes and the next command on standard error.

    Args:
        result: what a command found or did.
        is_quiet: print no notes and no next command.
        is_preview: it is not done yet: all of it goes to standard error, without a next command.
        options: what the result's own screen takes: ``by`` for counts, ``steps`` for the journal.
    """
    screen = Screen(is_quiet=is_quiet, is_preview=is_preview)
    SCREENS[type(result)](result, screen, **options)
