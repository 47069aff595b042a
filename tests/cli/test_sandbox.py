from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from memctl.sandbox.server import Sandbox

from ..conftest import start_memctl

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def run_against_it(*words, **environment):
    process = start_memctl("sandbox", *words, env={**os.environ, **environment})
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_command_finds_the_variables_set():
    code, out, err = run_against_it("--", sys.executable, "-c", SHOW, NO_PROXY="intern.test")
    found = json.loads(out)

    assert (code, err) == (0, "")
    assert found["DATABRICKS_HOST"].startswith("http://127.0.0.1:")
    assert found["MEMCTL_DATABRICKS_WORKSPACE_URL"] == found["DATABRICKS_HOST"]
    assert found["MEMCTL_DATABRICKS_TOKEN"] == found["DATABRICKS_TOKEN"]
    assert found["MEMCTL_DATABRICKS_CATALOG"] == "ml"
    assert found["MEMCTL_DATABRICKS_SCHEMA"] == "agents"
    assert found["NO_PROXY"] == found["no_proxy"] == "intern.test,127.0.0.1"


def test_a_command_reaches_the_workspace_with_the_sdk():
    script = (
        "from databricks.sdk import WorkspaceClient\n"
        "client = WorkspaceClient()\n"
        "print(client.current_user.me().user_name, client.schemas.get('team.memory').full_name)"
    )

    code, out, err = run_against_it(
        "--catalog", "team", "--schema", "memory", "--", sys.executable, "-c", script
    )

    assert (code, out, err) == (0, "admin@sandbox.test team.memory\n", "")


@pytest.mark.parametrize("code", [0, 3, 130])
def test_the_commands_exit_code_is_its_own(memctl, code):
    ran = memctl("sandbox", "--", sys.executable, "-c", f"raise SystemExit({code})")

    assert ran.exit_code == code


def test_a_command_that_is_killed_gives_the_code_of_a_shell(memctl):
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"

    assert memctl("sandbox", "--", sys.executable, "-c", script).exit_code == 137


def test_a_command_that_is_not_there_is_named(memctl):
    ran = memctl("sandbox", "--", "no-such-program")

    assert ran.exit_code == 2
    assert "can't run `no-such-program`: No such file" in ran.stderr


def test_json_and_a_command_exclude_each_other(memctl):
    ran = memctl("sandbox", "--json", "--", "true")

    assert ran.exit_code == 2
    assert ran.document["errors"][0]["code"] == "usage"


def connect(url):
    socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))).close()


def test_it_serves_until_it_is_interrupted():
    process = start_memctl("sandbox")
    note = process.stderr.readline()
    shown = {process.stdout.readline().split()[0]: None for _ in range(6)}
    process.stdout.readline()
    url = process.stdout.readline().strip().removeprefix("export DATABRICKS_HOST=")
    connect(url)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, "")
    assert note == "note: it serves until Ctrl-C, and then forgets everything\n"
    assert [*shown] == ["workspace", "schema", "token", "client"]
    assert all(line.startswith("export ") for line in out.splitlines())


def test_one_document_says_all_while_it_serves():
    process = start_memctl("sandbox", "--json")
    document = ""
    while not document.endswith("\n}\n"):
        document += process.stdout.readline()
    data = json.loads(document)["data"]
    connect(data["url"])

    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0
    assert data["environment"]["DATABRICKS_TOKEN"] == data["token"]
    assert {"client_id", "client_secret", "user_token", "catalog", "schema"} < {*data}


def test_ctrl_c_is_the_commands_own_affair():
    script = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, lambda *_: exit(7))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    process = start_memctl("sandbox", "--", sys.executable, "-c", script, start_new_session=True)
    assert process.stdout.readline() == "ready\n"

    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 7


def test_a_port_that_is_taken_is_named(memctl):
    with Sandbox() as serving:
        port = serving.url.rpartition(":")[2]
        ran = memctl("sandbox", "--port", port)

    assert ran.exit_code == 4
    assert f"can't listen on port {port} of 127.0.0.1" in ran.stderr


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_a_missing_package_is_named_with_what_to_install(package):
    script = (
        f"import sys; sys.modules[{package!r}] = None\nfrom memctl.__main__ import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, "sandbox"], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 7
    assert f"`memctl sandbox` needs the package `{package}" in ran.stderr
    command = f"{sys.executable} -m pip install 'starlette>=0.40' 'uvicorn>=0.30'"
    assert f"hint: run `{command}`" in ran.stderr
