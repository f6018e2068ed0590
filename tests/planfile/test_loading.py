"""Plan files that can run: what each key becomes."""

from __future__ import annotations

import hashlib
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot.core import check_kinds, probe_kinds
from surefoot.core import plan as core
from surefoot.core.ids import StepId
from surefoot.planfile import load_plan, parse_plan

FROM_FORMATS = r"""
goal: Replace six with plain Python 3
files: [desix.py]                       # beside the plan; copied when the run starts, read-only, in $SUREFOOT_FILES
prepare:
  run: python -m venv .venv && .venv/bin/pip install -e '.[test]' build twine
  key: [pyproject.toml, setup.py]
  path: [.venv/bin]
  network: true
accept:
  - tests: python -m pytest -q          # judged by test id: what passed before passes now, none is missing
    expect: pass_to_pass
  - file: "src/**/*.py"
    lacks: "import six"
    expect: fail_to_pass
scope: {write: ["src/**", "tests/**"]}
limits: {wall: 2h, attempts: 3, parallel: 1, cost_usd: 5}
steps:
  - id: rewrite-{file}
    for_each: {file: {glob: "src/**/*.py"}}      # or a list, or {lines: "a command"}
    run: python $SUREFOOT_FILES/desix.py {file}
    writes: ["{file}"]
    checks:
      - run: python -m py_compile {file}
        expect: pass_to_pass
      - file: "{file}"
        lacks: "six"
        expect: fail_to_pass
    on_failure: skip
  - id: build
    needs: ["rewrite-*"]
    run: python -m build --no-isolation
    checks: [{file: "dist/*.whl", exists: true}]
  - id: publish
    needs: [build]
    run: twine upload dist/*
    effect: irreversible
    network: true
    env_from: [TWINE_PASSWORD]
    probe:
      http: "https://example.org/pkg/1.2/json"
      applied: {status: 200}
      not_applied: {status: 404}
      within: 120s
    undo: "Cannot be deleted and re-used; yank release 1.2 in the index."
"""


def plan_of(text: str) -> core.Plan:
    """Parse a plan that is expected to be valid."""
    return parse_plan(textwrap.dedent(text), "plan.yaml").plan


def step_of(lines: str) -> core.Step:
    """Parse a plan whose one step has these keys; `id` and `run` are given where they are missing."""
    body = textwrap.indent(textwrap.dedent(lines).strip(), "    ")
    start = "" if lines.lstrip().startswith("id:") else "    id: one\n"
    has_body = any(f"    {kind}:" in body for kind in ("run", "call", "agent", "ask"))
    run = "" if has_body else "    run: 'true'\n"
    return plan_of(f"goal: g\nsteps:\n  -\n{start}{run}{body}\n").steps[0]


def check_of(check: str) -> core.Check:
    """Parse a plan with one acceptance check."""
    return plan_of(f"goal: g\naccept:\n  - {check}\nsteps: [{{id: a, run: b}}]\n").accept[0]


def probe_of(probe: str) -> probe_kinds.Probe | None:
    """Parse a step with a probe."""
    return step_of(f"probe: {probe}").probe


def test_the_plan_in_formats_loads() -> None:
    """The example that the documentation of the format is built on."""
    plan = plan_of(FROM_FORMATS)
    assert [step.id for step in plan.steps] == ["rewrite-{file}", "build", "publish"]


def test_a_plans_own_keys_become_its_fields() -> None:
    """Everything that steps share."""
    plan = replace(plan_of(FROM_FORMATS), steps=(), accept=())
    prepare = core.Prepare(
        run="python -m venv .venv && .venv/bin/pip install -e '.[test]' build twine",
        key=("pyproject.toml", "setup.py"),
        path=(".venv/bin",),
        network=True,
    )
    assert plan == core.Plan(
        goal="Replace six with plain Python 3",
        steps=(),
        files=("desix.py",),
        prepare=prepare,
        scope_write=("src/**", "tests/**"),
        limits=core.Limits(wall_s=7200.0, cost_usd=5.0),
    )


