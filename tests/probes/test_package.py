"""`package` probes against folders of releases and against real index servers."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import PackageProbe, Probe
from surefoot.probes import ProbeReply, ask

APPLIED, NOT_APPLIED, UNKNOWN = Applied
RELEASES = [
    ("sure_foot-1.10-py3-none-any.whl", "Sure.Foot", "1.10", True),
    ("sure_foot-1.10-py3-none-any.whl", "sure-foot", "1.10.0", True),
    ("sure_foot-1.10-1-py3-none-any.whl", "sure-foot", "1.10", True),
    ("sure_foot-1.10-py3-none-any.whl", "sure-foot", "1.1", False),
    ("sure_foot-1.10-py3-none-any.whl", "sure", "1.10", False),
    ("sure_foot-1.10rc1.tar.gz", "sure_foot", "1.10.rc.1", True),
    ("sure_foot-1.10rc1.tar.gz", "sure_foot", "1.10", False),
    ("sure-foot-1.10-rc1.tar.gz", "sure_foot", "1.10rc1", True),
    ("Sure-Foot-1.0.zip", "sure_foot", "1", True),
    ("sure_foot-1.0+local.1-py3-none-any.whl", "sure_foot", "1.0", False),
    ("sure_foot-1.0.tar.gz.asc", "sure_foot", "1.0", False),
    ("sure_foot-extra-1.0.tar.gz", "sure_foot", "1.0", False),
]
PAGE = """<!DOCTYPE html><html><body><h1>Links for sure-foot</h1>
<a href="../../files/sure_foot-1.0-py3-none-any.whl#sha256=0" data-requires-python="&gt;=3.11">a wheel</a><br/>
<A class="x" HREF='/files/sure_foot-1.1%2Blocal.tar.gz?x=1'>an archive</A></body></html>"""
JSON = {"meta": {"api-version": "1.1"}, "name": "sure-foot", "versions": ["1.0", "3.0"]}
FILES = {"files": [{"filename": "sure_foot-1.0-py3-none-any.whl", "url": "x", "hashes": {}}]}
MEDIA = "application/vnd.pypi.simple.v1+"


def archive(path: Path) -> None:
    """Make a file that is what its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("it.py", "x = 1\n" * 100)
    else:
        with tarfile.open(path, "w:gz") as made:
            made.addfile(tarfile.TarInfo("it.py"), io.BytesIO())


