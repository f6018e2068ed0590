"""Effects in a database and at a server, killed between effect and record: probed, and there once all the same."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.postgres import PASSWORD, Postgres, running

if TYPE_CHECKING:
    from conftest import Said, Stage

RUN = "20260101-abc123"
KEY = f"{RUN}:pay"
IN_POSTGRES = """
goal: Pay once
steps:
  - id: pay
    effect: irreversible
    confine: false
    run: |
      echo ran >> $SUREFOOT_MEETING/ran
      (
        echo "BEGIN; INSERT INTO payments VALUES ('$SUREFOOT_IDEMPOTENCY_KEY');"
        FIRST
        if test ! -e $SUREFOOT_MEETING/begun; then echo '\\! touch $SUREFOOT_MEETING/begun'; sleep 600; fi
        SECOND
      ) | PSQL
    probe: {sql: "SELECT key FROM payments WHERE key = '$SUREFOOT_IDEMPOTENCY_KEY'", url: $DATABASE_URL}
    undo: Pay back.
  - {id: after, needs: [pay], run: echo paid > paid.txt, checks: [{file: paid.txt, exists: true}]}
"""
AT_SERVER = """
goal: Pay once
steps:
  - id: pay
    effect: irreversible
    network: true
    call: shop:pay_MOMENT
    env: {SHOP: ADDRESS}
    probe: PROBE
"""
BY_ADDRESS = '{http: "ADDRESS/payments/$SUREFOOT_IDEMPOTENCY_KEY", applied: {status: 200}, not_applied: {status: 404}}'
BY_FUNCTION = "{call: shop:was_paid}"
SHOP = """
import os, time
from pathlib import Path
from urllib.request import Request, urlopen

BEGUN = Path(os.environ["SUREFOOT_MEETING"], "begun")

def hold():
    if not BEGUN.exists():
        BEGUN.touch()
        time.sleep(600)

def post(key):
    urlopen(Request(os.environ["SHOP"] + "/payments", method="POST", headers={"Idempotency-Key": key}, data=b"3"))

def pay_before(argument):
    hold()
    post(argument.idempotency_key)

def pay_after(argument):
    post(argument.idempotency_key)
    hold()

def was_paid(argument):
    text = urlopen(os.environ["SHOP"] + "/payments").read().decode()
    return argument.idempotency_key in text.split()
"""


def killed_while_it_holds(stage: Stage, plan: str, env: dict[str, str] | None = None) -> Said:
    """Kill a run whose body waits, between the effect and its record or before the effect; resume it."""
    begin = replace(stage, env={**stage.env, **(env or {})})
    with begin.begin("run", begin.plan(plan), "--run-id", RUN, "--allow", "pay") as program:
        while not (stage.meeting / "begun").exists():
            assert program.is_running, program.wait().out
            time.sleep(0.02)
        program.kill()
    return begin.say("resume", RUN)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A server in which payments are rows."""
    with running() as server:
        server.say("CREATE TABLE payments (key text)")
        yield server


@pytest.fixture
def paid(stage: Stage, postgres: Postgres) -> Any:
    """Kill a run that pays in Postgres, where the commit comes first or second; return what it said and left."""

    def pay(first: str, second: str) -> tuple[Said, int, str]:
        postgres.say("TRUNCATE payments")
        plan = IN_POSTGRES.replace("FIRST", first).replace("SECOND", second).replace("PSQL", postgres.psql)
        url = postgres.locked.replace("PASSWORD", quote(PASSWORD, safe=""))
        said = killed_while_it_holds(stage, plan, {"DATABASE_URL": url})
        ran = (stage.meeting / "ran").read_text("utf-8").count("ran")
        return said, ran, postgres.say("SELECT * FROM payments")

    return pay


def test_a_committed_effect_is_found_and_not_repeated(stage: Stage, paid: Any) -> None:
    """The probe says applied: one row, and the body ran once."""
    said, ran, rows = paid('echo "COMMIT;"', "true")
    assert (said.code, ran, rows) == (0, 1, KEY), said.out + said.err
    assert [step["proof"] for step in stage.say("report", RUN, "--json").json["steps"]] == ["probe", "checks"]


def test_an_uncommitted_effect_is_performed_once(stage: Stage, paid: Any) -> None:
    """The server took it back; the probe says not applied: one row, though the body ran twice."""
    said, ran, rows = paid("true", 'echo "COMMIT;"')
    assert (said.code, ran, rows) == (0, 2, KEY), said.out + said.err
    assert stage.states() == {"pay": "verified", "after": "verified"}


def test_the_password_of_a_probe_is_kept_nowhere(stage: Stage, paid: Any) -> None:
    """Neither in the journal nor beside it, as it is or as the address holds it."""
    paid('echo "COMMIT;"', "true")
    kept = b"".join(path.read_bytes() for path in stage.home.rglob("*") if path.is_file())
    assert b"DATABASE_URL" in kept
    assert [form for form in (PASSWORD, quote(PASSWORD, safe="")) if form.encode() in kept] == []


class Payments(BaseHTTPRequestHandler):
    """Takes payments under keys: what comes again under the same key is answered, and not done again."""

    asked: Counter[str]
    """How often each key was sent."""

    def do_POST(self) -> None:
        """Take a payment."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked[self.headers["Idempotency-Key"]] += 1
        self._answer(201, "taken")

    def do_GET(self) -> None:
        """Tell whether there is a payment under a key, or name all keys."""
        key = self.path.removeprefix("/payments").removeprefix("/").replace("%3A", ":")
        self._answer(200 if not key or key in self.asked else 404, "\n".join(self.asked))

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def shop(stage: Stage) -> Iterator[tuple[str, Counter[str]]]:
    """The server's address, and how often it was sent each key."""
    asked = Counter[str]()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Shop", (Payments,), {"asked": asked}))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    Path(stage.folder, "shop.py").write_text(SHOP, "utf-8")
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize(
    ("moment", "probe"),
    [
        pytest.param("before", BY_ADDRESS, marks=pytest.mark.slow),
        ("after", BY_ADDRESS),
        pytest.param("after", BY_FUNCTION, marks=pytest.mark.slow),
    ],
)
def test_a_server_is_asked_for_the_key(stage: Stage, shop: tuple[str, Counter[str]], moment: str, probe: str) -> None:
    """By an address, or by a function of the plan: paid once, whether the kill came before the effect or after."""
    address, asked = shop
    plan = AT_SERVER.replace("PROBE", probe).replace("MOMENT", moment).replace("ADDRESS", address)
    said = killed_while_it_holds(stage, plan)
    assert (said.code, asked) == (0, {KEY: 1}), said.out + said.err


def test_an_idempotent_effect_without_a_probe_is_sent_again_under_its_key(
    stage: Stage, shop: tuple[str, Counter[str]]
) -> None:
    """The server knows it; nobody is asked."""
    address, asked = shop
    plan = AT_SERVER.replace("MOMENT", "after").replace("irreversible", "idempotent").partition("    probe:")[0]
    said = killed_while_it_holds(stage, plan.replace("ADDRESS", address))
    assert (said.code, json.dumps(asked)) == (0, json.dumps({KEY: 2})), said.out + said.err