def test_services_and_resources_become_fields_of_the_plan() -> None:
    """With what each service does not say at its default."""
    plan = plan_of("""
        goal: g
        services: {db: {run: ./db, ready: ./ping, stop: ./stop, cwd: d, env: {A: b}, timeout: 5s}, web: {run: ./web}}
        limits: {resources: {gpu: 2}}
        steps: [{id: a, run: b, uses: [db, gpu], checks: [{run: c, uses: web}]}]
    """)
    db = core.Service(name="db", run="./db", ready="./ping", stop="./stop", cwd="d", env={"A": "b"}, timeout_s=5.0)
    assert plan.services == (db, core.Service(name="web", run="./web"))
    assert plan.limits.resources == {"gpu": 2}
    assert (plan.steps[0].uses, plan.steps[0].checks[0].uses) == (("db", "gpu"), ("web",))


def test_a_plan_says_what_models_may_take() -> None:
    """Tokens and requests are whole numbers; without them there is no limit."""
    limits = plan_of("goal: g\nlimits: {tokens: 200_000, requests: 100}\nsteps: [{id: a, run: b}]").limits
    assert limits == core.Limits(tokens=200_000, requests=100)


def test_an_agent_is_tried_again_after_any_failure() -> None:
    """It is told what the checks said, so that another attempt is another way."""
    assert step_of("agent: x\nunproved: true").retry == core.RetryPolicy(retry_unknown=True)


def test_a_resource_can_be_looked_at() -> None:
    """Its command, its count and what the run may cost are fields of the plan."""
    text = "limits: {cost_usd: 5, resources: {db: {observe: cat version}, gpu: 2}}\n"
    limits = plan_of("goal: g\nsteps: [{id: a, run: 'true', uses: [db]}]\n" + text).limits
    assert (limits.cost_usd, limits.resources, limits.observed) == (5, {"db": 1, "gpu": 2}, {"db": "cat version"})


@pytest.mark.parametrize(("name", "capacity"), [("db", None), ("gpu", 2), ("else", 1)])
def test_what_may_be_used_at_once_depends_on_its_kind(name: str, capacity: int | None) -> None:
    """Each lane has services of its own; a resource that nobody counts is for one step at a time."""
    limits = core.Limits(resources={"gpu": 2})
    plan = core.Plan(goal="g", steps=(), services=(core.Service(name="db", run="r"),), limits=limits)
    assert plan.capacity_of(name) == capacity


def test_a_group_becomes_a_step_with_its_template() -> None:
    """The braces stay until the group is expanded."""
    group = plan_of(FROM_FORMATS).steps[0]
    assert group == core.Step(
        id=StepId("rewrite-{file}"),
        for_each=core.ForEach(name="file", glob="src/**/*.py"),
        body=core.RunBody(command="python $SUREFOOT_FILES/desix.py {file}"),
        writes=("{file}",),
        checks=(
            core.Check(
                name="python -m py_compile {file}",
                ask=check_kinds.CommandCheck(command="python -m py_compile {file}"),
                expect=check_kinds.Expect.PASS_TO_PASS,
            ),
            core.Check(
                name="{file} lacks 'six'",
                ask=check_kinds.FileCheck(glob="{file}", lacks="six"),
                expect=check_kinds.Expect.FAIL_TO_PASS,
            ),
        ),
        on_failure=core.OnFailure.SKIP,
    )


def test_an_outside_effect_keeps_all_that_is_said_of_it() -> None:
    """What a person is shown, and what the world is asked."""
    publish = plan_of(FROM_FORMATS).steps[2]
    answer = probe_kinds.HttpProbe(
        url="https://example.org/pkg/1.2/json",
        applied=probe_kinds.HttpAnswer(status=200),
        not_applied=probe_kinds.HttpAnswer(status=404),
    )
    assert publish == core.Step(
        id=StepId("publish"),
        needs=("build",),
        body=core.RunBody(command="twine upload dist/*"),
        effect=core.Effect.IRREVERSIBLE,
        network=True,
        env_from=("TWINE_PASSWORD",),
        probe=probe_kinds.Probe(ask=answer, within_s=120.0),
        undo="Cannot be deleted and re-used; yank release 1.2 in the index.",
    )


def test_what_a_plan_leaves_out_is_at_its_default() -> None:
    """The defaults of FORMATS are those of the plan model."""
    step = core.Step(id=StepId("a"), body=core.RunBody(command="b"))
    assert plan_of("goal: g\nsteps: [{id: a, run: b}]") == core.Plan(goal="g", steps=(step,))


