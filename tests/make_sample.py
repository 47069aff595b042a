"""Writes the archive in ``docs/sample``: run ``python -m tests.make_sample`` after changing it.

Two crews remember something about their work over a week. Texts about the same thing have vectors
that lie near each other, so that a search finds what is like a text.
"""

from __future__ import annotations

import math
import re
import shutil
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from memctl.backends.archive import ArchiveBackend
from memctl.backends.base import Access, SetupRequest
from memctl.model.memory_type import MemoryType
from memctl.model.record import MemoryRecord

SAMPLE = Path(__file__).parent.parent / "docs" / "sample"

TOPICS = (
    "tide tides gauge harbour water ostend station spring",
    "chart lines line readers draft drafts report table appendix footnote corrections",
    "noise heat pump nordluft calida",
    "vendor vendors survey questionnaire data sheet sheets measurements unit column",
    "sign reset mail address password zoë ångström swedish",
    "export exports rows page csv orders tokyo",
    "safari firefox chrome browser downloads",
    "customer account phone called answers ask",
)
"""A vector's values say how much of each a text has."""

SHORT_TERM, LONG_TERM, ENTITY = MemoryType.SHORT_TERM, MemoryType.LONG_TERM, MemoryType.ENTITY

MEMORIES = [
    # type, crew, agent, session, importance, day and time in March 2026, content, metadata
    (SHORT_TERM, "research", "Analyst", "tide-survey", 0.6, (2, 9, 14),
     "The harbour gauge at Ostend was offline from 03:00 to 04:30; readings are interpolated.",
     {"task": "collect tide data", "sources": ["ostend-gauge"], "quality": 0.82}),
    (SHORT_TERM, "research", "Analyst", "tide-survey", 0.4, (2, 9, 52),
     "Spring tides in the survey window fall on the 3rd and the 19th of March.",
     {"task": "collect tide data", "quality": 0.95}),
    (SHORT_TERM, "research", "Reviewer", "tide-survey", 0.7, (2, 11, 5),
     "The interpolated readings must be marked in the chart, not only in the footnote.",
     {"task": "review draft", "approved": False}),
    (SHORT_TERM, "research", "Writer", "heat-pumps", 0.5, (4, 8, 31),
     "Two of five vendors answered the questionnaire on heat pump noise; ask the others on Friday.",
     {"task": "vendor survey", "answers": {"received": 2, "asked": 5}}),
    (SHORT_TERM, "research", "Analyst", "heat-pumps", 0.3, (4, 15, 47),
     "One vendor gives noise in dB(A) at 3 m, the other at 1 m.\nConvert before comparing.",
     {"task": "vendor survey", "unit": "dB(A)"}),
    (SHORT_TERM, "support", "Triage", "ticket-4711", 0.8, (3, 7, 58),
     "Zoë Ångström can't sign in since the password reset; the reset mail went to her old address.",
     {"ticket": 4711, "customer": {"name": "Zoë Ångström", "language": "sv"}}),
    (SHORT_TERM, "support", "Triage", "ticket-4711", 0.5, (3, 8, 20),
     "Her new address was confirmed by phone; the reset mail was sent again.",
     {"ticket": 4711, "resolved": True, "minutes": 22}),
    (SHORT_TERM, "support", "Specialist", "ticket-4718", 0.9, (5, 13, 2),
     "Exports with more than 10,000 rows stop at 99 % in Safari; Firefox and Chrome are fine.",
     {"ticket": 4718, "browsers": {"safari": "fails", "firefox": "works", "chrome": "works"}}),
    (SHORT_TERM, "support", "Specialist", "ticket-4718", 0.6, (5, 16, 40),
     "A smaller page size of 500 rows lets the export finish in Safari.",
     {"ticket": 4718, "workaround": True}),
    (LONG_TERM, "research", "Writer", None, 0.9, (2, 17, 30),
     "Readers prefer a chart with three lines and a table to one chart with nine lines.",
     {"task": "tide report", "score": 8.5, "suggestions": ["fewer lines", "move the table"]}),
    (LONG_TERM, "research", "Analyst", None, 0.7, (4, 17, 10),
     "Ask vendors for raw measurements: every data sheet rounds in its own way.",
     {"task": "vendor survey", "score": 7.0}),
    (LONG_TERM, "research", "Reviewer", None, 0.8, (6, 10, 0),
     "Check the unit of every column before the first chart is drawn.",
     {"task": "heat pump report", "score": 9.0, "suggestions": []}),
    (LONG_TERM, "research", "Writer", None, 0.4, (7, 9, 45),
     "Drafts that were read aloud needed half as many corrections.",
     {"task": "heat pump report", "score": 6.5}),
    (LONG_TERM, "support", "Triage", None, 0.8, (3, 18, 0),
     "Ask for the address on file first when a reset mail does not arrive.",
     {"task": "ticket 4711", "score": 9.5, "suggestions": ["ask earlier", "offer to call back"]}),
    (LONG_TERM, "support", "Specialist", None, 0.9, (5, 18, 15),
     "Reproduce export problems in Safari first: two of three were found only there.",
     {"task": "ticket 4718", "score": 8.0}),
    (LONG_TERM, "support", "Triage", None, 0.5, (6, 8, 5),
     "Answers that begin with what the customer can do now are rated higher.",
     {"task": "weekly review", "score": 7.5}),
    (ENTITY, "research", "Analyst", "tide-survey", 0.6, (2, 9, 20),
     "Ostend gauge (station): measures the water level every ten minutes.",
     {"entity": "Ostend gauge", "kind": "station", "relations": ["harbour office"]}),
    (ENTITY, "research", "Analyst", "tide-survey", 0.5, (2, 9, 21),
     "Harbour office (organisation): answers requests for raw tide data within two days.",
     {"entity": "harbour office", "kind": "organisation", "relations": ["Ostend gauge"]}),
    (ENTITY, "research", "Writer", "heat-pumps", 0.4, (4, 8, 35),
     "Nordluft 8 (heat pump): 42 dB(A) at 3 m, 8 kW, sold since 2024.",
     {"entity": "Nordluft 8", "kind": "heat pump", "noise": {"value": 42, "at": "3 m"}}),
    (ENTITY, "research", "Writer", "heat-pumps", 0.4, (4, 8, 36),
     "Calida S (heat pump): 55 dB(A) at 1 m, 7 kW, sold since 2025.",
     {"entity": "Calida S", "kind": "heat pump", "noise": {"value": 55, "at": "1 m"}}),
    (ENTITY, "support", "Triage", "ticket-4711", 0.7, (3, 8, 1),
     "Zoë Ångström (customer): account since 2019, prefers to be called, writes Swedish.",
     {"entity": "Zoë Ångström", "kind": "customer", "language": "sv"}),
    (ENTITY, "support", "Specialist", "ticket-4718", 0.6, (5, 13, 10),
     "東京支店 (customer): the Tokyo branch exports its orders every evening, about 12,000 rows.",
     {"entity": "東京支店", "kind": "customer", "language": "ja", "rows": 12000}),
    (ENTITY, "support", "Specialist", "ticket-4718", 0.5, (5, 13, 11),
     "Safari 19 (browser): ends downloads that pause for more than 30 seconds.",
     {"entity": "Safari 19", "kind": "browser"}),
    (ENTITY, "support", "Specialist", None, 0.3, (6, 9, 0),
     "Export service (component): writes CSV files in pages; the page size is a setting.",
     {"entity": "export service", "kind": "component", "settings": {"page_size": 5000}}),
]  # fmt: skip


