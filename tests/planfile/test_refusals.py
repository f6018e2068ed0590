"""Plan files that cannot run: what is said, and the exact place.

Read `test_loading.py` for those.
"""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surefoot.errors import PlanInvalid
from surefoot.planfile import load_plan, parse_plan

STEP = "goal: g\nsteps:\n  - id: a\n    run: b\n"
PLACED = re.compile(r"F:[1-9]\d*:[1-9]\d*: [^;]+;.+", re.DOTALL)


def problems_of(text: str) -> list[str]:
    """Say what is wrong with a text."""
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(text, "F")
    problems = caught.value.facts["problems"]
    assert isinstance(problems, tuple)
    return [str(problem) for problem in problems]


TEXTS = [
    ("", "1:1", "the file is empty"),
    ("# nothing\n", "1:1", "the file is empty"),
    ("- a\n", "1:1", "found a list; a plan"),
    ("goal: g\n\tx: y", "2:1", "a tab stands"),
    ("goal: a: b", "1:8", "a `:` stands"),
    ("goal: *.py", "1:7", "read as an alias"),
    ("goal: @x", "1:7", "a value cannot begin with '@'"),
    ("goal: 'x", "1:9", "never closed"),
    ('goal: "\\q"', "1:9", "unknown escape character 'q'"),
    ("goal: g\nx: \x07", "2:4", "U+0007 is a control character"),
    ("goal: a\n---\nb", "2:1", "a second document"),
    ("a: &x [*x]", "1:4", "contains itself"),
    ("[" * 60 + "]" * 60, "1:52", "nests too deeply"),
    ("goal: g\n" + "#" * 4_000_000, "1:1", "put one step between them"),
    ("goal: !x y\nsteps: [{id: a, run: b}]", "1:7", "found a value with a tag"),
    ('goal: "\\0"\nsteps: [{id: a, run: b}]', "1:7", "a character no program can be given"),
    ('goal: "\\ud800"\nsteps: [{id: a, run: b}]', "1:7", "a character no program can be given"),
    ("steps: [{id: a, run: b}]", "1:1", "`goal` is missing"),
    ("goal:\nsteps: [{id: a, run: b}]", "1:6", "found nothing; a text"),
    ("goal: ' '\nsteps: [{id: a, run: b}]", "1:7", "the text is empty"),
    ("goal: g", "1:1", "there are no steps"),
    ("goal: g\nsteps: []", "2:8", "there are no steps"),
    ("goal: g\nsteps: {}", "2:8", "found a mapping; a list of steps"),
    ("goal: g\nsteps: [x]", "2:9", "found the text 'x'; a step"),
    ("goal: g\nsteps: [{run: b}]", "2:9", "`id` is missing"),
    ("goal: g\nsteps: [{id: 1, run: b}]", "2:14", "found the number 1; a text"),
    ("goal: g\nsteps: [{id: a}]", "2:9", "none of `run`, `call`, `agent`, `ask`"),
    ("goal: g\nsteps: [{id: a, run: echo {x}}]", "2:27", "put the value in quotes"),
    ("goal: g\nsteps: [{id: a, run: x ${y}}]", "2:25", "put the value in quotes"),
    (STEP + "services: x", "5:11", "found the text 'x'; services by their names were expected"),
    (STEP + "services: {db: {}}", "5:16", "`run` is missing; the command that is the service"),
    (STEP + "services: {4db: {run: x}}", "5:12", "'4db' cannot name a service"),
    (STEP + "services: {a-b: {run: x}, a_B: {run: x}}", "5:27", "would stand in SUREFOOT_PORT_A_B, as that of 'a-b'"),
    (STEP + "services: {a: {run: x}, a: {run: x}}", "5:25", "`a` stands here a second time"),
    (STEP + "services: {a: {run: x, redy: y}}", "5:24", "did you mean `ready`?"),
    (STEP + "limits: {resources: [gpu]}", "5:21", "found a list; names with numbers were expected"),
    (STEP + "limits: {resources: {gpu: 0}}", "5:27", "a whole number of 1 or more"),
    (STEP + "limits: {resources: {gpu: 1, gpu: 2}}", "5:30", "`gpu` stands here a second time"),
    (STEP + "accept: [{run: x, uses: db}]", "5:9", "the check 'x' uses 'db'; a service of the plan was expected"),
    (STEP + "limits: {attempts: 0}", "5:20", "a whole number of 1 or more"),
    (STEP + "limits: {wall: 2}", "5:16", "2 has no unit"),
    (STEP + "limits: {cost_usd: -1}", "5:20", "a number of 0 or more"),
    (STEP + "limits: {cost_usd: .inf}", "5:20", "a number of 0 or more"),
    (STEP + "scope: [a]", "5:8", "found a list; `scope`"),
    (STEP + "scope: {}", "5:8", "`write` is missing"),
    (STEP + "scope: {write: [/a]}", "5:17", "'/a' leads out"),
    (STEP + "prepare: make", "5:10", "found the text 'make'; `prepare`"),
    (STEP + "prepare: {network: local, run: x}", "5:20", "`true`, `false` or `loopback` was expected"),
    (STEP + "env: {A-B: c}", "5:7", "'A-B' cannot name a variable"),
    (STEP + "env: {A: b, A: c}", "5:13", "`A` stands here a second time"),
    (STEP + "env: {A: true}", "5:10", "found `true`; a text was expected; put it in quotes"),
    (STEP + "defaults: x", "5:11", "found the text 'x'; `defaults`"),
    (STEP + "defaults: {id: x}", "5:12", "`id` is no key of `defaults`"),
    (STEP + "defaults: {timeout: 5}", "5:21", "5 has no unit"),
    (STEP + "defaults: {artifacts: x}", "5:12", "`artifacts` is no key of `defaults`"),
]
KEYS = [
    ("need: x", "5:5", "did you mean `needs`?"),
    ("zzz: x", "5:5", "`zzz` is no key of a step; its keys are id, title"),
    ("Run: x", "5:5", "did you mean `run`?"),
    ("? [a]\n    : b", "5:7", "found a list as a key"),
    ("<<: {x: y}", "5:5", "`<<` (merge) is not part of YAML 1.2"),
    ("run: c", "5:5", "`run` stands here a second time (first: line 4)"),
    ("ask: c", "5:10", "a step has `run` and `ask`; exactly one"),
    ("agent: c", "5:12", "a step has `run` and `agent`; exactly one of `run`, `call`, `agent`, `ask`, `verify`"),
    ("artifacts: [../x]", "5:17", "'../x' leads out"),
    ("uses: [1]", "5:12", "found the number 1; a text was expected"),
    ("checks: [{json: {file: x, path: a}}]", "5:21", "`equals` is missing; the value was expected; add it"),
    ("checks: [{json: {file: ../x, path: a, equals: 1}}]", "5:28", "'../x' leads out"),
    ("checks: [{json: {file: x, path: a, equals: 1, as: 2}}]", "5:51", "`as` is no key of `json`"),
    ("checks: [{json: x.json}]", "5:21", "found the text 'x.json'; `json` as a mapping was expected"),
    ("checks: [{run: x, uses: db}]", "3:9", "the check 'x' uses 'db'; a service of the plan was expected"),
    ("reads: [~/../x]", "5:13", "'~/../x' is no place of the home; a file or folder of the home by its name"),
    ("reads: [~/]", "5:13", "'~/' is no place of the home"),
    ("reads: ['~/.ssh/*']", "5:13", "'~/.ssh/*' is no place of the home"),
    ("reads: [~you/x]", "5:13", "'~you/x' leads out"),
    ("sockets: [x]", "5:15", "'x' names no socket; an absolute path or a variable such as $SSH_AUTH_SOCK"),
    ("sockets: [$A-B]", "5:15", "'$A-B' names no socket"),
    ("sockets: [/run/x]", "5:14", "a step with `sockets` must state its `effect`"),
    ("network: true", "5:14", "a step with `network: true` must state its `effect`"),
    ("confine: false", "5:14", "a step with `confine: false` must state its `effect`"),
    ("network: yes", "5:14", "found the text 'yes'; `true`, `false` or `loopback` was expected"),
    ("title: '{steps.other.b}'", "5:12", "{steps.other.b} names no step"),
    ("title: '{steps.b}'", "5:12", "{steps.b} names no output; {steps.ID.KEY} was expected"),
    ("files: ['{steps.a.b}']", "5:13", "the placeholder {steps.a.b} is not replaced here"),
    ("title: [a]", "5:12", "found a list; a text was expected"),
    ("needs: [b]", "5:13", "needs names 'b', but no step or group has that id"),
    ("needs: a", "5:12", "needs names the step itself"),
    ("needs: ['x-*']", "5:13", "the glob matches no other step"),
    ("timeout: 90", "5:14", "90 has no unit; a duration such as 90s, 30m or 2h was expected; write 90s"),
    ("timeout: soon", "5:14", "found the text 'soon'; a duration"),
    ("timeout: 1..5s", "5:14", "found the text '1..5s'; a duration"),
    ("timeout: 30m1h", "5:14", "found the text '30m1h'; a duration"),
    ("timeout: 0s", "5:14", "the duration is nothing"),
    ("timeout: 9999d", "5:14", "more than a year"),
    ("timeout:", "5:13", "found nothing; a duration"),
    ("env: [a]", "5:10", "found a list; variables"),
    ("env_from: [A-B]", "5:16", "'A-B' cannot name a variable"),
    ("cwd: ../x", "5:10", "'../x' leads out"),
    ("writes: [{file}]", "5:14", "put the value in quotes"),
    ("shell: zsh", "5:12", "one of bash, sh was expected"),
    ("effect: none", "5:13", "one of read, reversible, idempotent, irreversible was expected"),
    ("env: {1: b}", "5:11", "found the number 1; a text"),
    ("for_each: {1: [b]}", "5:16", "found the number 1; a text"),
    ("probe: {run: }", "5:17", "found nothing; a text"),
    ("defaultz: 1", "5:5", "is no key of a step"),
    ("tier: confrim", "5:11", "did you mean `confirm`?"),
    ("retry: 5", "5:12", "found the number 5; `retry`"),
    ("retry: {maximum_attempts: 1.5}", "5:31", "a whole number of 1 or more"),
    ("retry: {backoff_coefficient: 0.5}", "5:34", "would make waits shorter"),
    ("on_failure: blok", "5:17", "did you mean `block`?"),
    ("on_failure: rollback_to", "5:17", "does not say where to"),
    ("on_failure: '{rollback_to: a}'", "5:17", "does not say where to"),
    ("on_failure: retry", "5:17", "{rollback_to: STEP}"),
    ("on_failure: {rollback_to: c}", "5:31", "rollback_to names 'c', but no step has that id"),
    ("if_empty: ok", "5:15", "`if_empty` stands without `for_each`"),
    ("for_each: x", "5:15", "found the text 'x'; a list, or one name"),
    ("for_each: {a: [b], c: [d]}", "5:15", "found 2 names; a list, or one name"),
    ("for_each: {glob: 'x'}", "5:16", "the placeholder's name is missing"),
    ("for_each: {a-b: [x]}", "5:16", "'a-b' cannot name a placeholder"),
    ("for_each: {f: x}", "5:19", "found the text 'x'; a list, {glob: …} or {lines: …}"),
    ("for_each: {f: {}}", "5:19", "`for_each` has none of `glob`, `lines`"),
    ("for_each: [x]", "3:9", "would be the same for each member"),
    ("checks: {run: a}", "5:13", "found a mapping; a list of checks"),
    ("checks: [a]", "5:14", "found the text 'a'; a check"),
    ("checks: [{name: a}]", "5:14", "a check has none of `run`"),
    ("checks: [{run: a, tests: b}]", "5:30", "a check has `run` and `tests`"),
    ("checks: [{run: a {file}, expect: pass}]", "5:22", "put the value in quotes"),
    ("checks: [{file: {file}, lacks: x}]", "5:21", "put the value in quotes"),
    ("checks: [{run: a, confine: loopback}]", "5:32", "found the text 'loopback'; `true` or `false`"),
    ("checks: [{run: a, network: local}]", "5:32", "`true`, `false` or `loopback` was expected"),
    ("checks: [{run: a, sockets: [/x]}]", "5:23", "`sockets` in a check comes with a later release"),
    ("checks: [{run: a, contains: b}]", "5:33", "does not belong to a check of kind `run`"),
    ("checks: [{run: a, expect: green}]", "5:31", "one of pass, pass_to_pass, fail_to_pass"),
    ("checks: [{run: a, name: x}, {run: b, name: x}]", "5:48", "a check before is named 'x', too"),
    ("checks: [{tests: a, format: tap}]", "5:33", "one of junit, unittest was expected"),
    ("checks: [{file: a}]", "5:14", "a `file` check has none of `exists`"),
    ("checks: [{file: a, exists: 1}]", "5:32", "found the number 1; `true` or `false`"),
    ("checks: [{file: a, lacks: ''}]", "5:31", "the text is empty; one to look for"),
    ("checks: [{file: a, matches: '['}]", "5:33", "it is no regular expression"),
    ("expects: {version: '['}", "5:24", "it is no regular expression that can be used here"),
    ("covers: [2]", "5:13", "`covers` names '2'; the plan has no `requirements`"),
    ("expects: version", "5:14", "the outputs with what they have to be like were expected"),
    ("batch: slow", "5:12", "careful"),
    ("checks: [{file: a, matches: '(?!x)y'}]", "5:33", "RE2's syntax, which has no look-around and no back references"),
    (f"writes: ['{'*a' * 501}']", "5:14", "a path or glob of at most 1000 was expected"),
    ("checks: [{call: a.b}]", "5:21", "'a.b' names no function; package.module:function"),
    ("probe: {command: {argv: git tag, applied: x}}", "5:29", "found the text 'git tag'; a list of the"),
    (
        "probe: {command: {argv: [], applied: x}}",
        "5:29",
        "the list is empty; a list of the program and its arguments was",
    ),
    ("probe: {command: {argv: [x]}}", "5:22", "`applied` is missing; the pattern that shows the effect was expected"),
    ("probe: {command: {argv: [x], applied: '('}}", "5:43", "it is no regular expression that can be used here"),
    ("probe: {command: git tag}", "5:22", "found the text 'git tag'; `command` as a mapping was expected"),
    ("probe: {port: 70000}", "5:19", "'70000' is no port; a port from 1 to 65535, alone or as HOST:PORT"),
    ("probe: {port: 'a:b'}", "5:19", "'a:b' is no port"),
    ("probe: {port: 80, applied: 1}", "5:32", "does not belong to a probe of kind `port`; port, within were"),
    ("probe: {process: '['}", "5:22", "it is no regular expression"),
    ("probe: {process: '(?=x)'}", "5:22", "RE2's syntax, which has no look-around and no back references"),
    ("probe: {process: x, pid_file: 7}", "5:35", "found the number 7; a text"),
    ("probe: {call: a.b}", "5:19", "'a.b' names no function"),
    ("probe: {package: x, index: d}", "5:12", "`version` is missing; the release was expected"),
    ("probe: {package: x, version: 1}", "5:12", "`index` is missing; the address of a simple index"),
    ("probe: {package: 'x y', version: 1, index: d}", "5:22", "'x y' names no package"),
    ("probe: {package: x, version: one, index: d}", "5:34", "'one' is no version; one such as 1.2 or 2.0rc1"),
    ("probe: {package: x, version: 1, index: 'http://u:p@h'}", "5:44", "a password stands in the address"),
    ("probe: {sql: SELECT 1}", "5:12", "`url` is missing; the database's URL was expected"),
    ("probe: {sql: DELETE, url: 'sqlite:///x'}", "5:18", "the statement is no query; SELECT, WITH or VALUES"),
    ("probe: {sql: SELECT 1, url: 'mysql://h'}", "5:33", "'mysql://h' is no database's URL"),
    ("probe: {sql: SELECT 1, url: 'postgres://u:p@h'}", "5:33", "the name of a variable was expected"),
    ("probe: {sql: SELECT 1, url: 'postgres://h/d?password=p'}", "5:33", "a password stands in the address"),
    ("probe: {sql: SELECT 1, url: $X, applied: [1]}", "5:46", "found a list; a value, or {rows: N, value: V}"),
    ("probe: {sql: SELECT 1, url: $X, applied: {}}", "5:46", "any answer would match; `rows` or `value`"),
    ("probe: {sql: SELECT 1, url: $X, applied: {rows: -1}}", "5:53", "a whole number of 0 or more"),
    ("probe: {sql: SELECT 1, url: $X, applied: {value: [1]}}", "5:54", "found a list; a text, a number"),
    ("probe: {sql: SELECT 1, url: $X, applied: {status: 1}}", "5:47", "is no key of an answer of a database"),
    ("probe: {}", "5:12", "a probe has none of `file`, `git`, `http`, `run`"),
    ("probe: {run: a, ref: b}", "5:26", "does not belong to a probe of kind `run`"),
    ("probe: {git: a, ref: b}", "5:12", "`is` is missing"),
    ("probe: {file: a, sha256: 12}", "5:30", "64 hexadecimal digits"),
    ("probe: {http: h, applied: {status: 200}}", "5:19", "'h' is no web address"),
    ("probe: {http: 'http://h'}", "5:12", "`applied` is missing"),
    ("probe: {http: 'http://h', applied: {}}", "5:40", "any answer would match"),
    ("probe: {http: 'http://h', applied: {status: 7}}", "5:49", "7 is no HTTP status"),
    ("probe: {http: 'http://h', applied: {json: 7}}", "5:47", "values by dotted path"),
    ("probe: {http: 'http://h', applied: {json: {a: .inf}}}", "5:51", "JSON has no such number"),
    ("probe: {run: a, within: 60}", "5:29", "60 has no unit"),
]
QUESTIONS = [
    ("run: b{item}\n    for_each: [x, x]", "5:19", "the item 'x' is listed twice"),
    ("ask: {options: [a]}", "4:10", "`question` is missing"),
    ("ask: {question: q, options: [a], default: b}", "4:47", "the default 'b' is none of the options"),
    ("ask: {question: q, options: [a, a]}", "4:33", "an option is listed twice"),
    ("ask: q\n    shell: sh", "5:12", "`shell` stands beside `ask`"),
    ("agent: 7", "4:12", "found the number 7; a text was expected"),
    ("verify: true", "4:13", "`verify` stands without `checks`; what is to be verified was expected"),
    ("verify: false\n    checks: [{run: x}]", "4:13", "`verify` takes `true`"),
    ("agent: {turns: 3}\n    unproved: true", "4:12", "`do` is missing; what the agent is to do"),
    ("agent: {do: x, turns: 0}\n    unproved: true", "4:27", "a whole number of 1 or more"),
    ("agent: {do: x, role: scout}\n    unproved: true", "4:20", "`role` is no key of `agent`"),
    (
        "agent: {do: x, model: gpt}\n    unproved: true",
        "4:27",
        "'gpt' names no provider and model; PROVIDER:MODEL was expected",
    ),
    ("agent: {do: x, limits: {tokens: 1.5}}\n    unproved: true", "4:37", "a whole number of 1 or more"),
    ("agent: {do: x, limits: {wall: 2h}}\n    unproved: true", "4:29", "`wall` is no key of `limits` of an agent"),
    ("agent: x\n    shell: sh\n    unproved: true", "5:12", "`shell` stands beside `agent`"),
    ("agent: x\n    effect: idempotent\n    unproved: true", "5:13", "`read` or `reversible` was expected"),
    ("agent: x\n    network: true\n    unproved: true", "5:14", "must state its `effect`"),
    (
        "agent: x\n    env_from: [KEY]\n    unproved: true",
        "5:15",
        "is given KEY, but what an agent reads goes to the provider",
    ),
    ("agent: x\n    effect: read\n    sockets: [/x]\n    unproved: true", "6:14", "is given /x, but"),
    ("agent: x\n    reads: [~/.ssh]\n    unproved: true", "5:12", "is given ~/.ssh, but"),
    (
        "agent: x\n    effect: read\n    confine: false\n    unproved: true",
        "6:14",
        "commands of a model stay in the sandbox",
    ),
    ("agent: x\n    probe: {file: y}\n    unproved: true", "5:12", "`probe` stands beside `agent`"),
    ("agent: x", "4:12", "what an agent says is no proof, so at least one check that can fail was expected"),
    ("agent: x\n    checks: [{run: 'true'}]", "5:13", "the check 'true' proves nothing: it passes whatever the files"),
    ("run: x\n    unproved: true", "5:15", "`unproved` belongs to `agent` steps, and this is none; remove it"),
    ("agent: x\n    undo: y\n    unproved: true", "5:11", "`undo` stands beside `agent`"),
]


