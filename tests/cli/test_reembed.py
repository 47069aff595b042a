from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memctl.model.memory_type import MemoryType
from memctl.model.record import same_record
from memctl.secrets.vault import Vault
from memctl.testing.records import make_record, make_records

from ..chroma_server import fill_server
from ..conftest import fingerprint, make_store
from ..embedding_server import embedding_server, error, vector_of, vectors_for
from ..formats.crewai.stores import unpack
from ..secrets.worker import LITTLE_WORK
from .stores import error_of, read_store
from .terminal import Conversation

LONG_TERM = MemoryType.LONG_TERM
CANARY = "c4n4ry-k3y-91bd"


def bare(count, **changes):
    """Make records of long-term memory without vectors."""
    return make_records(count, type=LONG_TERM, embedding=None, **changes)


@pytest.fixture
def server():
    """A server of the test's own."""
    with embedding_server() as serving:
        yield serving


@pytest.fixture
def reembed(memctl, server, tmp_path):
    """Copy an archive of records with the model of the test's server."""

    def run(records, *arguments, flag="--reembed", target=f"chroma:{tmp_path}/target", yes=True):
        source = tmp_path / "source"
        if records is not None:
            make_store("archive", source, records)
        named = ("--embedder", "openai:tiny", "--embedder-url", server.url)
        agreed = ("--yes",) if yes else ()
        return memctl(
            "migrate", f"archive:{source}", target, flag, *named, *agreed, "--json", *arguments
        )

    return run


def embedded(record):
    return replace(record, embedding=np.array(vector_of(record.content), np.float32))


def assert_target(path, records) -> None:
    found = read_store("chroma", path)
    assert found.keys() == {each.id for each in records}
    for each in records:
        assert same_record(each, found[each.id])


def written(ran) -> int:
    return sum(each["written"] for each in ran.data["types"])


# Which rows, and that the copy is whole


def test_rows_without_vectors_get_one_and_others_keep_theirs(reembed, server, tmp_path):
    kept = make_records(3)
    rows = bare(4)
    ran = reembed([*kept, *(replace(each, id=f"long-{each.id}") for each in rows)])

    assert ran.exit_code == 0, ran.stdout
    assert_target(
        tmp_path / "target",
        [*kept, *(embedded(replace(each, id=f"long-{each.id}")) for each in rows)],
    )
    assert sorted(server.embedded) == sorted(each.content for each in rows)
    assert ran.data["comparison"]["same"] == 7
    assert ran.data["reembedded"] == {
        "embedder": "openai:tiny",
        "place": server.origin,
        "dimension": 4,
        "records": 4,
        "characters": sum(len(each.content) for each in rows),
    }


def test_every_row_gets_a_vector_anew_where_that_is_asked_for(reembed, server, tmp_path):
    server.dimension = 6
    records = [*make_records(3), *bare(2, id="long")[:1]]
    ran = reembed(records, flag="--reembed-all")

    assert ran.exit_code == 0, ran.stdout
    found = read_store("chroma", tmp_path / "target")
    assert {each.embedding.shape for each in found.values()} == {(6,)}
    assert found["record-00001"].embedding.tolist() == pytest.approx(
        vector_of("memory number 1", 6)
    )
    assert same_record(
        replace(found["record-00001"], embedding=None), replace(records[1], embedding=None)
    )


@pytest.mark.parametrize("flag", ["--reembed", "--reembed-all"])
def test_running_again_embeds_and_adds_nothing(reembed, server, flag):
    reembed([*make_records(3), *bare(1, id="long")], flag=flag)
    asked = len(server.embedded)

    again = reembed(None, flag=flag)

    assert again.exit_code == 0, again.stdout
    assert written(again) == 0
    assert again.data["comparison"]["same"] == 4
    assert len(server.embedded) == asked