def embed(text: str) -> np.ndarray:
    """Give a unit vector: how many words of each topic, and a little that is each text's own."""
    words = re.findall(r"\w+", text.lower())
    own = sha256(text.encode()).digest()
    values = [
        sum(word in topic.split() for word in words) + byte / 1024
        for topic, byte in zip(TOPICS, own, strict=False)
    ]
    length = math.sqrt(sum(value * value for value in values))
    return np.array([value / length for value in values], np.float32)


def sample_records() -> list[MemoryRecord]:
    return [
        MemoryRecord(
            id=f"{crew}-{memory_type}-{number:02d}",
            type=memory_type,
            content=content,
            embedding=embed(content),
            crew_id=crew,
            agent_id=agent,
            session_id=session,
            scope=f"/crew/{crew}",
            importance=importance,
            created_at=datetime(2026, 3, *moment, tzinfo=UTC),
            metadata=metadata,
        )
        for number, (
            memory_type,
            crew,
            agent,
            session,
            importance,
            moment,
            content,
            metadata,
        ) in enumerate(MEMORIES, 1)
    ]


def write_sample(path: Path) -> None:
    request = SetupRequest(
        (SHORT_TERM, LONG_TERM, ENTITY), "cosine", "chroma:./memory", "words of eight topics"
    )
    backend = ArchiveBackend(
        {"path": str(path)}, read_secret=lambda _: None, access=Access(writable=True)
    )
    for step in backend.plan_setup(request):
        step.do()
    for memory_type in request.types:
        records = [each for each in sample_records() if each.type is memory_type]
        backend.upsert(memory_type, records)
    backend.finish()


if __name__ == "__main__":
    shutil.rmtree(SAMPLE, ignore_errors=True)
    write_sample(SAMPLE)
    sys.stdout.write(f"wrote {SAMPLE}\n")
