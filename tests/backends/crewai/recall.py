"""Lets CrewAI's own `Memory` look for texts; run by a Python that has crewai, and not memctl.

``python recall.py DIRECTORY SCOPE DIMENSION TEXT...`` prints JSON: what is listed, and the nearest
memory of each text. Vectors are made from a hash, as those of the stores in `tests/data/crewai`.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys

from crewai.memory.unified_memory import Memory

directory, scope, dimension, *texts = sys.argv[1:]


def embed(given):
    vectors = []
    for text in given:
        digest = hashlib.sha256(text.encode()).digest()[: int(dimension)]
        raw = [byte / 127.5 - 1 for byte in digest]
        length = math.sqrt(sum(x * x for x in raw))
        vectors.append([x / length for x in raw])
    return vectors


memory = Memory(storage=directory, embedder=embed, root_scope=scope, llm="none", read_only=True)
found = {text: memory.recall(text, depth="shallow", limit=1)[0].record for text in texts}
json.dump(
    {
        "listed": sorted(record.content for record in memory.list_records(limit=500)),
        "recalled": {text: [each.content, each.scope] for text, each in found.items()},
        "elsewhere": len(
            Memory(
                storage=directory,
                embedder=embed,
                root_scope=f"{scope}-2",
                llm="none",
                read_only=True,
            ).list_records()
        ),
    },
    sys.stdout,
)
