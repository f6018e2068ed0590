"""A body and an agent spell secrets in all the ways that programs know, in every place that is stored or shown.

Read `tests/workers/test_masked.py` for each event, `tests/masking` for each form.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

import apsw
import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
VALUE = 'dt-Xy7/Qw9+zz="long"&öx'
KEY = "AKIA" + "IOSFODNN7EXAMPLE"
BEARER = "b34rer0fTh1ngs-AbCdEf012345"
PASSWORD = "hunter2-of-mine"
ALL = f"{VALUE} {KEY} Authorization: Bearer {BEARER} https://me:{PASSWORD}@example.org/x"
SPELL = """
import base64, html, json, os, shlex, urllib.parse as url
value = os.environ["DEPLOY_TOKEN"]
raw = value.encode()
print(value, repr(value), ascii(value), json.dumps(value), json.dumps(json.dumps([value])), html.escape(value))
print(json.dumps(value, ensure_ascii=False), url.quote(value, safe=""), url.quote_plus(value), shlex.quote(value))
print(raw.hex(), raw.hex().upper(), base64.b64encode(raw), base64.b64encode(b"me:" + raw), base64.b32encode(raw))
"""
PLAN = f"""
goal: Spell secrets
steps:
  - id: spell
    env_from: [DEPLOY_TOKEN]
    run: |
      printf '%q\\n' "$DEPLOY_TOKEN"; python3 - <<'END'
{SPELL.replace(chr(10), chr(10) + "      ")}
      END
  - {{id: agent, agent: Say hello., needs: [spell], checks: [{{file: a.txt, contains: two}}]}}
"""
SCRIPT = [
    {
        "say": ALL,
        "calls": [
            {"tool": "run", "arguments": {"command": f"printf '%s\\n' '{ALL}'"}},
            {"tool": "note", "arguments": {"text": ALL}},
            {"tool": "propose", "arguments": {"change": ALL, "why": ALL}},
            {"tool": f"no-{KEY}", "arguments": {}},
            {"tool": "run", "arguments": f'{{"command": "echo {KEY}'},
        ],
    },
    {"calls": [{"tool": "ask", "arguments": {"question": ALL, "options": [f"yes {VALUE}", f"no {KEY}"]}}]},
]
RAW = VALUE.encode()
FORMS = {
    *(KEY, BEARER, PASSWORD, VALUE, quote(VALUE, safe=""), html.escape(VALUE), json.dumps(VALUE)[1:-1], RAW.hex()),
    *(json.dumps(VALUE, ensure_ascii=False)[1:-1], json.dumps(json.dumps(VALUE))[3:-3], ascii(VALUE)[1:-1]),
    *(base64.b64encode(RAW).decode(), base64.b64encode(b"me:" + RAW).decode(), base64.b32encode(RAW).decode()[:-4]),
}
THEIRS = ("private", "lanes", "clones", "store", "indexes", "homes")
"""What holds files of steps, and calls as an agent wrote them."""
LOOKS = (
    *(("inbox", "--json"), ("inbox",), ("report", RUN, "--json"), ("report", RUN, "--markdown"), ("status", RUN)),
    *(("show", RUN, "--events", "--json"), ("show", RUN, "spell", "--output"), ("show", RUN, "agent", "--raw")),
    *(("show", RUN, "agent", "--turns"), ("show", RUN, "agent", "--json")),
)


@pytest.fixture
def spelt(staged: Stage) -> Stage:
    """Run the plan up to the question of the agent."""
    script = staged.folder / "script.yaml"
    script.write_text(json.dumps(SCRIPT), "utf-8")
    said = staged.say(
        *("run", staged.plan(PLAN), "--run-id", RUN, "--yes", "--model", f"scripted:{script}"),
        env={"DEPLOY_TOKEN": VALUE, "SUREFOOT_DEBUG": "1"},
    )
    assert (said.code, leaked(said.out + said.err)) == (4, [])
    return staged


def leaked(text: str) -> list[str]:
    """Return the forms that stand in a text."""
    return [form for form in FORMS if form in text]


def kept(stage: Stage) -> Iterator[str]:
    """Yield every cell of the journal, and every file that Surefoot keeps beside those of the steps."""
    connection = apsw.Connection(str(stage.home / "journal.db"))
    for table in ("events", "runs", "snapshots", "blobs"):
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own words
            yield from (cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in row)
    connection.close()
    for path in stage.home.rglob("*"):
        if path.is_file() and path.parent != stage.home and not set(THEIRS) & set(path.parts):
            yield f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}"


def test_no_spelling_of_a_secret_is_kept_or_exported(spelt: Stage) -> None:
    """Neither in the journal and beside it, nor in a trail for others."""
    trail = spelt.folder / "trail"
    assert spelt.say("audit", RUN, "--export", str(trail)).code == 0
    assert [leaked(text) for text in (*kept(spelt), trail.read_text("utf-8")) if leaked(text)] == []


@pytest.mark.slow
def test_nobody_is_shown_a_secret_that_they_do_not_have(spelt: Stage) -> None:
    """What is shown was masked where it was stored, not only where it is printed."""
    shown = {" ".join(look): spelt.say(*look) for look in LOOKS}
    assert {name: said.code for name, said in shown.items() if said.code != 0} == {}
    assert {name: forms for name, said in shown.items() if (forms := leaked(said.out + said.err))} == {}