STEP_KEYS = [
    ("title: T", {"title": "T"}),
    ("risk: needs 4 GB", {"risk": "needs 4 GB"}),
    ("agent: x\nunproved: true", {"unproved": True}),
    ("why: because", {"why": "because"}),
    ("cwd: sub/dir", {"cwd": "sub/dir"}),
    ("env: {A: b, N: 1.50, E: ''}", {"env": {"A": "b", "N": "1.50", "E": ""}}),
    ("env_from: TOKEN", {"env_from": ("TOKEN",)}),
    ("reads: [a, 'b/**']", {"reads": ("a", "b/**")}),
    ("writes: src/x.py", {"writes": ("src/x.py",)}),
    ("writes: []", {"writes": ()}),
    ("scratch: ['tmp/**']", {"scratch": ("tmp/**",)}),
    ("network: true\neffect: read", {"network": True, "effect": core.Effect.READ}),
    ("confine: false\neffect: reversible", {"confine": False}),
    ("network: loopback", {"network": "loopback"}),
    ("sockets: [/run/x, $X_SOCK]\neffect: read", {"sockets": ("/run/x", "$X_SOCK"), "effect": core.Effect.READ}),
    ("effect: idempotent", {"effect": core.Effect.IDEMPOTENT}),
    ("tier: confirm", {"tier": core.Tier.CONFIRM}),
    ("undo: revert it", {"undo": "revert it"}),
    ("timeout: 1h30m", {"timeout_s": 5400.0}),
    ("timeout: 500ms", {"timeout_s": 0.5}),
    ("timeout: 2.5s", {"timeout_s": 2.5}),
    ("estimate: 1d", {"estimate_s": 86400.0}),
    ("on_failure: stop", {"on_failure": core.OnFailure.STOP}),
    ("on_failure: ask", {"on_failure": core.OnFailure.ASK}),
    ("on_failure: block", {"on_failure": core.OnFailure.BLOCK}),
    ("retry: {maximum_attempts: 5}", {"retry": core.RetryPolicy(maximum_attempts=5, retry_unknown=True)}),
    (
        "retry: {initial_interval: 2s, backoff_coefficient: 3, maximum_interval: 1m, non_retryable_error_types: E}",
        {
            "retry": core.RetryPolicy(
                initial_interval_s=2.0,
                backoff_coefficient=3.0,
                maximum_interval_s=60.0,
                non_retryable_error_types=("E",),
                retry_unknown=True,
            )
        },
    ),
]


@pytest.mark.parametrize(("lines", "fields"), STEP_KEYS, ids=[lines for lines, _ in STEP_KEYS])
def test_each_key_of_a_step_becomes_its_field(lines: str, fields: dict[str, object]) -> None:
    """One key at a time; the others stay at their defaults."""
    step = step_of(lines)
    assert {name: getattr(step, name) for name in fields} == fields


SH = "sh"
BODIES = [
    ("run: make\nshell: sh", core.RunBody(command="make", shell=SH)),
    ("run: |-\n  a\n  b", core.RunBody(command="a\nb")),
    ("call: steps.more:go", core.CallBody(function="steps.more:go")),
    ("agent: Tidy up.\nunproved: true", core.AgentBody(instructions="Tidy up.")),
    (
        "unproved: true\nagent: {do: Tidy up., model: 'local:a b.gguf', turns: 9, limits: {cost_usd: 0.5, tokens: 90}}",
        core.AgentBody(
            instructions="Tidy up.",
            model="local:a b.gguf",
            turns_max=9,
            limits=core.AgentLimits(cost_usd=0.5, tokens=90),
        ),
    ),
    ("ask: Shall we?", core.AskBody(question="Shall we?")),
    (
        'ask: {question: Which?, options: [yes, no, 3], default: no, show: ["docs/*.md"]}',
        core.AskBody(question="Which?", options=("yes", "no", "3"), default="no", show=("docs/*.md",)),
    ),
]


@pytest.mark.parametrize(("lines", "body"), BODIES, ids=[lines for lines, _ in BODIES])
def test_each_kind_of_body_is_read(lines: str, body: core.Body) -> None:
    """Four kinds; `yes` and `no` are words in YAML 1.2."""
    assert step_of(lines).body == body


