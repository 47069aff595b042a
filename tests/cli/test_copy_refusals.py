from __future__ import annotations

import numpy as np
import pytest

from ..chroma_proxy import Reply, behind, chroma_proxy
from ..conftest import fingerprint, make_store
from ..records import make_record, make_records
from .independent import assert_seen
from .stores import error_of
from .test_chroma_server import contents, read_server, third

PLAIN = make_records(12)
REFUSED = {
    "a vector with NaN": make_record(50, embedding=np.array([1, np.nan, 0, 0], np.float32)),
    "a vector with an infinity": make_record(50, embedding=np.array([1, 0, 0, np.inf], np.float32)),
    "no id": make_record(50, id=""),
}
"""What an archive keeps, and no other store takes."""


@pytest.mark.parametrize("kind", ["chroma", "crewai"])
@pytest.mark.parametrize("case", REFUSED)
def test_a_row_that_a_target_refuses_is_named_and_the_others_arrive(memctl, tmp_path, kind, case):
    refused = REFUSED[case]
    source = make_store("archive", tmp_path / "source", [*PLAIN[:5], refused, *PLAIN[5:]])
    words = ("migrate", f"archive:{source}", f"{kind}:{tmp_path}/target", "--json")
    before = fingerprint(source)

    ran = [memctl(*words) for _ in range(2)]

    assert [each.exit_code for each in ran] == [8, 8]
    for each in ran:
        assert (error_of(each)["code"], each.document["status"]) == ("write_failed", "partial")
        assert f"`{refused.id}`: its" in error_of(each)["message"]
    assert_seen(PLAIN, kind, tmp_path / "target")
    assert fingerprint(source) == before


@pytest.mark.parametrize(
    "case", [("archive", 400), ("chroma", 422), ("crewai", 413), ("archive", 409)]
)
def test_a_batch_that_a_server_refuses_is_written_when_it_takes_it(
    memctl, tmp_path, chroma_server, database, case
):
    kind, status = case
    written = make_records(18)
    source = make_store(kind, tmp_path / "source", written)
    with chroma_proxy(chroma_server) as (origin, proxy):
        place = f"chroma:{behind(origin, database)}"
        words = ("migrate", f"{kind}:{source}", place, "--batch-size", "4", "--json")
        is_third = third("/upsert")
        body = b'{"error":"InvalidArgumentError","message":"not today"}'
        proxy.fault = lambda asked: Reply(status, body) if is_third(asked) else None

        broken = memctl(*words)
        proxy.fault = lambda _: None
        there = len(read_server(database))
        completed = memctl(*words)

    assert broken.exit_code in {4, 8}, broken.stdout
    assert there == 8
    assert (completed.exit_code, completed.data["resumed"]) == (0, True), completed.stdout
    assert completed.data["comparison"]["same"] == 18
    assert contents(read_server(database).values()) == contents(written)
