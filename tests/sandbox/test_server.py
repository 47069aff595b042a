from __future__ import annotations

import socket
import subprocess
import sys
from http.client import HTTPConnection

import pytest

from memctl.sandbox.process import SandboxProcess
from memctl.sandbox.server import Sandbox

from .conftest import INDEX, Rest, row

ME = "/api/2.0/preview/scim/v2/Me"


def test_a_sandbox_has_its_own_port_and_tokens():
    with Sandbox() as first, Sandbox() as second:
        assert first.url != second.url
        assert first.token != second.token


def test_a_port_and_a_token_can_be_asked_for():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with Sandbox(port=port, token="mine") as serving:  # noqa: S106 - not a secret
        assert serving.url == f"http://127.0.0.1:{port}"
        assert serving.token == "mine"  # noqa: S105
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=port)


def test_a_sandbox_can_begin_with_another_catalog(as_user):
    with Sandbox(catalog="Team", schema="Memory") as serving:
        rest = Rest(serving.url, serving.token)
        assert rest.uc("GET", "schemas/team.memory").status == 200
        assert rest.uc("GET", "schemas/ml.agents").status == 404
        rest.close()


def test_one_connection_bears_many_requests(sandbox):
    line = HTTPConnection(sandbox.url.removeprefix("http://"))
    places = set()
    for _ in range(3):
        line.request("GET", ME)
        answer = line.getresponse()
        assert len(answer.read()) == int(answer.headers["Content-Length"])
        places.add(line.sock.getsockname())
    line.close()

    assert len(places) == 1


def test_a_sandbox_in_its_own_process_is_told_what_to_do_likewise():
    with SandboxProcess(latency_ms=1) as serving:
        rest = Rest(serving.url, serving.token)
        rest.make_endpoint()
        rest.make_index()
        serving.fault("POST */upsert-data", status=503)

        assert [rest.upsert([row(1)]).status for _ in range(2)] == [503, 200]
        assert serving.requests()[-1]["path"].endswith(f"{INDEX}/upsert-data")
        assert serving.violations() == []
        rest.close()


def test_such_a_process_ends_with_the_one_that_started_it():
    script = (
        "from memctl.sandbox.process import SandboxProcess\n"
        "with SandboxProcess() as serving: print(serving._process.pid, serving.url, flush=True)\n"
        "serving = SandboxProcess().__enter__()\n"
        "print(serving.url, flush=True)\n"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    url = ran.stdout.split()[-1]
    port = int(url.rpartition(":")[2])
    assert ran.stderr == ""
    for _ in range(100_000):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            break
    else:
        pytest.fail("it still serves")


def test_a_sandbox_prints_nothing(capfd, as_user):
    with Sandbox() as serving:
        rest = Rest(serving.url, serving.token)
        rest.make_endpoint()
        serving.fault("* *", "drop")
        with pytest.raises(OSError, match="Connection"):
            rest("GET", ME)
        with socket.create_connection(("127.0.0.1", int(serving.url.rpartition(":")[2]))) as line:
            line.sendall(b"this is no HTTP\r\n\r\n")
            assert line.recv(65536).startswith(b"HTTP/1.1 400 ")
        rest.close()

    assert capfd.readouterr() == ("", "")


def test_what_fails_in_the_sandbox_itself_is_no_answer_to_be_trusted(sandbox, rest, breaks_rules):
    sandbox.workspace.endpoints = None

    assert rest("GET", "endpoints/ep").error == (500, "INTERNAL_ERROR")
    assert "the sandbox itself failed" in sandbox.violations()[0]["reason"]