GROUPS = [
    ("id: 'x{item}'\nfor_each: [a, 3.10]", core.ForEach(items=("a", "3.10"))),
    ("id: 'x{n}'\nfor_each: {n: [a, b]}", core.ForEach(name="n", items=("a", "b"))),
    ("id: 'x{n}'\nfor_each: {n: {lines: 'ls *.py'}}", core.ForEach(name="n", lines="ls *.py")),
    ("id: 'x{glob}'\nfor_each: {glob: {glob: '*'}}", core.ForEach(name="glob", glob="*")),
]


@pytest.mark.parametrize(("lines", "each"), GROUPS, ids=[lines for lines, _ in GROUPS])
def test_each_form_of_for_each_is_read(lines: str, each: core.ForEach) -> None:
    """A list, a named list, a glob, a command."""
    assert step_of(lines).for_each == each


def test_an_empty_group_may_be_declared_all_right() -> None:
    """`if_empty: ok`."""
    assert step_of("id: 'x{item}'\nfor_each: []\nif_empty: ok").if_empty_ok


CHECKS = [
    ("run: a  b", core.Check(name="a b", ask=check_kinds.CommandCheck(command="a  b"))),
    ("{tests: t, name: suite}", core.Check(name="suite", ask=check_kinds.TestsCheck(command="t"))),
    ("{tests: t, format: unittest}", core.Check(name="t", ask=check_kinds.TestsCheck(command="t", format="unittest"))),
    (
        "{file: x, exists: false}",
        core.Check(name="x does not exist", ask=check_kinds.FileCheck(glob="x", exists=False)),
    ),
    ("{file: x, contains: a}", core.Check(name="x contains 'a'", ask=check_kinds.FileCheck(glob="x", contains="a"))),
    ('{file: x, lacks: "\\t"}', core.Check(name="x lacks '\\t'", ask=check_kinds.FileCheck(glob="x", lacks="\t"))),
    ("{file: x, matches: ^a$}", core.Check(name="x matches '^a$'", ask=check_kinds.FileCheck(glob="x", matches="^a$"))),
    ("call: m:f", core.Check(name="m:f", ask=check_kinds.CallCheck(function="m:f"))),
    (
        "json: {file: x.json, path: a.b, equals: [1, true, null]}",
        core.Check(
            name="a.b in x.json is [1, true, null]",
            ask=check_kinds.JsonCheck(file="x.json", path="a.b", equals=[1, True, None]),
        ),
    ),
    (
        "json: {file: x.json, path: /a, equals: null}",
        core.Check(name="/a in x.json is null", ask=check_kinds.JsonCheck(file="x.json", path="/a", equals=None)),
    ),
    ("{run: a, held_back: true}", core.Check(name="a", ask=check_kinds.CommandCheck(command="a"), held_back=True)),
    ("changed: [a, b]", core.Check(name="changed only a, b", ask=check_kinds.ChangedCheck(globs=("a", "b")))),
    (
        "{run: a, expect: fail_to_pass, timeout: 5s, cwd: d, env: {A: b}, network: true}",
        core.Check(
            name="a",
            ask=check_kinds.CommandCheck(command="a"),
            expect=check_kinds.Expect.FAIL_TO_PASS,
            timeout_s=5.0,
            cwd="d",
            env={"A": "b"},
            network=True,
        ),
    ),
]


@pytest.mark.parametrize(("text", "check"), CHECKS, ids=[text for text, _ in CHECKS])
def test_each_kind_of_check_is_read_and_named(text: str, check: core.Check) -> None:
    """Five kinds, with the keys they share."""
    assert check_of(text) == check


def test_checks_without_names_get_names_of_their_own() -> None:
    """Also beside one that was given the same name."""
    checks = step_of("checks: [{run: a}, {run: a}, {run: b, name: a}]").checks
    assert [check.name for check in checks] == ["a-2", "a-3", "a"]


def test_a_long_question_makes_a_short_name() -> None:
    """A name is for a line of a report."""
    assert len(check_of(f"run: {'long ' * 50}").name) == 60


