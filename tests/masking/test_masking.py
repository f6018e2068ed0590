"""Secrets are replaced in every usual form, however a stream is cut."""

from __future__ import annotations

import base64
import html
import json
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.masking import Masker

SECRET = 'p@ss word/ß?\\"&'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[3:-3],
        quote(SECRET, safe="").lower(),
        quote(SECRET, safe="!'()*"),
        html.escape(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b32encode(SECRET.encode()).decode().rstrip("="),
        ascii(SECRET)[1:-1],
        r"p@ss\ word/\ß\?\\\"\&",
    ],
)
def test_each_form_of_a_secret_is_masked(form: str) -> None:
    """Programs print secrets quoted and encoded, too."""
    masker = Masker([SECRET])
    assert masker.text(f"<{form}>") == "<***>"
    assert masker.content(f"<{form}>".encode()) == b"<***>"


@pytest.mark.parametrize(("width", "end"), [(64, "\n"), (76, "\n"), (76, "\r\n")])
def test_base64_in_lines_is_masked_whole(width: int, end: str) -> None:
    """`base64` itself parts what is long."""
    value = "a-long-secret-" * 8
    encoded = base64.b64encode(value.encode()).decode()
    lines = end.join(encoded[begin : begin + width] for begin in range(0, len(encoded), width))
    assert Masker([value]).text(f"<{lines}>") == "<***>"


@pytest.mark.parametrize("user", ["a", "ab", "abc"])
def test_a_secret_is_masked_inside_a_basic_authorisation_header(user: str) -> None:
    """Base64 of `user:secret` shows the secret at any of three alignments."""
    header = base64.b64encode(f"{user}:long-token-of-mine".encode()).decode()
    masked = Masker(["long-token-of-mine"]).text(header)
    assert "***" in masked
    assert b"token" not in base64.b64decode(masked.replace("***", "") + "=" * (-len(masked.replace("***", "")) % 4))


def test_values_shorter_than_four_characters_are_left_alone() -> None:
    """Masking `a` would make all output unreadable."""
    assert Masker(["", "a", "abc"]).text("abc") == "abc"


def test_the_longest_value_wins() -> None:
    """A value that begins another one must not leave the other one's end readable."""
    assert Masker(["token", "token-and-more"]).text("token-and-more token") == "*** ***"


def test_each_long_line_of_a_value_is_masked() -> None:
    """A key is often printed line by line, or indented; its short lines are no secret."""
    masker = Masker(["first-line\nshort\r\nsecond-line\n"])
    assert masker.text("  first-line\n  short\n  second-line") == "  ***\n  short\n  ***"


def test_text_without_secrets_passes_unchanged_and_at_once() -> None:
    """Nothing is held back that cannot be the beginning of a secret."""
    stream = Masker(["secret-value"]).stream()
    assert stream.feed(b"Continue? [y/n] ") == b"Continue? [y/n] "


def test_a_stream_holds_back_only_what_may_become_a_secret() -> None:
    """The held part comes as soon as it is decided, or at the end."""
    stream = Masker(["secret-value"]).stream()
    assert stream.feed(b"a sec") == b"a "
    assert stream.feed(b"ond,") == b"second,"
    assert stream.feed(b"secret-") == b""
    assert stream.finish() == b"secret-"


def test_bytes_that_are_no_text_pass_unchanged() -> None:
    """Output of commands need not be UTF-8."""
    stream = Masker(["secret-value"]).stream()
    assert stream.feed(b"\xff\x00secret-value\xfe") + stream.finish() == b"\xff\x00***\xfe"


@given(
    values=st.lists(st.text("ab", min_size=1, max_size=9), max_size=4),
    text=st.text("abc", max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=12),
)
def test_however_a_stream_is_cut_the_result_is_that_of_the_whole(values: list[str], text: str, cuts: list[int]) -> None:
    """Two letters make values that begin, end and overlap each other all the time."""
    masker, whole = Masker(values), text.encode()
    stream = masker.stream()
    places = sorted({0, *(min(cut, len(whole)) for cut in cuts), len(whole)})
    chunks = [stream.feed(whole[begin:end]) for begin, end in pairwise(places)]
    assert b"".join([*chunks, stream.finish()]) == masker.content(whole)


@given(values=st.lists(st.text(min_size=4), max_size=3), parts=st.lists(st.text() | st.integers(0, 2), max_size=8))
def test_no_secret_is_left_in_masked_text(values: list[str], parts: list[str | int]) -> None:
    """Whatever stands before and behind it; a value with a `*` could be spelt by the replacement itself."""
    text = "\0".join(part if isinstance(part, str) else "".join(values[part : part + 1]) for part in parts)
    masked = Masker(values).text(text)
    assert not any(value in masked for value in values if "*" not in value)
