"""One result of every kind to render, as the core would give it; no test of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from memctl.model import results
from memctl.model.backend.check import Check, CheckStatus
from memctl.model.backend.index import IndexFacts
from memctl.model.errors import TimedOut
from memctl.model.journal import Operation, Outcome, StepEntry
from memctl.model.memory_type import MemoryType
from memctl.model.profile import Profile
from memctl.model.setting import SettingKind
from memctl.testing.records import make_record

NOON = datetime(2026, 3, 4, 12, 0, 5, tzinfo=UTC)
OPERATION_ID = "b3c0f4de-6a3e-4d53-a01b-0123456789ab"
USED = {
    "backend": "chroma",
    "location": "chroma:/srv/memory",
    "profile": "prod",
    "selected_by": "group_default",
}
PROFILE = Profile(
    id="7a1d9c52-3f0e-4f57-8a8e-0123456789ab",
    group_id="acme",
    name="prod",
    backend_type="chroma",
    created_at=NOON,
    updated_at=NOON + timedelta(days=1),
    description="what the support crew knows",
    settings={"path": "/srv/memory", "map": {"facts": "entity"}},
    enable_entity=False,
    is_default=True,
)

STATS = results.StatsResult(
    **USED,
    group_id="acme",
    crew_id=None,
    total=1650,
    unscoped=12,
    types=[
        results.TypeStats(MemoryType.SHORT_TERM, 1200, [384], ["short_term"], is_enabled=True),
        results.TypeStats(MemoryType.LONG_TERM, 0, [], [], is_enabled=True),
        results.TypeStats(
            MemoryType.ENTITY, 450, [384, 768], ["entities", "entities-2"], is_enabled=False
        ),
    ],
    collections=[
        results.CollectionStats("short_term", MemoryType.SHORT_TERM, 1200, 384, "cosine"),
        results.CollectionStats("entities", MemoryType.ENTITY, 400, 384, "l2"),
        results.CollectionStats("entities-2", MemoryType.ENTITY, 50, 768, None),
        results.CollectionStats("knowledge_support", None, 44, 384, "l2"),
    ],
    crews=[
        results.CrewStats("research", "acme", 1500),
        results.CrewStats(None, "acme", 150),
    ],
    agents=[
        results.AgentStats("writer", "research", 1500),
        results.AgentStats(None, None, 150),
    ],
    days=[results.DayStats(None, 150), results.DayStats(date(2026, 3, 4), 1500)],
    oldest=NOON - timedelta(days=3),
    newest=NOON,
    size_bytes=3_500_000,
)

CHECKS = [
    Check("reachable", CheckStatus.OK, "opened", "a store"),
    Check(
        "schema level",
        CheckStatus.WARNING,
        "10",
        "11",
        "run `memctl verify --probe --upgrade-store`",
    ),
    Check(
        "index",
        CheckStatus.PROBLEM,
        "12,300 of 12,345 rows",
        "every row",
        "restore it from a backup",
        "short_term",
    ),
]
VERIFY = results.VerifyResult([results.VerifiedStore(**USED, checks=CHECKS)], CHECKS)

RECORDS = results.RecordsResult(
    **USED,
    records=[
        make_record(1, content="the invoice of March\nis late"),
        make_record(2, crew_id=None, agent_id=None, created_at=None, content="[red]x[/red]"),
    ],
    total=40,
    with_embeddings=False,
)
RECORD = results.RecordResult(
    **USED,
    record=make_record(
        1, content="first line\nsecond line", scope=None, metadata={"a": {"b": [1]}}
    ),
    collection="short_term",
)

ARCHIVE = results.StoreUsed("archive", "archive:/srv/export", None, "at")
MIGRATE = results.MigrateResult(
    source=ARCHIVE,
    target=results.StoreUsed(**{**USED, "selected_by": "profile"}),
    dry_run=False,
    operation_id=OPERATION_ID,
    group_id="acme",
    types=[
        results.TypeCopy(MemoryType.SHORT_TERM, 600, 590, 10, 0, 0, 0),
        results.TypeCopy(MemoryType.ENTITY, 1000, 995, 0, 5, 2, 1000),
    ],
    losses=[
        results.Loss(MemoryType.ENTITY, "rows without vectors", 5, "--skip-without-vectors"),
    ],
    left_out=7,
    other_groups=["globex", "initech"],
    resumed=True,
    comparison=results.Comparison(1595, 1595, 0, 0),
    default_profile="prod",
)
MIGRATE_DIFFERS = replace(
    MIGRATE,
    types=[results.TypeCopy(MemoryType.ENTITY, 1000, 1000, 0, 0, 0, 0)],
    losses=[],
    left_out=0,
    other_groups=[],
    resumed=False,
    comparison=results.Comparison(
        1000, 995, 3, 2, ["entity a: missing", "entity b: differs in id"]
    ),
    default_profile=None,
)
MIGRATE_DRY = replace(
    MIGRATE, dry_run=True, operation_id=None, resumed=False, comparison=None, default_profile=None
)

DIFF = results.DiffResult(
    source=ARCHIVE,
    target=results.StoreUsed(**{**USED, "selected_by": "profile"}),
    types=[
        results.TypeDiff(MemoryType.SHORT_TERM, 600, 1, 0, 0),
        results.TypeDiff(MemoryType.ENTITY, 1000, 0, 12, 1),
    ],
    differences=[
        results.Difference(MemoryType.SHORT_TERM, "a", results.DifferenceState.ONLY_IN_SOURCE, []),
        results.Difference(
            MemoryType.ENTITY, "b", results.DifferenceState.DIFFERENT, ["content", "embedding"]
        ),
        results.Difference(MemoryType.ENTITY, "c", results.DifferenceState.ONLY_IN_TARGET, []),
    ],
    left_out=7,
    damage=[],
)

CLEAR_DRY = results.ClearResult(
    **USED,
    group_id=None,
    crew_id="research",
    created_before=NOON - timedelta(days=30),
    dry_run=True,
    operation_id=None,
    backup=None,
    types=[
        results.TypeCleared(MemoryType.SHORT_TERM, 1200, 0, 1200),
        results.TypeCleared(MemoryType.ENTITY, 12, 0, 12),
    ],
    collections=[
        results.RowsMeant("short_term", MemoryType.SHORT_TERM, "acme", 1000),
        results.RowsMeant("short_term", MemoryType.SHORT_TERM, "globex", 200),
        results.RowsMeant("research_entities", MemoryType.ENTITY, None, 12),
    ],
    total=1212,
    deleted=0,
    left=1212,
    unscoped=0,
)
CLEAR = replace(
    CLEAR_DRY,
    group_id="acme",
    created_before=None,
    dry_run=False,
    operation_id=OPERATION_ID,
    backup=OPERATION_ID,
    types=[
        results.TypeCleared(MemoryType.SHORT_TERM, 1200, 1199, 1),
        results.TypeCleared(MemoryType.ENTITY, 12, 12, 0),
    ],
    deleted=1211,
    left=1,
    unscoped=3,
)
CLEAR_NOTHING = replace(
    CLEAR, operation_id=None, backup=None, types=[], collections=[], total=0, deleted=0, left=0
)

BACKUPS = [
    results.BackupListed(
        id=OPERATION_ID,
        created_at=NOON,
        source="chroma:/srv/memory",
        records=1600,
        size_bytes=3_500_000,
        state=results.BackupState.COMPLETE,
        made_by="clear",
        group_id="acme",
    ),
    results.BackupListed(
        id="0" + OPERATION_ID[1:],
        created_at=NOON - timedelta(days=1),
        source=None,
        records=None,
        size_bytes=512,
        state=results.BackupState.UNFINISHED,
        made_by=None,
        group_id=None,
    ),
]
BACKUP_LIST = results.BackupListResult("/home/me/.local/share/memctl/backups", BACKUPS)
BACKUP_DELETE = results.BackupDeleteResult(
    BACKUP_LIST.location,
    dry_run=False,
    operation_id=OPERATION_ID,
    backups=BACKUPS,
    size_bytes=3_500_512,
)
BACKUP = results.BackupResult(
    id=OPERATION_ID,
    location=f"archive:{BACKUP_LIST.location}/{OPERATION_ID}",
    source=MIGRATE.target,
    dry_run=False,
    records=1600,
    size_bytes=3_500_000,
    types=[
        results.TypeCopy(MemoryType.SHORT_TERM, 600, 600, 0, 0, 0, 0),
        results.TypeCopy(MemoryType.ENTITY, 1000, 1000, 0, 0, 0, 0),
    ],
    left_out=7,
    comparison=results.Comparison(1600, 1600, 0, 0),
    operation_id=OPERATION_ID,
)

SEARCH = results.SearchResult(
    **USED,
    group_id="acme",
    crew_id=None,
    like="record-00009",
    dimension=4,
    types=[MemoryType.SHORT_TERM, MemoryType.ENTITY],
    hits=[
        results.HitFound(0.9876543, "cosine", make_record(1, content="the invoice\nis late")),
        results.HitFound(-0.25, "cosine", make_record(2, crew_id=None, content="[red]x[/red]")),
        results.HitFound(1.5, "l2", make_record(3, type=MemoryType.ENTITY)),
    ],
    with_embeddings=False,
)

SETUP = results.SetupResult(
    backend="chroma",
    location="chroma:/srv/memory",
    profile=PROFILE,
    dry_run=False,
    operation_id=OPERATION_ID,
    steps=[
        results.StepTaken("create collection short_term", "found"),
        results.StepTaken("save the profile", "done"),
    ],
)
SETUP_DRY = replace(
    SETUP,
    dry_run=True,
    operation_id=None,
    steps=[replace(each, outcome="planned") for each in SETUP.steps],
)
WORKSPACE = "databricks:https://acme.cloud.databricks.com/ml.agents"
PROVISIONED = replace(
    SETUP,
    backend="databricks",
    location=WORKSPACE,
    steps=[
        results.StepTaken("create endpoint memctl_memory", "done"),
        results.StepTaken("wait for memctl_memory", "failed"),
    ],
    success=False,
    message="after 60 seconds of waiting `memctl_memory` is provisioning",
    identity={
        "host": "https://acme.cloud.databricks.com",
        "user": "ada@acme.com",
        "method": "access token",
    },
    notes=["an endpoint is billed while it exists, whether or not it is used"],
    endpoints={
        "memory": {"name": "memctl_memory", "type": "STANDARD", "status": "provisioning"},
    },
    indexes={"entity": {"name": "ml.agents.entity_memory", "status": "missing"}},
    failure=TimedOut(
        "after 60 seconds of waiting `memctl_memory` is provisioning",
        hint="nothing was taken back for that; wait longer with `--wait-timeout`",
    ),
)
SETUP_ROLLED_BACK = replace(
    PROVISIONED,
    steps=[results.StepTaken("create endpoint memctl_memory", "undone")],
    success=True,
    message="what the setup had made was taken back",
    rolled_back=True,
    failure=None,
)
INDEX = IndexFacts(
    name="ml.agents.short_term_memory",
    type=MemoryType.SHORT_TERM,
    state="ready",
    endpoint="memctl_memory",
    records=12000,
    dimension=1024,
    primary_key="id",
    columns={"content": "string", "embedding": "array<float>", "id": "string"},
    owner="ada@acme.com",
)
DATABRICKS = {**USED, "backend": "databricks", "location": WORKSPACE}
INDEX_LIST = results.IndexListResult(
    **DATABRICKS,
    indexes=[
        INDEX,
        IndexFacts("ml.agents.entity_memory", MemoryType.ENTITY, "forbidden"),
        replace(INDEX, name="ml.other.index", type=None, state="degraded", records=None),
    ],
)
INDEX_SHOW = results.IndexResult(
    **DATABRICKS,
    index=INDEX,
    rows=[
        results.RowsMeant(INDEX.name, MemoryType.SHORT_TERM, "acme", 11000),
        results.RowsMeant(INDEX.name, MemoryType.SHORT_TERM, None, 1000),
    ],
)
INDEX_EMPTY = results.IndexChangeResult(
    **DATABRICKS,
    change="emptied",
    indexes=[INDEX.name],
    types=[MemoryType.SHORT_TERM],
    endpoints=[],
    group_id="acme",
    dry_run=False,
    operation_id=OPERATION_ID,
    rows=[results.RowsMeant(INDEX.name, MemoryType.SHORT_TERM, "acme", 11000)],
    total=11000,
    deleted=11000,
    steps=[results.StepTaken("delete short_term", "done")],
)
INDEX_EMPTY_DRY = replace(
    INDEX_EMPTY, dry_run=True, operation_id=None, deleted=0, left=11000, steps=[]
)
INDEX_DELETE = replace(
    INDEX_EMPTY,
    change="deleted",
    endpoints=["memctl_memory"],
    group_id=None,
    deleted=0,
    steps=[
        results.StepTaken("delete index ml.agents.short_term_memory", "done"),
        results.StepTaken("delete endpoint memctl_memory", "done"),
    ],
)

HISTORY = results.HistoryResult(
    [
        Operation(
            id=OPERATION_ID,
            command="migrate",
            group_id="acme",
            subject="archive:/srv/export -> chroma:/srv/memory",
            outcome=Outcome.DONE,
            detail=None,
            started_at=NOON,
            finished_at=NOON + timedelta(seconds=75),
            steps=(
                StepEntry(1, "create collection entity", Outcome.FOUND, None, NOON, NOON),
                StepEntry(2, "copy entity", Outcome.DONE, None, NOON, NOON + timedelta(minutes=1)),
            ),
        ),
        Operation(
            id=OPERATION_ID,
            command="setup chroma",
            group_id=None,
            subject="chroma:/srv/memory",
            outcome=Outcome.FAILED,
            detail="can't create `/srv/memory`: permission denied",
            started_at=NOON - timedelta(days=1),
            finished_at=NOON - timedelta(days=1),
            steps=(StepEntry(1, "create it", Outcome.FAILED, "permission denied", NOON, NOON),),
        ),
        Operation(
            id=OPERATION_ID,
            command="config delete",
            group_id="acme",
            subject="profile old",
            outcome=Outcome.STARTED,
            detail=None,
            started_at=NOON - timedelta(days=2),
            finished_at=None,
            steps=(),
        ),
    ]
)

BACKENDS = results.BackendsResult(
    [
        results.BackendStated(
            name="chroma",
            title="a directory of Chroma",
            capabilities=["delete", "read", "setup", "upsert"],
            location="chroma:PATH",
            settings=[
                results.SettingStated(
                    "path", "the directory", SettingKind.PATH, True, False, None, [], "CHROMA_PATH"
                ),
                results.SettingStated(
                    "metric",
                    "how vectors compare",
                    SettingKind.TEXT,
                    False,
                    False,
                    "cosine",
                    ["cosine", "l2"],
                    "CHROMA_METRIC",
                ),
                results.SettingStated(
                    "token", "to log in", SettingKind.TEXT, False, True, None, [], "CHROMA_TOKEN"
                ),
            ],
        ),
        results.BackendStated("memory", "in this process", ["read", "time_travel"], None, []),
    ]
)

CONFIG_LIST = results.ConfigListResult(
    "acme",
    [
        results.ProfileListed("1", "prod", "acme", "chroma", is_default=True, is_active=True),
        results.ProfileListed("2", "old", "acme", "archive", is_default=False, is_active=False),
    ],
)
CONFIG_SHOW = results.ConfigShowResult(
    PROFILE,
    {**PROFILE.settings, "metric": "cosine"},
    {"path": "profile", "map": "profile", "metric": "default"},
)
CONFIG_CHANGE = results.ConfigChangeResult("created", PROFILE)
CONFIG_WHICH = results.ConfigWhichResult(
    group_id="acme",
    profile="prod",
    profile_group="acme",
    backend="chroma",
    location="chroma:/srv/memory",
    selected_by="group_latest",
    reason="it is the latest active profile of group `acme`",
    considered=["no profile was named", "group `acme` has no default profile"],
)

SECRET_LIST = results.SecretListResult(
    "acme",
    [
        results.SecretListed("prod", "token", "https://db.test:8000", place, state, NOON)
        for place, state in (
            ("keyring", "used"),
            ("vault", "shadowed"),
            ("keyring", "other_host"),
            ("vault", "no_profile"),
        )
    ],
)
SECRET_CHANGE = results.SecretChangeResult(
    "set", "acme", "prod", "token", "https://db.test:8000", "keyring"
)

SANDBOX = results.SandboxResult(
    url="http://127.0.0.1:8900",
    catalog="ml",
    schema="agents",
    token="dapi-of-the-sandbox",  # noqa: S106 - not a secret
    user_token="dapi-of-a-user",  # noqa: S106
    client_id="6f3a0a8e-1c4b-4d8e-9a52-0123456789ab",
    client_secret="dose-of-the-sandbox",  # noqa: S106
    environment={"DATABRICKS_HOST": "http://127.0.0.1:8900", "NO_PROXY": "a b,127.0.0.1"},
)

DISCOVER = results.DiscoverResult(
    stores=[
        results.StoreFound(
            location="crewai:/home/ada/.local/share/news",
            backend="crewai",
            path="/home/ada/.local/share/news",
            generation="G2",
            format="SQLite, chromadb 1.0 to 1.2",
            readers="CrewAI 0.193 to 1.9",
            crews=[f"Crew_{number}" for number in range(9)],
            types=[
                results.TypeFound(MemoryType.SHORT_TERM, 1400),
                results.TypeFound(MemoryType.ENTITY, 12),
            ],
            records=1412,
            dimensions=[1536],
            uncounted=[results.UncountedFound("knowledge_crew", 3)],
            size_bytes=3_500_000,
            last_write=NOON,
            hint="CrewAI 1.10 and newer no longer reads these 1,412 memories: "
            "`memctl migrate crewai:/home/ada/.local/share/news chroma:./news`",
        ),
        results.StoreFound(
            location="crewai:/srv/crew",
            backend="crewai",
            path="/srv/crew/memory",
            generation="G3",
            format="qdrant-edge",
            readers="CrewAI 1.12 and newer",
            crews=None,
            types=[],
            records=None,
            dimensions=[],
            uncounted=[],
            size_bytes=12,
            last_write=None,
            problem="`/srv/crew/memory` is damaged",
        ),
    ],
    searched=[results.PlaceSearched("/home/ada/.local/share/news", "the project", found=True)],
)
CREW_ID = results.CrewIdResult("acme", "acme_crew_db_7", ["crew_db_7"])

EVERY_RESULT = {
    "stats": STATS,
    "verify": VERIFY,
    "records": RECORDS,
    "record": RECORD,
    "migrate": MIGRATE,
    "migrate that differs": MIGRATE_DIFFERS,
    "diff": DIFF,
    "migrate dry run": MIGRATE_DRY,
    "clear": CLEAR,
    "clear dry run": CLEAR_DRY,
    "clear nothing": CLEAR_NOTHING,
    "backup": BACKUP,
    "backup dry run": replace(
        BACKUP, id=None, location=None, dry_run=True, size_bytes=None, comparison=None
    ),
    "backup list": BACKUP_LIST,
    "backup list of none": replace(BACKUP_LIST, backups=[]),
    "backup delete": BACKUP_DELETE,
    "backup delete dry run": replace(BACKUP_DELETE, dry_run=True, operation_id=None),
    "backup delete nothing": replace(BACKUP_DELETE, backups=[], operation_id=None),
    "search": SEARCH,
    "search without hits": replace(SEARCH, hits=[]),
    "setup": SETUP,
    "setup dry run": SETUP_DRY,
    "setup that broke off": PROVISIONED,
    "setup taken back": SETUP_ROLLED_BACK,
    "index list": INDEX_LIST,
    "index show": INDEX_SHOW,
    "index empty": INDEX_EMPTY,
    "index empty dry run": INDEX_EMPTY_DRY,
    "index delete": INDEX_DELETE,
    "history": HISTORY,
    "backends": BACKENDS,
    "discover": DISCOVER,
    "discover nothing": replace(DISCOVER, stores=[]),
    "crew-id": CREW_ID,
    "clear purged": replace(CLEAR, purged_versions=3),
    "sandbox": SANDBOX,
    "config list": CONFIG_LIST,
    "config show": CONFIG_SHOW,
    "config change": CONFIG_CHANGE,
    "config which": CONFIG_WHICH,
    "config secret list": SECRET_LIST,
    "config secret change": SECRET_CHANGE,
}