SHA = "0123456789abcdef" * 4
PROBES = [
    ("{file: /a/b}", probe_kinds.Probe(ask=probe_kinds.FileProbe(path="/a/b"))),
    (f"{{file: a, sha256: {SHA}}}", probe_kinds.Probe(ask=probe_kinds.FileProbe(path="a", sha256=SHA))),
    (
        "{git: origin, ref: main, is: 1234567, within: 1m}",
        probe_kinds.Probe(ask=probe_kinds.GitProbe(remote="origin", ref="main", commit="1234567"), within_s=60.0),
    ),
    ("{call: 'a.b:c.d'}", probe_kinds.Probe(ask=probe_kinds.CallProbe(function="a.b:c.d"))),
    ("{process: '^serve .*'}", probe_kinds.Probe(ask=probe_kinds.ProcessProbe(pattern="^serve .*"))),
    ("{process: x, pid_file: a.pid}", probe_kinds.Probe(ask=probe_kinds.ProcessProbe(pattern="x", pid_file="a.pid"))),
    ("{port: 8080, within: 5s}", probe_kinds.Probe(ask=probe_kinds.PortProbe(port="8080"), within_s=5.0)),
    ("{port: 'h.example:80'}", probe_kinds.Probe(ask=probe_kinds.PortProbe(port="h.example:80"))),
    ("{port: '[::1]:80'}", probe_kinds.Probe(ask=probe_kinds.PortProbe(port="[::1]:80"))),
    (
        "{package: x.Y, version: 1.10, index: 'https://u:$PASSWORD@h/simple'}",
        probe_kinds.Probe(
            ask=probe_kinds.PackageProbe(package="x.Y", version="1.10", index="https://u:$PASSWORD@h/simple"),
        ),
    ),
    (
        "{sql: SELECT 1, url: $DATABASE_URL}",
        probe_kinds.Probe(ask=probe_kinds.SqlProbe(query="SELECT 1", url="$DATABASE_URL")),
    ),
    (
        "{sql: \"-- it\\n (SELECT 1)\", url: 'sqlite:///x', applied: 1, not_applied: {rows: 0, value: null}}",
        probe_kinds.Probe(
            ask=probe_kinds.SqlProbe(
                query="-- it\n (SELECT 1)",
                url="sqlite:///x",
                applied=probe_kinds.SqlAnswer(first=(1,)),
                not_applied=probe_kinds.SqlAnswer(rows=0, first=(None,)),
            )
        ),
    ),
    (
        "{command: {argv: [git, tag, 12], applied: ^v1$, not_applied: ^$}, within: 5s}",
        probe_kinds.Probe(
            ask=probe_kinds.CommandProbe(argv=("git", "tag", "12"), applied="^v1$", not_applied="^$"), within_s=5.0
        ),
    ),
    ("{run: 'test -e x'}", probe_kinds.Probe(ask=probe_kinds.RunProbe(command="test -e x"))),
    ("{run: x, confine: true}", probe_kinds.Probe(ask=probe_kinds.RunProbe(command="x", confine=True))),
    (
        "{http: 'http://h', method: head, applied: {json: {a.b: 1, c: [x, true, null, 1.5]}}}",
        probe_kinds.Probe(
            ask=probe_kinds.HttpProbe(
                url="http://h",
                method="HEAD",
                applied=probe_kinds.HttpAnswer(json={"a.b": 1, "c": ["x", True, None, 1.5]}),
            )
        ),
    ),
]


@pytest.mark.parametrize(("text", "probe"), PROBES, ids=[text for text, _ in PROBES])
def test_each_kind_of_probe_is_read(text: str, probe: probe_kinds.Probe) -> None:
    """Nine kinds; `within` is nothing by itself."""
    assert probe_of(text) == probe


def test_a_step_may_go_back_to_one_it_needs() -> None:
    """`on_failure: {rollback_to: STEP}`."""
    plan = plan_of("goal: g\nsteps: [{id: a, run: b}, {id: c, run: d, needs: a, on_failure: {rollback_to: a}}]")
    assert (plan.steps[1].on_failure, plan.steps[1].rollback_to) == (core.OnFailure.ROLLBACK, "a")


def test_defaults_hold_for_steps_that_do_not_say_otherwise() -> None:
    """A step's own key replaces the default whole."""
    plan = plan_of("""
        goal: g
        defaults: {timeout: 1m, env: {A: a}, shell: sh}
        steps: [{id: a, run: b}, {id: c, run: d, timeout: 2m, env: {B: b}, shell: bash}]
    """)
    found = [(step.timeout_s, dict(step.env), getattr(step.body, "shell", "")) for step in plan.steps]
    assert found == [(60.0, {"A": "a"}, "sh"), (120.0, {"B": "b"}, "bash")]