@pytest.mark.parametrize(("text", "place", "words"), TEXTS, ids=[repr(case[0][-40:]) for case in TEXTS])
def test_each_flaw_of_a_plan_is_told_with_its_place(text: str, place: str, words: str) -> None:
    """One flaw in each text, and nothing else is said."""
    (problem,) = problems_of(text)
    assert problem.startswith(f"F:{place}: ")
    assert words in problem


@pytest.mark.parametrize(("line", "place", "words"), KEYS, ids=[case[0] for case in KEYS])
def test_each_flaw_of_a_step_is_told_with_its_place(line: str, place: str, words: str) -> None:
    """One bad line in a step that is well otherwise."""
    (problem,) = problems_of(f"{STEP}    {line}\n")
    assert problem.startswith(f"F:{place}: ")
    assert words in problem


@pytest.mark.parametrize(("line", "place", "words"), QUESTIONS, ids=[case[0] for case in QUESTIONS])
def test_each_flaw_of_another_body_or_a_group_is_told_with_its_place(line: str, place: str, words: str) -> None:
    """A step that asks has no command, and a group's id has a placeholder."""
    name = "a{item}" if "for_each" in line else "a"
    (problem,) = problems_of(f"goal: g\nsteps:\n  - id: {name}\n    {line}\n")
    assert problem.startswith(f"F:{place}: ")
    assert words in problem