def test_the_comparison_finds_all_but_another_vector_of_the_same_dimension(
    reembed, memctl, tmp_path
):
    reembed([*make_records(2), *bare(2)[1:]], flag="--reembed-all")
    target = tmp_path / "target"
    import chromadb

    client = chromadb.PersistentClient(str(target))
    rows = client.get_collection("short_term", embedding_function=None)
    rows.update(ids=["record-00000"], embeddings=[[9.0, 9, 9, 9]])
    rows.update(ids=["record-00001"], documents=["changed"], embeddings=[[9.0, 9, 9, 9]])
    client.close()

    ran = reembed(None, "--on-conflict", "skip", flag="--reembed-all")
    stopped = reembed(None, flag="--reembed-all")

    assert [each["skipped"] for each in ran.data["types"]] == [1, 0]
    assert (stopped.exit_code, error_of(stopped)["code"]) == (3, "conflict")
    assert "record-00001" in error_of(stopped)["message"]


def test_overwriting_embeds_the_changed_text_alone(reembed, server, tmp_path):
    records = make_records(3)
    make_store("chroma", tmp_path / "target", [records[0], replace(records[1], content="other")])

    ran = reembed(records, "--on-conflict", "overwrite", flag="--reembed-all")

    assert ran.exit_code == 0, ran.stdout
    assert sorted(server.embedded) == ["memory number 1", "memory number 2"]


def test_rows_without_text_can_not_be_embedded(reembed, tmp_path):
    records = [*bare(3), replace(bare(1)[0], id="empty", content=" \n")]

    refused = reembed(records)
    allowed = reembed(None, "--skip-without-vectors")

    assert (refused.exit_code, error_of(refused)["code"]) == (7, "loss_refused")
    assert "1 long_term rows without text to embed" in error_of(refused)["message"]
    assert allowed.exit_code == 0, allowed.stdout
    assert_target(tmp_path / "target", [embedded(each) for each in records[:3]])


def test_an_archive_takes_rows_without_text_as_they_are(reembed, tmp_path):
    records = [*bare(2), replace(bare(1)[0], id="empty", content="")]
    ran = reembed(records, target=f"archive:{tmp_path}/target")

    assert ran.exit_code == 0, ran.stdout
    found = read_store("archive", tmp_path / "target")
    assert found["empty"].embedding is None
    assert found["record-00001"].embedding is not None


def test_without_the_flag_the_refusal_names_it(memctl, tmp_path):
    source = make_store("archive", tmp_path / "source", bare(2))
    ran = memctl("migrate", f"archive:{source}", f"chroma:{tmp_path}/target", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (7, "loss_refused")
    assert "--reembed" in error_of(ran)["hint"]
    assert "--skip-without-vectors" in error_of(ran)["hint"]


def test_long_term_memory_of_an_old_crewai_is_rescued(memctl, server, tmp_path):
    store = unpack("1.9.3-a", tmp_path)
    source = f"crewai:{store}"
    before = fingerprint(store)
    (long_term,) = [
        each
        for each in memctl("stats", "--at", source, "--json").data["collections"]
        if each["type"] == "long_term"
    ]
    ran = memctl("migrate", source, f"chroma:{tmp_path}/target", "-t", "long_term", "--reembed",
                 "--yes", "--embedder", "openai:tiny", "--embedder-url", server.url,
                 "--json")  # fmt: skip

    assert ran.exit_code == 0, ran.stdout
    assert written(ran) == ran.data["comparison"]["same"] == long_term["records"] > 0
    assert fingerprint(store) == before


@pytest.mark.parametrize("flag", ["--reembed", "--reembed-all"])
def test_an_old_crewai_store_is_rescued_whole_into_unified_memory(memctl, server, tmp_path, flag):
    source, target = f"crewai:{unpack('1.9.3-a', tmp_path)}", f"crewai:{tmp_path}/new"
    collections = memctl("stats", "--at", source, "--json").data["collections"]
    (server.dimension,) = {each["dimension"] for each in collections if each["type"]} - {None}
    words = ("migrate", source, target, "--scope", "/crew/rescued", flag, "--yes", "--json",
             "--embedder", "openai:tiny", "--embedder-url", server.url)  # fmt: skip

    ran = memctl(*words)
    embedded = len(server.embedded)
    again = memctl(*words)

    assert ran.exit_code == 0, ran.stdout
    records = sum(each["records"] for each in collections if each["type"])
    assert ran.data["comparison"]["same"] == records
    assert embedded == (records if flag == "--reembed-all" else ran.data["reembedded"]["records"])
    assert (again.exit_code, written(again), len(server.embedded)) == (0, 0, embedded)


# What is refused before anything is written


def test_a_dimension_other_than_the_targets_is_found_before_anything_is_sent(
    reembed, server, tmp_path
):
    make_store("chroma", tmp_path / "target", make_records(1, type=LONG_TERM, id="theirs"))
    server.dimension = 5
    before = fingerprint(tmp_path / "target")

    ran = reembed(bare(3))

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert server.embedded == []
    assert fingerprint(tmp_path / "target") == before


def test_a_model_that_did_not_make_the_other_vectors_is_refused(reembed, server, tmp_path):
    server.dimension = 5
    ran = reembed([*make_records(2), *bare(1)])

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert "--reembed-all" in error_of(ran)["hint"]
    assert not (tmp_path / "target").exists()


def test_a_target_of_another_model_is_refused(reembed, memctl, server, tmp_path):
    reembed(bare(2))
    ran = memctl("migrate", f"archive:{tmp_path}/source", f"chroma:{tmp_path}/target", "--reembed",
                 "--yes", "--embedder", "openai:another", "--embedder-url", server.url,
                 "--json")  # fmt: skip

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "other_embedder")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reembed", "--reembed-all", "--yes"], "`--reembed` and `--reembed-all` exclude"),
        (["--embedder", "openai:x"], "go with `--reembed`"),
        (["--embedder-url", "https://h/v1"], "go with `--reembed`"),
        (["--reembed"], "asks before it embeds"),
        (["--reembed-all", "--no-input"], "asks before it embeds"),
    ],
)
def test_what_can_not_be_meant_is_refused_before_anything_is_opened(memctl, arguments, said):
    ran = memctl("migrate", "archive:/none", "chroma:/none", *arguments)

    assert ran.exit_code == 2
    assert said in ran.stderr


