"""The vendor's own ways to log in, each as the first of a process: as whom, and by what."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from memctl.sandbox.server import Sandbox
from memctl.sandbox.service.credentials import UNKNOWN

from ...conftest import start_memctl
from .fresh import FreshProcesses
from .machine import VENDOR, Machine

NOBODYS = "dapi-of-nobody"
ADMIN, USER = "admin@sandbox.test", "user@sandbox.test"


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    with FreshProcesses(tmp_path_factory.mktemp("fresh")) as running:
        yield running


@pytest.fixture(scope="module")
def workspace():
    """Serve one workspace to all of these tests, which only log in to it."""
    with Sandbox(takes_passwords=True) as serving:
        yield serving
        assert serving.violations() == []


@pytest.fixture
def machine(tmp_path, workspace, processes, memctl):
    return Machine(tmp_path, workspace, processes, memctl)


@pytest.fixture
def metadata_service(workspace):
    """Serve tokens to whoever asks for the workspace's, as the vendor's editor plug-in does."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_asked = self.headers["X-Databricks-Host"] == workspace.url
            answer = {
                "access_token": workspace.issue_token("user") if is_asked else None,
                "token_type": "Bearer",
                "expires_on": time.time() + 3600,
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
        thread.join()


class TestEnvironment:
    def test_a_token_and_a_host(self, machine):
        given = {
            "DATABRICKS_HOST": machine.workspace.url,
            "DATABRICKS_TOKEN": machine.tokens["user"],
        }

        assert machine.login(**given) == (USER, "pat")

    def test_a_token_alone_is_for_the_profiles_host(self, machine):
        assert machine.login(DATABRICKS_TOKEN=machine.tokens["user"]) == (USER, "pat")

    def test_client_credentials(self, machine):
        client = machine.workspace.client_id
        given = {
            "DATABRICKS_HOST": f"{machine.workspace.url}/?o=7",
            "DATABRICKS_CLIENT_ID": client,
            "DATABRICKS_CLIENT_SECRET": machine.workspace.client_secret,
        }

        assert machine.login(**given) == (client, "oauth-m2m")

    def test_user_name_and_password(self, machine):
        given = {"DATABRICKS_USERNAME": USER, "DATABRICKS_PASSWORD": machine.workspace.password}

        assert machine.login(**given) == (USER, "basic")

    @pytest.mark.parametrize(
        ("way", "user"), [("oauth-m2m", None), ("pat", ADMIN), ("basic", USER)]
    )
    def test_the_type_says_which_of_several_is_meant(self, machine, way, user):
        given = {
            "DATABRICKS_HOST": machine.workspace.url,
            "DATABRICKS_TOKEN": machine.tokens["admin"],
            "DATABRICKS_USERNAME": USER,
            "DATABRICKS_PASSWORD": machine.workspace.password,
            "DATABRICKS_CLIENT_ID": machine.workspace.client_id,
            "DATABRICKS_CLIENT_SECRET": machine.workspace.client_secret,
            "DATABRICKS_AUTH_TYPE": way,
        }

        assert machine.login(**given) == (user or machine.workspace.client_id, way)

    def test_two_ways_and_no_type_are_refused(self, machine):
        error = machine.refusal(
            DATABRICKS_TOKEN=machine.tokens["admin"],
            DATABRICKS_USERNAME=USER,
            DATABRICKS_PASSWORD=machine.workspace.password,
        )

        assert "more than one authorization method" in error["message"]
        assert machine.workspace.password not in str(error)

    @pytest.mark.parametrize("way", ["env-oidc", "file-oidc"])
    def test_an_identity_token_is_exchanged(self, machine, tmp_path, way):
        client, token = machine.workspace.client_id, machine.workspace.identity_token
        (tmp_path / "token").write_text(token)
        given = {
            "env-oidc": {"DATABRICKS_OIDC_TOKEN": token},
            "file-oidc": {
                "DATABRICKS_OIDC_TOKEN_FILEPATH": str(tmp_path / "token"),
                "DATABRICKS_AUTH_TYPE": way,
            },
        }

        assert machine.login(DATABRICKS_CLIENT_ID=client, **given[way]) == (client, way)

    def test_a_metadata_service(self, machine, metadata_service):
        given = {"DATABRICKS_METADATA_SERVICE_URL": metadata_service}

        assert machine.login(**given) == (USER, "metadata-service")

    def test_the_vendors_command_line_on_the_path(self, machine):
        machine.command_line()

        assert machine.login() == (USER, "databricks-cli")

    def test_the_vendors_command_line_elsewhere(self, machine):
        path = machine.command_line("other-name")

        assert machine.login(DATABRICKS_CLI_PATH=str(path)) == (USER, "databricks-cli")

    def test_another_host_gets_nothing(self, machine):
        error = machine.refusal(
            DATABRICKS_HOST="http://127.0.0.1:9", DATABRICKS_TOKEN=machine.tokens["admin"]
        )

        assert "http://127.0.0.1:9" in error["message"]


class TestFile:
    @pytest.fixture(autouse=True)
    def profiles(self, machine):
        """Let the usual profile be the administrator's, and another the user's."""
        users = {name: {"token": token} for name, token in machine.tokens.items()}
        self.file = machine.keep(DEFAULT=users["admin"], prod=users["user"])

    def test_the_usual_profile(self, machine):
        user, method = machine.login()

        assert (user, method) == (ADMIN, f"pat, profile `DEFAULT` of `{self.file}`")

    def test_a_profile_that_a_variable_names(self, machine):
        user, method = machine.login(DATABRICKS_CONFIG_PROFILE="prod")

        assert (user, method) == (USER, f"pat, profile `prod` of `{self.file}`")

    @pytest.mark.parametrize(("profile", "user"), [("prod", USER), ("DEFAULT", ADMIN)])
    def test_a_profile_that_the_setting_names(self, machine, profile, user):
        assert machine.login(auth_profile=profile)[0] == user

    def test_the_environment_has_no_say_beside_the_setting(self, machine):
        given = {
            "DATABRICKS_HOST": "http://127.0.0.1:9",
            "DATABRICKS_TOKEN": machine.tokens["admin"],
            "DATABRICKS_CLIENT_ID": machine.workspace.client_id,
            "DATABRICKS_CLIENT_SECRET": machine.workspace.client_secret,
            "DATABRICKS_CONFIG_PROFILE": "DEFAULT",
            "DATABRICKS_AUTH_TYPE": "oauth-m2m",
            "DATABRICKS_OIDC_TOKEN": machine.workspace.identity_token,
        }

        assert machine.login(auth_profile="prod", **given)[0] == USER

    def test_what_the_environment_holds_is_no_login_of_a_named_profile(self, machine):
        machine.keep(prod={"client_id": machine.workspace.client_id})

        error = machine.refusal(
            auth_profile="prod", DATABRICKS_OIDC_TOKEN=machine.workspace.identity_token
        )

        assert "profile `prod`" in error["message"]
        assert "names no credentials" in error["message"]

    def test_a_named_profile_may_name_what_the_environment_holds(self, machine):
        client, token = machine.workspace.client_id, machine.workspace.identity_token
        machine.keep(prod={"client_id": client, "auth_type": "env-oidc"})

        user, method = machine.login(auth_profile="prod", DATABRICKS_OIDC_TOKEN=token)

        assert (user, method.partition(",")[0]) == (client, "env-oidc")

    def test_another_file(self, machine, tmp_path):
        other = tmp_path / "other.cfg"
        other.write_text(
            f"[DEFAULT]\nhost = {machine.workspace.url}\ntoken={machine.tokens['user']}"
        )

        assert machine.login(DATABRICKS_CONFIG_FILE="~/other.cfg")[0] == USER

    def test_the_default_that_the_file_names(self, machine):
        user = {"token": machine.tokens["user"]}
        admin = {"token": machine.tokens["admin"]}
        machine.keep(DEFAULT=admin, prod=user, __settings__={"default_profile": "prod"})

        assert machine.login()[0] == USER

    def test_client_credentials_of_a_profile(self, machine):
        client = machine.workspace.client_id
        machine.keep(sp={"client_id": client, "client_secret": machine.workspace.client_secret})

        assert machine.login(auth_profile="sp")[0] == client

    def test_a_profile_of_the_vendors_command_line(self, machine):
        machine.command_line()
        machine.keep(mine={"auth_type": "databricks-cli"}, other={"auth_type": "databricks-cli"})

        assert machine.login(auth_profile="mine")[0] == USER

    def test_another_profile_of_the_vendors_command_line(self, machine):
        path = machine.command_line("other-name")
        machine.keep(mine={"auth_type": "databricks-cli"}, other={"auth_type": "databricks-cli"})

        assert machine.login(auth_profile="other", DATABRICKS_CLI_PATH=str(path))[0] == ADMIN

    @pytest.mark.parametrize("by", ["setting", "variable", "file"])
    def test_a_profile_that_is_not_there(self, machine, by):
        if by == "file":
            users = {name: {"token": token} for name, token in machine.tokens.items()}
            machine.keep(
                DEFAULT=users["admin"], prod={}, __settings__={"default_profile": "nosuch"}
            )
        given = {
            "setting": {"auth_profile": "nosuch"},
            "variable": {"DATABRICKS_CONFIG_PROFILE": "nosuch"},
            "file": {},
        }

        error = machine.refusal(**given[by])

        for part in ("`nosuch`", f"`{self.file}`", "`DEFAULT`", "`prod`"):
            assert part in error["message"]

    @pytest.mark.parametrize(
        "given", [{"auth_profile": "prod"}, {"DATABRICKS_CONFIG_PROFILE": "prod"}, {}]
    )
    def test_a_file_that_is_not_there(self, machine, given):
        error = machine.refusal(DATABRICKS_CONFIG_FILE="/no/such.cfg", **given)

        assert "there is no file `/no/such.cfg`" in error["message"]

    @pytest.mark.parametrize("given", [{"auth_profile": "prod"}, {}])
    @pytest.mark.parametrize(
        "written",
        [
            b"token = dapi-canary\n",
            b"[prod]\nhost = x\ntoken dapi-canary\n",
            b"[prod]\ntoken = dapi-canary\ntoken = dapi-canary\n",
            b"[prod]\ntoken = dapi-canary\xff\n",
            None,
        ],
    )
    def test_a_file_that_can_not_be_read(self, machine, tmp_path, given, written):
        file = tmp_path / "odd.cfg"
        file.mkdir() if written is None else file.write_bytes(written)

        error = machine.refusal(DATABRICKS_CONFIG_FILE=str(file), **given)

        assert f"`{file}`" in error["message"]
        assert "canary" not in str(error)

    @pytest.mark.parametrize("default", [None, {"host": "https://elsewhere.example", "token": "x"}])
    def test_the_profiles_of_this_workspace_are_named_where_none_is_meant(self, machine, default):
        users = {name: {"token": token} for name, token in machine.tokens.items()}
        others = {"far": {"host": "https://far.example"}} | (
            {"DEFAULT": default} if default else {}
        )
        machine.keep(**others, prod=users["user"], boss=users["admin"])

        error = machine.refusal()

        assert "`prod`, `boss`" in error["hint"]
        assert "--auth-profile prod" in error["hint"]
        assert "far" not in error["hint"]


class TestMixed:
    def test_a_token_and_the_profile_of_another_user_are_refused(self, machine):
        machine.keep(prod={"token": machine.tokens["user"]})

        error = machine.refusal(
            DATABRICKS_TOKEN=machine.tokens["admin"], DATABRICKS_CONFIG_PROFILE="prod"
        )

        assert "`DATABRICKS_TOKEN`" in error["message"]
        assert "profile `prod`" in error["message"]

    def test_a_host_and_the_profile_of_another_host_are_refused(self, machine):
        machine.keep(far={"host": "https://far.example", "token": machine.tokens["admin"]})

        error = machine.refusal(
            DATABRICKS_HOST=machine.workspace.url, DATABRICKS_CONFIG_PROFILE="far"
        )

        assert "`DATABRICKS_HOST`" in error["message"]

    def test_the_same_login_twice_is_one(self, machine):
        token = machine.tokens["user"]
        machine.keep(prod={"token": token})
        given = {"DATABRICKS_HOST": f"{machine.workspace.url}/", "DATABRICKS_TOKEN": token}

        assert machine.login(DATABRICKS_CONFIG_PROFILE="prod", **given) == (USER, "pat")

    def test_a_secret_of_the_environment_completes_a_profile(self, machine):
        client = machine.workspace.client_id
        machine.keep(sp={"client_id": client})
        secret = {"DATABRICKS_CLIENT_SECRET": machine.workspace.client_secret}

        assert machine.login(DATABRICKS_CONFIG_PROFILE="sp", **secret)[0] == client

    def test_the_usual_profile_is_not_read_beside_a_token(self, machine):
        machine.keep(DEFAULT={"host": "https://far.example", "token": machine.tokens["admin"]})

        assert machine.login(DATABRICKS_TOKEN=machine.tokens["user"]) == (USER, "pat")


class TestLog:
    def test_each_attempt_is_logged_with_its_outcome_and_no_secret(self, machine):
        token = machine.tokens["user"]

        ran = machine.verify("-v", DATABRICKS_TOKEN=token)

        for line in (
            "by user token skipped: not given",
            "by client credentials skipped: the profile names no `client_id`",
            "by access token skipped: not given",
            f"by {VENDOR} used: logged in as `{USER}`",
        ):
            assert f"login to {machine.workspace.url} {line}" in ran.stderr
        assert token not in ran.stdout + ran.stderr

    def test_attempts_that_all_fail_are_logged_too(self, machine, tmp_path):
        log = tmp_path / "log"

        machine.verify("--log-file", str(log), DATABRICKS_USERNAME="nobody")

        written = log.read_text()
        assert "the vendor's basic: skipped, nothing to log in with" in written
        assert "the vendor's model-serving: skipped, nothing to log in with" in written
        assert f"by {VENDOR} skipped: they name no credentials" in written

    def test_the_sdk_logs_nothing_beside_it(self, machine, tmp_path):
        machine.command_line()

        ran = machine.verify("--json", "--log-file", str(tmp_path / "log"))

        assert (ran.exit_code, ran.stderr) == (0, "")
        assert "the vendor's databricks-cli: found credentials" in (tmp_path / "log").read_text()

    def test_a_rejected_attempt_is_logged_with_the_reason(self, machine):
        ran = machine.verify("-v", DATABRICKS_TOKEN=NOBODYS)

        assert ran.exit_code == 5
        assert f"by {VENDOR} rejected: " in ran.stderr
        assert NOBODYS not in ran.stdout + ran.stderr
        assert {*machine.workspace.callers()} == {None, UNKNOWN}


def test_a_command_of_its_own_logs_in_as_the_named_profile(machine, monkeypatch):
    users = {name: {"token": token} for name, token in machine.tokens.items()}
    machine.keep(DEFAULT=users["admin"], prod=users["user"])
    monkeypatch.setenv("HOME", str(machine.home))
    monkeypatch.setenv("MEMCTL_DATABRICKS_WORKSPACE_URL", machine.workspace.url)
    words = ("setup", "databricks", "--dry-run", "--auth-profile")

    ran = [start_memctl(*words, each) for each in ("DEFAULT", "nosuch")]
    (shown, _), (_, refused) = (each.communicate() for each in ran)

    assert [each.returncode for each in ran] == [0, 5], refused
    assert ADMIN in shown
    assert "`nosuch`" in refused