def test_all_flaws_are_told_at_once_in_the_order_of_the_file() -> None:
    """Who corrects a file shall not have to come back for each."""
    text = f"{STEP}    timeout: 5\n  - id: c\n    runn: d\n    needs: [zz]\nservices: x\n"
    places = [problem.split(": ")[0] for problem in problems_of(text)]
    assert places == ["F:5:14", "F:6:5", "F:7:5", "F:8:13", "F:9:11"]


def test_a_taken_id_is_told_at_its_second_place() -> None:
    """The first one was there first."""
    (problem,) = problems_of(f"{STEP}  - id: a\n    run: c\n")
    assert problem.startswith("F:5:9: the id 'a' is already taken")


def test_a_circle_is_named_step_by_step() -> None:
    """So that one sees where to cut it."""
    (problem,) = problems_of("goal: g\nsteps: [{id: a, run: x, needs: b}, {id: b, run: x, needs: a}]")
    assert problem.startswith("F:2:14: the needs go round in a circle: a -> b -> a")


def test_the_message_holds_every_problem() -> None:
    """What a person reads is what a program gets, also beyond the process it was found in."""
    with pytest.raises(PlanInvalid) as caught:
        parse_plan("goal: g\nfoo: 1", "F")
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made just here
    assert copy.message.splitlines() == list(copy.facts["problems"])


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With the path that was given."""
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:1:1: there is no such file"):
        load_plan(tmp_path / "plan.yaml")


def test_a_folder_is_told(tmp_path: Path) -> None:
    """A folder is not searched for a plan."""
    with pytest.raises(PlanInvalid, match=r":1:1: it is a folder"):
        load_plan(tmp_path)


def test_a_path_no_file_can_have_is_told(tmp_path: Path) -> None:
    """The operating system says why."""
    with pytest.raises(PlanInvalid, match=r":1:1: it cannot be read \(File name too long\)"):
        load_plan(tmp_path / ("x" * 300))


def test_bytes_that_are_no_utf8_are_told_with_their_place(tmp_path: Path) -> None:
    """Columns count characters, not bytes."""
    path = tmp_path / "plan.yaml"
    path.write_bytes("goal: g\ntitle: ö".encode() + b"\xfcx")
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:2:9: the byte 0xfc is no UTF-8"):
        load_plan(path)


def test_a_file_that_is_not_beside_the_plan_is_told(tmp_path: Path) -> None:
    """Before a run starts rather than in the middle of it."""
    path = tmp_path / "plan.yaml"
    path.write_text(f"{STEP}files: [x.py]\n", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:5:9: there is no 'x\.py' beside the plan"):
        load_plan(path)


def test_a_file_that_a_step_names_is_told_where_it_stands(tmp_path: Path) -> None:
    """Not where the plan's own files are listed."""
    path = tmp_path / "plan.yaml"
    (tmp_path / "a.txt").touch()
    path.write_text("goal: g\nfiles: [a.txt]\nsteps:\n  - {id: a, run: x, files: [n.md]}\n", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:4:29: there is no 'n\.md' beside the plan"):
        load_plan(path)


def test_a_folder_with_a_pipe_in_it_is_told_before_it_is_copied(tmp_path: Path) -> None:
    """A copy of it would wait for ever, or break off."""
    path = tmp_path / "plan.yaml"
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d" / "p")
    path.write_text(f"{STEP}files: [d]\n", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:5:9: .*d/p' is neither a file nor a folder"):
        load_plan(path)


@pytest.mark.parametrize("target", ["../secret", "/etc/hostname", "."])
def test_a_link_that_leads_out_of_a_copied_folder_is_refused(tmp_path: Path, target: str) -> None:
    """What it leads to was not named, and a run would show it to every step; an absolute path would do so later."""
    path = tmp_path / "plan.yaml"
    (tmp_path / "secret").touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link").symlink_to((tmp_path / "d") if target == "." else target)
    path.write_text(f"{STEP}files: [d]\n", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:5:9: .*d/link' is a link to "):
        load_plan(path)


def test_a_link_to_a_file_that_is_not_beside_the_plan_is_refused(tmp_path: Path) -> None:
    """The plan names a file beside it, and means that one."""
    path = tmp_path / "plan.yaml"
    (tmp_path / "name").symlink_to("/etc/hostname")
    path.write_text(f"{STEP}files: [name]\n", encoding="utf-8")
    with pytest.raises(PlanInvalid, match=r"plan\.yaml:5:9: .*name' is a link to '/etc/hostname'"):
        load_plan(path)


WORDS = st.sampled_from(
    [
        *(
            "goal",
            "steps",
            "id",
            "run",
            "checks",
            "needs",
            "for_each",
            "file",
            "env",
            "probe",
            "ask",
            "retry",
            "limits",
        ),
        *("a", "{file}", "'x'", '"', "*", "&x", "*x", "1", "true", "~", "!!int", "5m", "|", ">", "%", "<<", "defaults"),
    ]
)
GLUE = st.sampled_from(
    [": ", ":", " ", "\n", "\n  ", "\n    ", "- ", "[", "]", "{", "}", ", ", "? ", "\t", "#", "---\n"]
)
JUNK = st.lists(st.one_of(WORDS, GLUE, st.text(max_size=3)), max_size=30).map("".join)
VALUES = st.recursive(
    st.sampled_from(["x", "{file}", "1", "true", "~", "''", "5m", "ok", ".nan", "0x1F", "!x y", "2020-01-01"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(WORDS, inner), max_size=3).map(
            lambda pairs: f"{{{', '.join(f'{k}: {v}' for k, v in pairs)}}}"
        ),
    ),
    max_leaves=6,
)
KEY_NAMES = [
    "id",
    "run",
    "call",
    "ask",
    "needs",
    "for_each",
    "if_empty",
    "shell",
    "env",
    "env_from",
    "writes",
    "checks",
]
KEY_NAMES += ["probe", "retry", "timeout", "on_failure", "network", "confine", "effect", "tier", "estimate", "files"]


def is_told(text: str) -> bool:
    """Tell whether a text loads or is refused with a place for each flaw."""
    try:
        parse_plan(text, "F")
    except PlanInvalid as error:
        problems = error.facts["problems"]
        assert isinstance(problems, tuple)
        return bool(problems) and all(PLACED.fullmatch(problem) for problem in problems)
    return True


@settings(deadline=None)
@given(JUNK)
@example("{" * 500)
@example("[" * 300 + "]" * 300)
@example("? " * 300)
def test_junk_is_refused_with_places(text: str) -> None:
    """Whatever stands in a file, nothing but a plan or its flaws comes out."""
    assert is_told(text)


@settings(deadline=None)
@given(key=st.sampled_from(KEY_NAMES), value=VALUES)
def test_any_value_of_a_step_loads_or_is_refused_with_places(key: str, value: str) -> None:
    """Well-formed YAML of the wrong shape."""
    assert is_told(f"goal: g\nsteps:\n  - id: a\n    {key}: {value}\n")


@settings(deadline=None)
@given(key=st.sampled_from(["files", "prepare", "accept", "scope", "limits", "env", "defaults", "steps"]), value=VALUES)
def test_any_value_of_a_plan_loads_or_is_refused_with_places(key: str, value: str) -> None:
    """Well-formed YAML of the wrong shape, one level up."""
    assert is_told(f"goal: g\n{key}: {value}\n")