def test_a_dry_run_counts_what_would_be_embedded_and_sends_none_of_it(reembed, server, tmp_path):
    ran = reembed([*make_records(2), *bare(3)[2:]], "--dry-run", yes=False)

    assert ran.exit_code == 0, ran.stdout
    assert (ran.data["reembedded"]["records"], ran.data["reembedded"]["characters"]) == (1, 15)
    assert server.embedded == []
    assert not (tmp_path / "target").exists()


# Asking


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1), ("", 1)])
def test_the_user_sees_how_much_it_is_and_agrees(server, tmp_path, answer, code):
    source = make_store("archive", tmp_path / "source", bare(3))
    words = ("migrate", f"archive:{source}", f"chroma:{tmp_path}/target", "--reembed",
             "--embedder", "openai:tiny", "--embedder-url", server.url)  # fmt: skip
    with Conversation(*words) as talk:
        asked = talk.read_until("Type `yes`")
        sent = list(server.embedded)
        talk.type(answer)
        talk.end()

    assert f"embed 3 texts of 45 characters by `openai:tiny` ({server.origin})" in asked
    assert sent == []
    assert talk.exit_code == code
    assert (tmp_path / "target").exists() == (code == 0)


# Failing half way


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (error(429, retry_after="3600"), (6, "throttled")),
        (error(500), (6, "bad_answer")),
        (error(401), (5, "credential_missing")),
        (vectors_for(["one too few"]), (4, "wrong_vectors")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_after_a_failure_half_way_nothing_that_is_there_is_embedded_again(
    reembed, server, tmp_path, reply, expected
):
    records = [make_record(n, type=LONG_TERM, embedding=None) for n in range(350)]
    server.fault = lambda asked: reply if "memory number 150" in asked.texts else None

    failed = reembed(records, "--timeout", "1")
    there = {each.content for each in read_store("chroma", tmp_path / "target").values()}
    server.fault = lambda _: None
    server.asked.clear()
    again = reembed(None)

    assert (failed.exit_code, error_of(failed)["code"]) == expected
    assert len(there) == 100  # what came before the request that failed
    assert again.exit_code == 0, again.stdout
    assert there.isdisjoint(server.embedded)
    assert len(server.embedded) == 350 - len(there)
    assert_target(tmp_path / "target", [embedded(each) for each in records])


def test_a_text_that_the_model_refuses_is_named_by_its_record(reembed, server, tmp_path):
    long = replace(bare(1)[0], id="the-long-one", content="word " * 30_000)
    server.fault = lambda asked: (
        error(400, "maximum context length is 8192 tokens")
        if any(len(text) > 20_000 for text in asked.texts)
        else None
    )
    fine = replace(bare(1)[0], id="fine", content="é" * 20_000)

    ran = reembed([long, fine])

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "text_refused")
    assert "the-long-one" in error_of(ran)["message"]
    assert "8192 tokens" in error_of(ran)["message"]


