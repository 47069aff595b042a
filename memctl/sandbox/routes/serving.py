"""Routes of model serving, for models that turn text into vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid5

from ..refusal import invalid, not_found
from ..requests.operation import OBJECT, TEXT, WHOLE, Operation
from ..service.embedding import NAMESPACE, embed

if TYPE_CHECKING:
    from ..requests.operation import Call

BASE = "/api/2.0/serving-endpoints"
DIMENSIONS = {"databricks-gte-large-en": 1024, "databricks-bge-large-en": 1024, "sandbox-64": 64}
"""The models that are served -> the dimension of their vectors."""
MOST_TEXTS = 150


def _dimension(call: Call) -> int:
    name = call.path["name"]
    if name not in DIMENSIONS:
        raise not_found(f"The endpoint {name} does not exist.")
    return DIMENSIONS[name]


def read(call: Call) -> dict[str, Any]:
    """Describe a served model."""
    _dimension(call)
    name = call.path["name"]
    return {
        "name": name,
        "id": uuid5(NAMESPACE, name).hex,
        "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
        "task": "llm/v1/embeddings",
        "route_optimized": False,
    }


def invoke(call: Call) -> dict[str, Any]:
    """Turn texts into vectors, in the form of OpenAI's embeddings."""
    dimension = _dimension(call)
    given = call.body["input"]
    texts = [given] if isinstance(given, str) else given
    if not texts or len(texts) > MOST_TEXTS or not all(isinstance(each, str) for each in texts):
        raise invalid(f"input must be a text, or a list of 1 to {MOST_TEXTS} texts.")
    data = [
        {"object": "embedding", "index": place, "embedding": embed(text, dimension)}
        for place, text in enumerate(texts)
    ]
    tokens = sum(len(each.split()) for each in texts)
    return {
        "object": "list",
        "model": call.path["name"],
        "data": data,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


SERVING = (
    Operation("GET", f"{BASE}/{{name}}", read),
    *(
        Operation(
            "POST",
            path,
            invoke,
            needs={"input": (str, list)},
            body={"instruction": TEXT, "dimensions": WHOLE, "usage_context": OBJECT},
        )
        for path in (f"{BASE}/{{name}}/invocations", "/serving-endpoints/{name}/invocations")
    ),
)
