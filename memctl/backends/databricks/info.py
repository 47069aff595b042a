"""What the backend says of itself: its settings and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...model.backend.capability import Capability
from ...model.backend.info import BackendInfo
from ...model.backend.provisioning import ProvisioningInfo
from ...model.memory_type import MemoryType
from ...model.setting import EMBEDDER_SETTINGS, Setting, SettingKind
from ...workspace.connection import MOST_AT_ONCE
from ..holding import Holds
from .naming import SETUP_OPTIONS, index_setting, name_resources

if TYPE_CHECKING:
    from collections.abc import Mapping

HOLDS: Final = Holds(
    empty_ids=False,
    half_characters=False,
    odd_numbers=False,
    odd_vectors=False,
    no_vector="it has no vector",
)


class DatabricksInfo(BackendInfo):
    """A place is a workspace, and the schema that indexes are made in; only profiles name one."""

    __slots__ = ()

    def place_of(self, settings: Mapping[str, Any]) -> str:
        """Name the workspace and the schema."""
        return f"{settings['workspace_url']}/{settings['catalog']}.{settings['schema']}"

    def secret_host(self, settings: Mapping[str, Any]) -> str | None:
        """Name the workspace's origin."""
        return str(settings["workspace_url"])


INFO: Final = DatabricksInfo(
    name="databricks",
    title="Databricks AI Search (Vector Search), one index per memory type",
    settings=(
        Setting(
            "workspace_url",
            "The address of the workspace.",
            SettingKind.URL,
            required=True,
            only_origin=True,
            login="token",
        ),
        Setting("client_id", "The OAuth client to log in as."),
        Setting("client_secret", "The OAuth client's secret.", secret=True),
        Setting("token", "An access token.", secret=True),
        Setting(
            "user_token",
            "A token of the user on whose behalf memctl works.",
            secret=True,
            environment="MEMCTL_USER_TOKEN",
            is_kept=False,
        ),
        Setting("auth_profile", "A profile of `.databrickscfg`, where nothing else is given."),
        Setting("catalog", "The catalog that indexes are made in.", default="ml"),
        Setting("schema", "The schema that indexes are made in.", default="agents"),
        Setting(
            "dimension",
            "The dimension of vectors.",
            SettingKind.INTEGER,
            default=1024,
        ),
        Setting("endpoint", "The endpoint of all indexes but that of documents."),
        Setting("document_endpoint", "The endpoint of the index of documents."),
        *(
            Setting(
                index_setting(each),
                f"The full name of the index that holds `{each}` memory.",
            )
            for each in MemoryType
        ),
        *EMBEDDER_SETTINGS,
    ),
    capabilities=frozenset(
        {
            Capability.READ,
            Capability.UPSERT,
            Capability.DELETE,
            Capability.SETUP,
            Capability.PROBE,
        }
    ),
    location_setting=None,
    has_setup=True,
    provisioning=ProvisioningInfo(SETUP_OPTIONS, "token", name_resources),
    writers=MOST_AT_ONCE + 2,  # while requests are under way, the next batches are put into rows
    readers=MOST_AT_ONCE,
)