# What is kept


def test_the_targets_profile_and_metadata_keep_the_embedder(reembed, memctl, server, tmp_path):
    assert memctl("setup", "chroma", "--name", "shop", "--path", tmp_path / "own").exit_code == 0

    ran = reembed(bare(3, group_id=None), target="shop")
    shown = memctl("config", "show", "shop", "--json").data["profile"]["settings"]
    found = memctl("search", "memory number 2", "-p", "shop", "--limit", "1", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert shown["embedder"] == "openai:tiny"
    assert shown["embedder_url"] == server.url
    assert shown["dimension"] == 4
    assert found.data["hits"][0]["record"]["content"] == "memory number 2"
    import chromadb

    client = chromadb.PersistentClient(str(tmp_path / "own"))
    metadata = client.get_collection("long_term", embedding_function=None).metadata
    client.close()
    assert metadata["memctl:embedder"] == "openai:tiny"
    assert memctl("verify", "-p", "shop").exit_code == 0


def test_a_chroma_server_keeps_the_embedder_and_its_metric(reembed, memctl, database):
    fill_server(database, [])  # collections without a note of any model
    copied = reembed(bare(3), target=f"chroma:{database}")
    unnamed = memctl("search", "x", "--at", f"chroma:{database}", "--json")
    like = memctl("search", "--like", "record-00000", "--at", f"chroma:{database}", "--json")

    assert copied.exit_code == 0, copied.stdout
    assert "openai:tiny" in error_of(unnamed)["message"]
    assert [each["metric"] for each in like.data["hits"]] == ["cosine", "cosine"]


def test_an_archive_and_its_copy_keep_the_embedder(reembed, memctl, server, tmp_path):
    reembed(bare(2), target=f"archive:{tmp_path}/kept")
    copied = memctl("migrate", f"archive:{tmp_path}/kept", f"chroma:{tmp_path}/copy")

    ran = memctl("search", "x", "--at", f"chroma:{tmp_path}/copy", "--json")

    assert copied.exit_code == 0, copied.stderr
    assert "openai:tiny" in error_of(ran)["message"]


# The key


@pytest.fixture
def keyed(memctl, server, tmp_path, monkeypatch):
    """A profile whose embedder's key lies in the vault, for the server of the test."""
    monkeypatch.setattr(Vault.__init__, "__defaults__", (LITTLE_WORK,))
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "vault-password")
    server.wants_key(CANARY)
    made = memctl("setup", "chroma", "--name", "shop", "--path", tmp_path / "own", "--vault",
                  "--embedder", "openai:tiny", "--embedder-url", server.url,
                  "--embedder-key-stdin", stdin=CANARY)  # fmt: skip
    assert made.exit_code == 0, made.stderr
    make_store("archive", tmp_path / "source", bare(2))
    return ("migrate", f"archive:{tmp_path}/source", "shop", "--reembed", "--yes")


def test_the_key_is_kept_for_the_embedders_host(memctl, keyed, server, tmp_path):
    ran = memctl(*keyed, "-vv", "--log-file", tmp_path / "log")
    (listed,) = memctl("config", "secret", "list", "shop", "--json").data["secrets"]

    assert ran.exit_code == 0, ran.stderr
    assert (listed["setting"], listed["host"]) == ("embedder_key", server.origin)
    kept = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    assert not any(CANARY.encode() in each for each in kept)
    assert CANARY not in ran.stdout + ran.stderr


def test_the_key_is_never_sent_to_another_host(memctl, keyed, tmp_path):
    with embedding_server() as other:
        ran = memctl(*keyed, "--embedder-url", other.url, "--embedder", "openai:tiny", "--json")

        assert (ran.exit_code, error_of(ran)["code"]) == (5, "credential_missing")
        assert other.asked == []
    assert CANARY not in ran.stdout