def test_a_steps_own_attempts_win_over_the_limits() -> None:
    """`limits.attempts` is for steps that do not say."""
    plan = plan_of("""
        goal: g
        limits: {attempts: 1}
        steps: [{id: a, run: b}, {id: c, run: d, retry: {maximum_attempts: 4}}, {id: e, run: f, retry: {}}]
    """)
    assert [step.retry.maximum_attempts for step in plan.steps] == [1, 4, 1]


def test_the_effect_may_be_stated_in_defaults() -> None:
    """What is stated there is stated."""
    plan = plan_of("goal: g\ndefaults: {effect: read, network: true}\nsteps: [{id: a, run: b}]")
    assert plan.steps[0].network


def test_ids_are_encoded_and_needs_find_them() -> None:
    """A need is written like the id it names."""
    plan = plan_of("goal: g\nsteps: [{id: größe x, run: b}, {id: c, run: d, needs: größe x}]")
    assert plan.steps[0].id == "gr%C3%B6%C3%9Fe%20x"


def test_files_of_steps_are_the_plans_files() -> None:
    """All are copied when the run starts."""
    plan = plan_of("goal: g\nfiles: [x, y]\nsteps: [{id: a, run: b, files: [z, x]}]")
    assert plan.files == ("x", "y", "z")


def test_anchors_may_be_used_and_used_again() -> None:
    """YAML's own way to say a thing once."""
    plan = plan_of("""
        goal: &x g
        accept: &x [{run: a}]
        steps: [{id: a, run: b, checks: *x}]
    """)
    assert plan.steps[0].checks == plan.accept


def test_braces_that_are_no_placeholder_stay() -> None:
    """Shell and other languages have their own."""
    command = "for f in {a,b}; do echo ${f} $(awk '{print}'); done"
    assert step_of(f'run: "{command}"').body == core.RunBody(command=command)


def test_the_place_of_each_step_is_known() -> None:
    """For findings about it."""
    assert parse_plan(FROM_FORMATS, "p.yaml").places == {
        "rewrite-{file}": "p.yaml:18:9",
        "build": "p.yaml:29:9",
        "publish": "p.yaml:33:9",
    }


def test_a_loaded_file_is_named_by_its_digest_and_folder(tmp_path: Path) -> None:
    """So that a change of the file is seen, and what lies beside it is found."""
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"\xef\xbb\xbfgoal: g\r\nsteps: [{id: a, run: b}]\r\n")
    loaded = load_plan(path)
    assert (loaded.digest, loaded.folder) == (hashlib.sha256(path.read_bytes()).hexdigest(), tmp_path.resolve())


@pytest.mark.parametrize("name", ["isodate", "sqlparse"])
def test_the_examples_load(name: str) -> None:
    """The plans that the project shows."""
    path = Path(__file__).resolve().parents[2] / "examples" / name / "plan.yaml"
    assert load_plan(path).plan.steps


def test_a_place_of_the_home_is_no_glob_over_the_repository() -> None:
    """Nothing that a merge looks at, and nothing two steps could share."""
    plan = parse_plan("goal: g\nsteps: [{id: a, run: x, reads: [~/.ssh/config, 'src/**']}]\n", "p.yaml")
    assert (plan.plan.steps[0].reads, plan.plan.steps[0].home) == (("src/**",), ("~/.ssh/config",))


def test_an_agent_of_others_is_named_beside_the_step_or_in_its_work() -> None:
    """The name in the work counts; that of the defaults holds where neither has one."""
    text = """
    goal: Do it
    defaults: {worker: acp:first}
    steps:
      - {id: a, agent: {do: it}, unproved: true}
      - {id: b, worker: acp:second, agent: {do: it}, unproved: true}
      - {id: c, worker: acp:second, agent: {do: it, worker: acp:third}, unproved: true}
    """
    plan = parse_plan(textwrap.dedent(text), "plan.yaml").plan
    assert [step.body.worker_named for step in plan.steps] == ["acp:first", "acp:second", "acp:third"]
