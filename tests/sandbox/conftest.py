"""What tests of the sandbox share: clients, a small index, and requests by hand."""

from __future__ import annotations

import json

import pytest
import requests

from ..workspace import sandbox  # noqa: F401 - a fixture

INDEX = "ml.agents.short_term"
SCHEMA = {
    "id": "string",
    "content": "string",
    "n": "long",
    "score": "double",
    "is_new": "boolean",
    "at": "timestamp",
    "tags": "array<string>",
    "embedding": "array<float>",
}
SPEC = {
    "embedding_vector_columns": [{"name": "embedding", "embedding_dimension": 4}],
    "schema_json": json.dumps(SCHEMA),
}


class Answer:
    """The answer to a request: its status, and its JSON."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.json = response.json()

    @property
    def error(self):
        return self.status, self.json["error_code"]


class Rest:
    """Requests by hand, for what no client would send; paths are those below `/api`."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Encoding"] = "identity"
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body=None, **options) -> Answer:
        where = self.url + (path if path.startswith("/") else f"/api/2.0/vector-search/{path}")
        return Answer(self.session.request(method, where, json=body, timeout=20, **options))

    def uc(self, method: str, path: str, body=None, **options) -> Answer:
        return self(method, f"/api/2.1/unity-catalog/{path}", body, **options)

    def make_endpoint(self, name="ep", endpoint_type="STANDARD") -> Answer:
        return self("POST", "endpoints", {"name": name, "endpoint_type": endpoint_type})

    def make_index(self, name=INDEX, endpoint="ep", spec=SPEC, **others) -> Answer:
        body = {
            "name": name,
            "endpoint_name": endpoint,
            "primary_key": "id",
            "index_type": "DIRECT_ACCESS",
            "direct_access_index_spec": spec,
        }
        return self("POST", "indexes", {**body, **others})

    def upsert(self, rows, name=INDEX) -> Answer:
        return self("POST", f"indexes/{name}/upsert-data", {"inputs_json": json.dumps(rows)})

    def query(self, name=INDEX, **body) -> Answer:
        asked = {"columns": ["id"], "query_vector": [0, 0, 0, 0], "num_results": 100, **body}
        return self("POST", f"indexes/{name}/query", asked)

    def ids(self, **body) -> set[str]:
        answer = self.query(**body)
        assert answer.status == 200, answer.json
        return {row[0] for row in answer.json["result"]["data_array"]}

    def close(self) -> None:
        self.session.close()


def row(number: int, **others):
    return {"id": f"row-{number:05}", "n": number, "embedding": [number, 0, 0, 1], **others}


@pytest.fixture
def as_user(sandbox):  # noqa: F811 - the fixture
    """Make a `Rest` for any token; each is closed at the end."""
    made = []

    def make(token):
        made.append(Rest(sandbox.url, token))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def rest(as_user, sandbox):  # noqa: F811
    """Send requests as the administrator."""
    return as_user(sandbox.token)


@pytest.fixture
def index(rest):
    """Have an empty index of four dimensions on a STANDARD endpoint."""
    assert rest.make_endpoint().status == 200
    assert rest.make_index().status == 200
    return INDEX


@pytest.fixture
def breaks_rules(sandbox):  # noqa: F811
    """Let a test break the rules of the API: what it did is given back, and forgiven."""
    found = []
    yield found
    found += [each["reason"] for each in sandbox.violations()]
    sandbox.clear()
    assert found, "nothing broke the rules"
