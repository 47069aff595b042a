from __future__ import annotations

import base64
import html
import json
import threading
import traceback
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.model.errors import CredentialRejected, RequestRefused
from memctl.model.redaction import REPLACEMENT, Redactor
from memctl.model.results import StoreUsed
from memctl.testing.records import make_records

SECRET = "dapi/ö b+c\"q'&é😀-xyz\\\\0123\\n"  # noqa: S105 - of no system
SPELLINGS = {
    "plain": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "a form": quote_plus(SECRET),
    "percent-encoded in small letters": "".join(f"%{each:02x}" for each in SECRET.encode()),
    "percent-encoded twice": quote(quote(SECRET)),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in JSON": json.dumps(json.dumps(SECRET))[3:-3],
    "ASCII repr": ascii(SECRET)[1:-1],
    "repr of bytes": repr(SECRET.encode())[2:-1],
    "HTML": html.escape(SECRET),
    "one line of several": SECRET.replace(" ", "\n"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_taken_out_however_it_is_spelled(spelling):
    assert Redactor([SECRET]).redact(f"no: {spelling}, or not") == f"no: {REPLACEMENT}, or not"


@given(
    secret=st.text(st.characters(codec="utf-8", min_codepoint=33), min_size=8, max_size=200),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
    alphabet=st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]),
)
def test_base64_of_a_secret_is_taken_out_wherever_it_begins(secret, before, after, alphabet):
    encoded = alphabet(before + secret.encode() + after).decode()

    shown = Redactor([secret]).redact(f"Basic {encoded}")

    # What is left is what stood before and behind, and at most a character that belongs to both.
    assert REPLACEMENT in shown
    left = len(shown) - len("Basic ") - len(REPLACEMENT)
    assert left <= 4 * (len(before) // 3 + len(after) // 3 + 3)


@given(
    secret=st.text(min_size=1, max_size=60),
    text=st.text(max_size=60),
)
def test_no_secret_that_stands_in_a_text_is_left_in_it(secret, text):
    shown = Redactor([secret]).redact(f"{text} {secret} {text}")

    assert secret in REPLACEMENT or f" {secret} " not in shown


def test_a_secret_that_was_cut_off_is_taken_out():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"  # noqa: S105 - of no system

    assert Redactor([token]).redact(f"said: Bearer {token[:20]}; next") == "said: Bearer ***; next"


def test_of_two_secrets_that_begin_alike_both_are_taken_out_whole():
    head = "eyJhbGciOiJSUzI1NiJ9."
    redactor = Redactor([head + "A" * 40, head + "B" * 10])

    assert redactor.redact(f"{head}{'B' * 10} {head}{'A' * 40}") == "*** ***"


def test_a_secret_within_another_leaves_nothing_of_either():
    redactor = Redactor(["password-one", "my-password-one-and-more"])

    assert redactor.redact("my-password-one-and-more") == REPLACEMENT


def test_a_short_secret_is_taken_out_as_a_word_only():
    assert Redactor(["pw"]).redact("pw=pw; pwd, (pw) 'pw'") == "***=***; pwd, (***) '***'"


def test_without_a_secret_all_is_as_it_was():
    redactor, records = Redactor(["", "canary-secret"]), make_records(3)

    assert redactor.redact("nothing here") == "nothing here"
    assert all(redactor.clean(each) is not None for each in records)
    assert Redactor().clean(records) is records


def test_a_redactor_tells_none_of_its_secrets():
    assert "canary" not in repr(Redactor(["canary-secret"]))


def test_an_error_is_cleaned_where_it_stands():
    error = RequestRefused(
        "refused: canary-secret", hint="canary-secret", status=400, detail="canary-secret"
    )

    assert Redactor(["canary-secret"]).clean(error) is error
    assert "canary" not in f"{error} {error.args} {vars(error)}"
    assert error.status == 400


def test_an_error_that_came_of_others_is_cleaned_down_to_the_first():
    first = FileNotFoundError(2, "no canary-secret", "/x/canary-secret")
    first.add_note("canary-secret")
    second = ValueError("canary-secret")
    second.__context__ = first
    error = RequestRefused("refused", hint="none", status=400)
    error.__cause__ = second
    first.__context__ = error  # no chain is too odd to be followed

    Redactor(["canary-secret"]).clean(error)

    assert "canary" not in "".join(traceback.format_exception(error))
    assert "canary" not in f"{first} {first.filename} {first.__notes__} {second}"


@dataclass(frozen=True, slots=True)
class Nested:
    used: StoreUsed
    notes: list[str]
    by_name: dict[str, tuple[str, ...]]
    failure: CredentialRejected
    number: int = 7


def test_a_result_is_cleaned_to_the_last_of_its_values():
    used = StoreUsed("chroma", "chroma:canary-secret", None, "at")
    nested = Nested(
        used,
        ["canary-secret"],
        {"canary-secret": ("canary-secret",)},
        CredentialRejected("canary-secret"),
    )

    cleaned = Redactor(["canary-secret"]).clean(nested)

    assert "canary" not in repr(cleaned) + str(cleaned.failure)
    assert cleaned.number == 7
    assert used.location == "chroma:canary-secret"


def test_secrets_are_added_while_others_are_taken_out():
    redactor, secrets = Redactor(), [f"canary-secret-{each:04}" for each in range(200)]
    text = " ".join(secrets)
    threads = [
        threading.Thread(target=lambda part=part: [redactor.add(each) for each in part])
        for part in (secrets[::2], secrets[1::2])
    ]

    for each in threads:
        each.start()
    for _ in range(20):
        redactor.redact(text)
    for each in threads:
        each.join()

    assert redactor.redact(text) == " ".join([REPLACEMENT] * 200)
