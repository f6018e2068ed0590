"""What has the form of a key is replaced, however a stream is cut; what only looks random stays."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import re
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.masking import Masker, formats_in
from surefoot.masking.formats import FORMATS, Format
from surefoot.masking.keys import KeyStream, mask_keys

ROOT = Path(__file__).parents[2]
MIXED, HEX = "a1B2c3D4e5F6g7H8" * 6, "0123456789abcdef" * 4
KEYS = {
    "AWS access key": f"AKIA{MIXED.upper()[:16]}",
    "GitHub token": f"ghp_{MIXED[:36]}",
    "GitHub fine-grained token": f"github_pat_{MIXED[:22]}_{MIXED[:59]}",
    "GitLab token": f"glpat-{MIXED[:20]}",
    "Slack token": f"xoxb-123456789012-123456789012-{MIXED[:24]}",
    "Slack webhook": f"hooks.slack.com/services/T12345678/B12345678/{MIXED[:24]}",
    "Discord webhook": f"discord.com/api/webhooks/123456789012345678/{MIXED[:68]}",
    "Stripe key": f"sk_live_{MIXED[:24]}",
    "Google API key": f"AIza{MIXED[:35]}",
    "Google access token": f"ya29.{MIXED[:60]}",
    "Google client secret": f"GOCSPX-{MIXED[:28]}",
    "npm token": f"npm_{MIXED[:36]}",
    "PyPI token": f"pypi-AgEIcHlwaS5vcmc{MIXED}",
    "OpenAI key": f"sk-{MIXED[:48]}",
    "OpenAI project key": f"sk-proj-{MIXED[:40]}_{MIXED[:20]}-x",
    "Anthropic key": f"sk-ant-api03-{MIXED[:90]}-AA",
    "Groq key": f"gsk_{MIXED[:52]}",
    "xAI key": f"xai-{MIXED[:80]}",
    "Hugging Face token": f"hf_{MIXED[:34]}",
    "SendGrid key": f"SG.{MIXED[:22]}.{MIXED[:43]}",
    "Twilio key": f"SK{HEX[:32]}",
    "Azure storage key": f"AccountKey={MIXED[:86]}==",
    "Azure client secret": f"8Q~{MIXED[:34]}",
    "DigitalOcean token": f"dop_v1_{HEX}",
    "Docker Hub token": f"dckr_pat_{MIXED[:27]}",
    "Vault token": f"hvs.{MIXED[:90]}",
    "Grafana token": f"glsa_{MIXED[:32]}_{HEX[:8]}",
    "age key": f"AGE-SECRET-KEY-1{MIXED.upper()[:58]}",
    "JSON Web Token": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{MIXED[:43]}",
}
BODY = "\n".join(f"MIIE{MIXED[:60]}" for _ in range(6))
PARTLY = {
    f"aws_secret_access_key = {MIXED[:20]}/{MIXED[:19]}": "aws_secret_access_key = ***",
    f"//registry.npmjs.org/:_authToken={HEX[:36]}": "//registry.npmjs.org/***",
    f"Authorization: Bearer {MIXED[:20]}": "Authorization: Bearer ***",
    f'{{"authorization": "Basic {base64.b64encode(b"user:secret").decode()}"}}': '{"authorization": "Basic ***"}',
    f"token Bearer {MIXED[:30]}.": "token Bearer ***",
    f"X-Api-Key: {MIXED[:32]}": "X-Api-Key: ***",
    "postgres://app:hunter2-x@db:5432/app": "postgres://app:***@db:5432/app",
    "redis://:hunter2-x@cache": "redis://:***@cache",
    f"123456789:AA{MIXED[:33]}": "123456789***",
    f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----\nDone": (
        "-----BEGIN PRIVATE KEY-----***----END PRIVATE KEY-----\nDone"
    ),
    f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n{BODY}": (
        "-----BEGIN RSA PRIVATE KEY-----***"
    ),
}
INNOCENT = [
    "disk-usage-of-everything-since-2023-01-01-and-before",
    "task: https://example.org:8080/a@b, git@example.org:team/repo.git and ssh://git@example.org:22/x",
    "https://user:$TOKEN@example.org https://user:{password}@example.org https://user:<password>@example.org",
    "Authorization: Basic authentication is needed; Bearer tokens are described elsewhere",
    'if text.startswith("-----BEGIN RSA PRIVATE KEY-----"): raise ValueError("that is a key")',
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "npm_config_registry=x npm_package_json_and_something_longer_than_that_is_no_token hf_hub_download_of_everything",
    "sk-learn-style-estimator-names sk-circle-fade-dot-number-twelve the-sk-",
    f"sha256:{hashlib.sha256(b'x').hexdigest()} {hashlib.sha1(b'x').hexdigest()} {uuid.UUID(int=7)}",  # noqa: S324
    f"sha512-{base64.b64encode(hashlib.sha512(b'x').digest()).decode()}",
    "AKIA alone, ASIA, eyJ, SG., SK, AIza and pypi-Ag are only beginnings",
]


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_of_a_known_form_is_masked(kind: str) -> None:
    """Whole, and nothing else of the line."""
    assert Masker().text(f"key={KEYS[kind]}, and more") == "key=***, and more"


@pytest.mark.parametrize("text", PARTLY)
def test_what_stands_before_a_key_stays_readable(text: str) -> None:
    """One has to see which header, address or block it was."""
    assert Masker().text(text).rstrip(".") == PARTLY[text].rstrip(".")


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_key_stays(text: str) -> None:
    """Output that is masked without need is output that cannot be read."""
    assert Masker().text(text) == text


@pytest.mark.parametrize("before", ["\\n", "\\t", "%3D", "\x1b[31m", '"', "=", ">"])
def test_a_key_behind_an_escape_is_masked(before: str) -> None:
    r"""The letter of `\n` in quoted text is no part of a word."""
    assert Masker().text(f"x{before}{KEYS['OpenAI key']}") == f"x{before}***"


def files() -> Iterator[Path]:
    """Yield what stands in this repository, as far as it came with it."""
    for folder in ("src", "docs", "examples", "bench", "scripts"):
        yield from (path for path in sorted((ROOT / folder).rglob("*")) if path.is_file())
    yield from (ROOT / "uv.lock", ROOT / "README.md", ROOT / "CHANGELOG.md")


def test_ordinary_files_stay_as_they_are() -> None:
    """Source, documents, pictures, digests and addresses in a lock file; URLs with a password are examples, told so."""
    masked = [path for path in files() if "__pycache__" not in path.parts and _changes(path.read_bytes())]
    assert masked == []


def _changes(content: bytes) -> bool:
    return mask_keys(content) != content


def test_base64_of_what_is_random_stays() -> None:
    """Pictures in documents, signatures, digests."""
    noise = random.Random(4).randbytes(3_000_000)
    assert not _changes(base64.encodebytes(noise))


ALPHABET = ("ghp_", "sk-", "eyJ", ".eyJ", "://", ":", "@", "-----BEGIN ", "PRIVATE KEY-----", "a1" * 9, "Z", "\n", "-")
WORDS = st.lists(
    st.sampled_from((*ALPHABET, *KEYS.values(), *PARTLY, "uthorization: Bearer ", "\\n", " ", "\x00", "AA" * 60)),
    max_size=9,
)


@settings(deadline=None)
@given(words=WORDS, cuts=st.lists(st.integers(0, 3000), max_size=14), values=st.lists(st.sampled_from(ALPHABET)))
def test_however_a_stream_is_cut_keys_are_masked_as_in_the_whole(
    words: list[str], cuts: list[int], values: list[str]
) -> None:
    """Pieces of keys, keys and values that cut into each other."""
    masker, whole = Masker(values), "".join(words).encode()
    stream = masker.stream()
    places = sorted({0, *(min(cut, len(whole)) for cut in cuts), len(whole)})
    chunks = [stream.feed(whole[begin:end]) for begin, end in pairwise(places)]
    assert b"".join([*chunks, stream.finish()]) == masker.content(whole)


@settings(deadline=None)
@given(words=WORDS)
def test_a_stream_that_comes_byte_by_byte_is_masked_as_the_whole(words: list[str]) -> None:
    """The worst way to cut it."""
    whole = "".join(words).encode()
    stream = KeyStream()
    masked = b"".join(stream.feed(bytes([byte])) for byte in whole) + stream.finish()
    assert masked == mask_keys(whole)


@settings(deadline=None)
@given(words=WORDS)
def test_at_most_half_a_kilobyte_is_held_back(words: list[str]) -> None:
    """Who looks on sees what is printed, when it is printed."""
    stream = KeyStream()
    for word in words:
        stream.feed(word.encode())
    assert len(stream.finish()) <= 512


def test_no_start_belongs_to_two_formats() -> None:
    """Else it would matter which is looked at first."""
    starts = [start for form in FORMATS for start in form.starts]
    assert not [one for one in starts for other in starts if one is not other and other.startswith(one)]


def test_a_key_that_is_endless_is_dropped_as_it_comes() -> None:
    """Whoever prints a gigabyte behind `ghp_` does not fill the memory."""
    stream = KeyStream()
    printed = [stream.feed(b"ghp_" + b"a" * 64), *(stream.feed(b"a" * 1000) for _ in range(100)), stream.feed(b" end")]
    assert b"".join([*printed, stream.finish()]) == b"*** end"


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_so_much_is_looked_at_for_each_key_and_no_more(form: Format) -> None:
    """Else a stream could be made that takes longer and longer: nothing is repeated without an end."""
    outside_classes = re.sub(r"\\.|\[(?:\\.|[^\]])+\]", "x", form.rest)
    assert re.search(r"[*+]|\{\d+,\}", outside_classes) is None
    assert form.bytes_max <= 512


def test_the_formats_of_keys_in_a_file_are_named() -> None:
    """For a finding: which kind, never which key; a password in a URL is in every manual."""
    content = f"{KEYS['Stripe key']}\n{'x' * (1 << 20)}{KEYS['npm token']} postgres://a:hunter22@b"
    assert formats_in(io.BytesIO(content.replace("xnpm", " npm").encode())) == ("Stripe key", "npm token")
