"""The requests to one database of a Chroma server, by API v2."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from uuid import UUID

from ....formats.chroma import StoredCollection
from ....model.errors import MemctlError, NotAStore, StoreNotFound, UnsupportedSchema
from .errors import Gone, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .api import Api

_V2: Final = "/api/v2"
_MOST_ROWS: Final = 1000
"""Per request, where the server would take more: so that an answer takes seconds, not minutes."""

_COLLECTIONS_PAGE: Final = 100


class Database:
    """One database of a server; every method is one request, or as many as there are pages.

    What is asked is what a Chroma server itself describes under ``/openapi.json``.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self.address = api.address
        tenant, database = (quote(each, safe="") for each in api.address.home)
        self._tenant = f"{_V2}/tenants/{tenant}"
        self._path = f"{self._tenant}/databases/{database}"

    @cached_property
    def version(self) -> str:
        """The version that the server says its API has: 1.0 and 1.5 both say 1.0.0.

        Raises:
            NotAStore: when it is no Chroma server.
            UnsupportedSchema: when it is one without API v2.
        """
        try:
            version = self._api.get(f"{_V2}/version")
        except (NotFound, Gone) as exc:
            raise self._another_api() from exc
        if not isinstance(version, str):
            raise NotAStore(
                f"`{self.address.origin}` does not say its version as Chroma does",
                hint="check host and port: something else may listen there",
            )
        return version[:80]

    def _another_api(self) -> MemctlError:
        """Return the error for a Chroma server of another API, or for what is no Chroma server."""
        try:
            version = self._api.get("/api/v1/version")
        except MemctlError:
            version = None
        if isinstance(version, str):
            return UnsupportedSchema(
                f"`{self.address.origin}` is a Chroma server of version {version[:80]}, "
                "and memctl speaks API v2, that of Chroma 1.0 to 1.5",
                hint="upgrade the server, or copy its directory and open that",
            )
        return UnsupportedSchema(
            f"`{self.address.origin}` offers no API v2: it is no Chroma server of 1.0 to 1.5",
            hint="check host and port, and which Chroma runs there",
        )

    @cached_property
    def limits(self) -> Mapping[str, Any]:
        """What the server says it takes: ``max_batch_size``, ``supports_base64_encoding``."""
        found = self._api.get(f"{_V2}/pre-flight-checks")
        if not isinstance(found, dict):
            raise self._malformed("its limits")
        return found

    @property
    def page_size(self) -> int:
        """How many rows go into one request."""
        most = self.limits.get("max_batch_size")
        return min(_MOST_ROWS, most) if isinstance(most, int) and most > 0 else _MOST_ROWS

    def is_there(self) -> bool:
        """Return whether the tenant has the database."""
        return self._is_there(self._path)

    def has_tenant(self) -> bool:
        """Return whether the server has the tenant."""
        return self._is_there(self._tenant)

    def _is_there(self, path: str) -> bool:
        self.version  # noqa: B018 - a server that is none must not pass for one without it
        try:
            self._api.get(path)
        except NotFound:
            return False
        return True

    def check(self) -> None:
        """Raise unless the database is there.

        Raises:
            StoreNotFound: then. Chroma itself lists no collections for a database that is missing.
        """
        if not self.is_there():
            tenant, database = self.address.home
            raise StoreNotFound(
                f"`{self.address.origin}` has no database `{database}` of tenant `{tenant}`",
                hint="check `tenant` and `database`, or make it with `memctl setup chroma`",
            )

    def create(self) -> None:
        """Make the database; its tenant must be there."""
        self._api.post(f"{self._tenant}/databases", {"name": self.address.home[1]})

    def delete(self) -> None:
        """Delete the database."""
        self._api.delete(self._path)

    def collections(self) -> list[StoredCollection]:
        """List the collections, by name; their counts are not asked for."""
        found: dict[str, StoredCollection] = {}
        while page := self._collections_from(len(found)):
            new = [each for each in page if each.id not in found]
            if not new:
                break
            found |= {each.id: each for each in new}
        return sorted(found.values(), key=lambda each: each.name)

    def _collections_from(self, offset: int) -> list[StoredCollection]:
        page = self._api.get(f"{self._path}/collections", limit=_COLLECTIONS_PAGE, offset=offset)
        if not isinstance(page, list):
            raise self._malformed("its collections")
        try:
            return [_collection(each, self.address.home) for each in page]
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            raise self._malformed("its collections") from exc

    def create_collection(self, name: str, metadata: Mapping[str, Any]) -> None:
        """Make a collection; fails where there is one of that name."""
        self._api.post(f"{self._path}/collections", {"name": name, "metadata": dict(metadata)})

    def change_metadata(self, collection_id: str, metadata: Mapping[str, Any]) -> None:
        """Replace a collection's metadata."""
        path = f"{self._path}/collections/{collection_id}"
        self._api.put(path, {"new_metadata": dict(metadata)})

    def delete_collection(self, name: str) -> None:
        """Delete a collection with all its rows."""
        self._api.delete(f"{self._path}/collections/{quote(name, safe='')}")

    def count(self, collection_id: str) -> int:
        """Return how many rows a collection has."""
        found = self._api.get(f"{self._path}/collections/{collection_id}/count")
        if not isinstance(found, int):
            raise self._malformed("a count")
        return found

    def rows(self, collection_id: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return rows by a query: ``ids`` or ``where``, ``limit``, ``offset``, ``include``."""
        found = self._api.post(f"{self._path}/collections/{collection_id}/get", query)
        if not isinstance(found, dict) or not isinstance(found.get("ids"), list):
            raise self._malformed("rows")
        for name in query["include"]:
            values = found.get(name)
            if values is not None and len(values) != len(found["ids"]):
                raise self._malformed("rows")
        return found

    def upsert(self, collection_id: str, rows: Mapping[str, Sequence[Any]]) -> None:
        """Write rows, given as parallel lists."""
        self._api.post(f"{self._path}/collections/{collection_id}/upsert", rows)

    def delete_rows(self, collection_id: str, ids: Sequence[str]) -> None:
        """Delete rows by id; those that are not there are fine."""
        self._api.post(f"{self._path}/collections/{collection_id}/delete", {"ids": list(ids)})

    def _malformed(self, what: str) -> MemctlError:
        return NotAStore(
            f"`{self.address.origin}` does not give {what} as Chroma does",
            hint="check host and port, and which Chroma runs there",
        )


def _collection(found: Any, home: tuple[str, str]) -> StoredCollection:
    """Return a collection as the server describes it; it does not tell where its files are."""
    tenant, database = home
    return StoredCollection(
        id=str(UUID(found["id"])),
        name=found["name"],
        database=found.get("database", database),
        tenant=found.get("tenant", tenant),
        dimension=found.get("dimension"),
        metric=_metric(found),
        vector_segment="",
        metadata_segment="",
        metadata=found.get("metadata") or {},
    )


def _metric(found: dict[str, Any]) -> str:
    """Return the metric from the configuration of either index, else from the metadata."""
    configuration = found.get("configuration_json") or {}
    indexes = [configuration.get(each) or {} for each in ("hnsw", "spann")]
    named = [each["space"] for each in indexes if "space" in each]
    metadata = found.get("metadata") or {}
    return str(named[0] if named else metadata.get("hnsw:space", "l2"))
