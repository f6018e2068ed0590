"""`http` probes against a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import HttpAnswer, HttpProbe, Probe
from surefoot.probes import Subject, ask

APPLIED, NOT_APPLIED, UNKNOWN = Applied
DOCUMENT = {"info": {"version": "1.2", "yanked": False, "count": 1, "gone": None}, "releases": {"1.2": [{"n": 7}]}}
FOUND, MISSING = HttpAnswer(status=200), HttpAnswer(status=404)


class Shop(BaseHTTPRequestHandler):
    """Serves one document, a redirect to it, and a broken answer."""

    def do_GET(self) -> None:
        """Answer by path."""
        body = {"/json": json.dumps(DOCUMENT).encode(), "/deep": b"[" * 10**5}.get(self.path[:5], b"no such page")
        self.send_response(
            {"/moved": 302, "/json": 200, "/deep": 200, "/cut": 200}.get(self.path.partition("?")[0], 404)
        )
        self.send_header("Location", "/json")
        self.send_header("Content-Length", str(len(body) + 5 * (self.path == "/cut")))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The server's address."""
    shop = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    serving = threading.Thread(target=shop.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield f"http://127.0.0.1:{shop.server_port}"
    shop.shutdown()
    serving.join()
    shop.server_close()


@pytest.fixture
def asked(commands: Any, server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask about a path of the server."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    async def about(path: str, applied: HttpAnswer, not_applied: HttpAnswer | None = None, method: str = "GET") -> Any:
        probe = HttpProbe(url=server + path, method=method, applied=applied, not_applied=not_applied)
        return await ask(Probe(ask=probe), commands)

    return about


@pytest.mark.parametrize(
    ("path", "applied", "not_applied", "answer"),
    [
        ("/json", FOUND, MISSING, APPLIED),
        ("/none", FOUND, MISSING, NOT_APPLIED),
        ("/none", FOUND, None, UNKNOWN),
        ("/none", FOUND, HttpAnswer(status=410), UNKNOWN),
        ("/moved", FOUND, None, APPLIED),
        ("/json", HttpAnswer(), None, UNKNOWN),
        ("/json", FOUND, HttpAnswer(json={"info.version": "1.2"}), UNKNOWN),
        ("/cut", FOUND, MISSING, UNKNOWN),
    ],
)
async def test_only_a_declared_pattern_is_an_answer(
    asked: Any, path: str, applied: HttpAnswer, not_applied: HttpAnswer | None, answer: Applied
) -> None:
    """Redirects are followed; nothing declared, both declared or half an answer is unknown."""
    assert (await asked(path, applied, not_applied)).answer is answer


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"info.version": "1.2"}, True),
        ({"info.version": "1.3"}, False),
        ({"info.version": "1.2", "info.yanked": True}, False),
        ({"info.yanked": False}, True),
        ({"info.yanked": 0}, False),
        ({"info.count": 1}, True),
        ({"info.count": True}, False),
        ({"info.gone": None}, True),
        ({"info.none": None}, False),
        ({"releases.1.2.0.n": 7}, True),
        ({"releases.1.2.1.n": 7}, False),
        ({"releases.1.2.x.n": 7}, False),
        ({"releases.1.2": [{"n": 7}]}, True),
    ],
)
async def test_a_dotted_path_finds_its_value(asked: Any, pattern: dict[str, object], *, fits: bool) -> None:
    """Lists take an index, keys may have dots, and true is not 1."""
    answer = (await asked("/json", HttpAnswer(json=pattern))).answer
    assert answer is (APPLIED if fits else UNKNOWN)


async def test_an_answer_that_nests_too_deeply_to_be_read_fits_no_json(asked: Any) -> None:
    """The other pattern still counts."""
    assert (await asked("/deep", HttpAnswer(json={"a": 1}), FOUND)).answer is NOT_APPLIED


async def test_an_answer_that_is_no_json_fits_no_json(asked: Any) -> None:
    """It is neither applied nor a broken probe."""
    assert (await asked("/none", HttpAnswer(status=404, json={"a": 1}))).answer is UNKNOWN


async def test_the_method_is_the_declared_one(asked: Any) -> None:
    """An answer without a body has a status all the same."""
    assert (await asked("/json", FOUND, method="HEAD")).answer is APPLIED


async def test_the_answer_is_evidence(asked: Any, commands: Any) -> None:
    """Status and body are kept; neither shows the query, where tokens stand."""
    reply = await asked("/none?token=secret", FOUND, MISSING)
    kept = commands.load(reply.evidence).decode()
    assert kept.endswith("/none\n404\n\nno such page")
    assert "secret" not in kept + reply.text


async def test_the_key_of_the_effect_can_stand_in_the_address(
    commands: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a server keeps what it did by the key it was given; it is quoted as addresses want it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    probe = HttpProbe(url=f"{server}/none/$SUREFOOT_IDEMPOTENCY_KEY", applied=FOUND, not_applied=MISSING)
    reply = await ask(Probe(ask=probe), commands, subject=Subject(key="run:pay/one"))
    assert "/none/run%3Apay%2Fone" in reply.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "file:///etc/hostname", "http://[::1", "http://a b/", "x"])
async def test_a_server_that_cannot_be_asked_says_nothing(
    commands: Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Nobody there, another scheme, no URL at all."""
    monkeypatch.setenv("no_proxy", "*")
    assert (await ask(Probe(ask=HttpProbe(url=url, applied=FOUND)), commands)).answer is UNKNOWN