@pytest.fixture
def asked(commands: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask an index."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    async def about(package: str, version: str, index: str = "dist") -> ProbeReply:
        return await ask(Probe(ask=PackageProbe(package=package, version=version, index=index)), commands)

    return about


@pytest.mark.parametrize(("file", "package", "version", "is_it"), RELEASES)
async def test_a_file_of_a_folder_is_a_release_by_its_name(
    asked: Any, lane: Path, file: str, package: str, version: str, *, is_it: bool
) -> None:
    """Names and versions have many spellings; a hyphen in the name of an old archive may stand for anything."""
    archive(lane / "dist" / file)
    assert (await asked(package, version)).answer is (APPLIED if is_it else NOT_APPLIED)


@pytest.mark.parametrize("index", ["dist", "file://LANE/dist", "LANE/dist", "$INDEX"])
async def test_a_folder_may_be_laid_out_by_project(
    asked: Any, lane: Path, monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    """As an index is; and it may be named in any way."""
    monkeypatch.setenv("INDEX", str(lane / "dist"))
    archive(lane / "dist/Sure.Foot/sure_foot-1.0.tar.gz")
    assert (await asked("sure-foot", "1.0", index.replace("LANE", str(lane)))).answer is APPLIED


@pytest.mark.parametrize("file", ["sure_foot-1.0.tar.gz", "sure_foot-1.0-py3-none-any.whl"])
async def test_a_file_that_was_cut_short_is_no_release(asked: Any, lane: Path, file: str) -> None:
    """The copy that made it was killed: neither applied nor not."""
    archive(lane / "dist" / file)
    (lane / "dist" / file).write_bytes((lane / "dist" / file).read_bytes()[:-30])
    assert (await asked("sure-foot", "1.0")).answer is UNKNOWN


async def test_a_folder_that_is_not_there_says_nothing(asked: Any) -> None:
    """It may be on a disk that is not mounted."""
    assert (await asked("sure-foot", "1.0")).answer is UNKNOWN


class Index(BaseHTTPRequestHandler):
    """One project in JSON or HTML, by what is asked for or by the path; behind a password below `/locked`."""

    def do_GET(self) -> None:
        """Answer by path."""
        _, where, *project = self.path.split("/")
        wants_json = f"{MEDIA}json" in self.headers.get("Accept", "") and where != "html"
        bodies: dict[str, tuple[int, str, str]] = {
            "": (200, "text/html", "<a href='sure-foot/'>sure-foot</a>"),
            "sure-foot": (200, f"{MEDIA}json", json.dumps(JSON | FILES)) if wants_json else (200, "text/html", PAGE),
            "empty": (200, f"{MEDIA}json", json.dumps({"files": []})),
            "login": (200, "text/html", "<a href='/login'>Sign in</a>"),
            "odd": (200, "application/json", "[]"),
            "deep": (200, "application/json", "[" * 10**5),
            "down": (503, "text/html", "later"),
        }
        status, kind, body = bodies.get(project[0] if project else "x", (404, "text/html", "no such project"))
        token = base64.b64encode(b"una:pass word").decode()
        if where == "nowhere":
            status = 404
        if where == "locked" and self.headers["Authorization"] != f"Basic {token}":
            status = 401
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class Listing(SimpleHTTPRequestHandler):
    """A folder as the web server of the standard library lists it: the simplest index there is."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def serving() -> Iterator[Callable[[Any], str]]:
    """Serve by a handler, and return the address."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def serve(handler: Any) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        servers.append((server, thread))
        thread.start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("index", ["json", "json/", "html"])
@pytest.mark.parametrize(
    ("package", "version", "answer"),
    [
        ("Sure_Foot", "1.0", APPLIED),
        ("sure-foot", "2.0", NOT_APPLIED),
        ("unheard-of", "1.0", NOT_APPLIED),
        ("login", "1.0", UNKNOWN),
        ("odd", "1.0", UNKNOWN),
        ("deep", "1.0", UNKNOWN),
        ("down", "1.0", UNKNOWN),
        ("empty", "1.0", NOT_APPLIED),
    ],
)
async def test_an_index_on_the_web_is_asked(
    asked: Any, serving: Any, index: str, package: str, version: str, answer: Applied
) -> None:
    """In JSON (PEP 691) or HTML (PEP 503). A page that is none of the project's does not say it lacks the release."""
    assert (await asked(package, version, f"{serving(Index)}/{index}")).answer is answer


@pytest.mark.parametrize(("index", "version"), [("json", "3.0"), ("html", "1.1+local")])
async def test_a_release_is_found_where_only_that_form_has_it(
    asked: Any, serving: Any, index: str, version: str
) -> None:
    """JSON lists versions without files, too; a link may be quoted and lead anywhere."""
    assert (await asked("sure-foot", version, f"{serving(Index)}/{index}")).answer is APPLIED


async def test_an_address_that_is_no_index_says_nothing(asked: Any, serving: Any) -> None:
    """There, every project is missing."""
    assert (await asked("sure-foot", "1.0", f"{serving(Index)}/nowhere")).answer is UNKNOWN


@pytest.mark.parametrize(("password", "answer"), [("pass word", APPLIED), ("wrong", UNKNOWN)])
async def test_a_password_comes_from_a_variable(
    asked: Any, serving: Any, monkeypatch: pytest.MonkeyPatch, password: str, answer: Applied
) -> None:
    """It is sent, and shown nowhere."""
    monkeypatch.setenv("SECRET", password)
    reply = await asked("sure-foot", "1.0", f"{serving(Index)}/locked".replace("//", "//una:$SECRET@"))
    assert (reply.answer, password in reply.text) == (answer, False)


async def test_a_listed_folder_is_an_index(asked: Any, serving: Any, tmp_path: Path) -> None:
    """With a web server in front of it, and a folder for each project."""
    archive(tmp_path / "index/sure-foot/sure_foot-1.0.tar.gz")
    address = serving(partial(Listing, directory=str(tmp_path / "index")))
    answers = [(await asked("sure.foot", version, address)).answer for version in ("1.0", "2.0")]
    assert answers == [APPLIED, NOT_APPLIED]


async def test_an_index_that_cannot_be_reached_says_nothing(asked: Any) -> None:
    """No answer is not the answer no."""
    assert (await asked("sure-foot", "1.0", "http://127.0.0.1:1/simple")).answer is UNKNOWN
