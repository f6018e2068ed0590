"""The loader of plan files: from bytes to a plan, or to one error with all mistakes.

Nothing but the file itself is read; of the files it names only their existence is looked up.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from surefoot.core.agents import problems_of_agents
from surefoot.core.candidates import problems_of_candidates
from surefoot.core.graph import Graph, build_graph
from surefoot.core.ids import StepId
from surefoot.core.plan import Limits, Plan
from surefoot.core.plan_schema import TABLES
from surefoot.core.record import record
from surefoot.core.requirements import unknown_requirements, unknown_said
from surefoot.core.service_use import problems_of_services
from surefoot.errors import PlanInvalid
from surefoot.garbage import uncollected
from surefoot.planfile.check_reader import read_checks
from surefoot.planfile.fields import Fields, Page, described
from surefoot.planfile.readers import read_keys, read_values
from surefoot.planfile.rule_reader import read_rules
from surefoot.planfile.service_reader import read_services
from surefoot.planfile.step_reader import StepRead, read_defaults, read_step
from surefoot.planfile.tree import Flaw, Items, Place, Scalar, Table, Tree, problems_of, text_of
from surefoot.planfile.yaml_reader import read_tree

_ATTEMPTS = 3
_NO_LIMITS = (Limits(), _ATTEMPTS)

Places = Mapping[StepId, str]
"""For each step `FILE:LINE:COLUMN`, where its id stands."""


@record
class ParsedPlan:
    """What a plan's text says."""

    plan: Plan
    graph: Graph
    """That of its steps."""
    places: Places
    """Where its steps stand."""


@record
class LoadedPlan:
    """What a plan file says."""

    plan: Plan
    graph: Graph
    """That of its steps."""
    digest: str
    """The SHA-256 of the file's bytes, in hex."""
    folder: Path
    """The folder the file lies in, absolute."""
    places: Places
    """Where its steps stand."""


def load_plan(path: Path) -> LoadedPlan:
    """Read a plan file.

    Raises:
        PlanInvalid: it cannot be read or is no plan that can run; `facts["problems"]` names every flaw with its place.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        wrong = f"it cannot be read ({error.strerror}); a readable file was expected; look at its permissions"
        if isinstance(error, IsADirectoryError):
            wrong = "it is a folder; a plan file was expected; name the file in it"
        elif isinstance(error, FileNotFoundError):
            wrong = "there is no such file; a plan file was expected; correct the path"
        raise invalid(str(path), [Flaw(Place(1, 1), wrong)]) from error
    text = text_of(content)
    if isinstance(text, Flaw):
        raise invalid(str(path), [text])
    folder = path.resolve().parent
    with uncollected():
        parsed = _parse(text, str(path), folder)
    digest = hashlib.sha256(content).hexdigest()
    return LoadedPlan(plan=parsed.plan, graph=parsed.graph, digest=digest, folder=folder, places=parsed.places)


def parse_plan(text: str, name: str) -> ParsedPlan:
    """Read a plan's text; `name` stands for the file in places. That the files it names exist is not looked up.

    Raises:
        PlanInvalid: it is no plan that can run; `facts["problems"]` names every flaw with its place.
    """
    return _parse(text, name, None)


def invalid(name: str, flaws: Iterable[Flaw]) -> PlanInvalid:
    """Return the error that names every flaw of a file with its place."""
    return PlanInvalid.of(*problems_of(name, flaws))


def _parse(text: str, name: str, folder: Path | None) -> ParsedPlan:
    tree = read_tree(text.removeprefix("\ufeff"))
    if isinstance(tree, Flaw):
        raise invalid(name, [tree])
    page = Page()
    fields = read_keys(page, tree, "plan")
    if fields is None:
        raise invalid(name, page.flaws)
    steps = _read_steps(page, fields)
    plan = _read_plan(page, fields, steps)
    graph = _judge_steps(page, fields, plan, steps)
    if folder is not None:
        _judge_files(page, fields, plan, steps, folder)
    if page.flaws:
        raise invalid(name, page.flaws)
    assert graph is not None, "steps without a graph are a flaw"
    places = {read.step.id: f"{name}:{read.place.line}:{read.place.column}" for read in steps if read.step is not None}
    return ParsedPlan(plan=plan, graph=graph, places=places)


def _read_plan(page: Page, fields: Fields, steps: Sequence[StepRead]) -> Plan:
    own = {"check": read_checks, "rule": read_rules, "service": read_services, "scope": read_scope}
    since = len(page.references)
    values = read_values(page, fields, TABLES["plan"].keys, {**own, "limits": read_limits})
    page.refuse_references(since, (), "outside of steps")
    limits, _ = values.pop("limits", _NO_LIMITS)
    files = dict.fromkeys([*values.pop("files", ()), *(file for read in steps for file in read.files)])
    known = tuple(read.step for read in steps if read.step is not None)
    values.setdefault("goal", "")
    return Plan(**values, steps=known, files=tuple(files), limits=limits)


def _read_steps(page: Page, fields: Fields) -> list[StepRead]:
    node = fields.node("steps")
    if not isinstance(node, Items) or not node.items:
        found = "there are no steps" if node is None or isinstance(node, Items) else f"found {described(node)}"
        page.flaw(fields.at("steps"), f"{found}; a list of steps was expected; begin each with `- id:` below `steps:`")
        return []
    defaults = fields.take("defaults", partial(read_defaults, page), None)
    _, attempts = fields.take("limits", partial(read_limits, page), _NO_LIMITS)
    read = [read_step(page, item, defaults, attempts) for item in node.items]
    return [step for step in read if step is not None]


def read_scope(page: Page, node: Tree) -> tuple[str, ...] | None:
    """Return the globs of the files that the run may change."""
    fields = read_keys(page, node, "scope")
    return None if fields is None else read_values(page, fields, TABLES["scope"].keys).get("write")


def read_limits(page: Page, node: Tree) -> tuple[Limits, int] | None:
    """Return what the run may use and the attempts of a step that does not say itself."""
    fields = read_keys(page, node, "limits")
    if fields is None:
        return None
    values = read_values(page, fields, TABLES["limits"].keys)
    resources = fields.take("resources", partial(_read_resources, page), dict[str, dict[str, Any]]())
    counts = {name: one.get("count", 1) for name, one in resources.items()}
    observed = {name: one["observe"] for name, one in resources.items() if "observe" in one}
    return Limits(**values, resources=counts, observed=observed), fields.take("attempts", page.count, _ATTEMPTS)


def _read_resources(page: Page, node: Tree) -> dict[str, dict[str, Any]] | None:
    cure = "names with numbers were expected; write them as {NAME: 2} or {NAME: {count: 2, observe: COMMAND}}"
    return page.named(node, cure, page.text, partial(_read_resource, page))


def _read_resource(page: Page, node: Tree) -> dict[str, Any] | None:
    if not isinstance(node, Table):
        count = page.count(node)
        return None if count is None else {"count": count}
    fields = read_keys(page, node, "resource")
    return None if fields is None else read_values(page, fields, TABLES["resource"].keys)


def _judge_steps(page: Page, fields: Fields, plan: Plan, steps: Sequence[StepRead]) -> Graph | None:
    """Have the core judge the graph, who uses which service, and what agents carry out; return the graph."""
    graph = None
    by_id = {read.step.id: read for read in steps if read.step is not None}
    known = [read.step for read in steps if read.step is not None]
    node = fields.node("steps")
    if isinstance(node, Items) and len(known) == len(node.items):  # without all ids there is no graph to judge
        graph, problems = build_graph(known)
        for problem in problems:
            read = by_id[problem.step]
            place = read.place if problem.name is None else read.named.get(problem.name, read.place)
            page.flaw(place, problem.text)
    for problem in problems_of_services(plan):
        page.flaw(by_id[problem.step].place if problem.step in by_id else fields.at("accept"), problem.text)
    for problem in (*problems_of_agents(plan), *problems_of_candidates(plan)):
        assert problem.name is not None
        page.flaw(by_id[problem.step].keys.at(problem.name), problem.text)
    for step in known:
        if unknown := unknown_requirements(plan, step):
            page.flaw(by_id[step.id].keys.at("covers"), unknown_said(plan, unknown))
    return graph


def _judge_files(page: Page, fields: Fields, plan: Plan, steps: Sequence[StepRead], folder: Path) -> None:
    """Look up the files that the plan and its steps name; each flaw stands where the file is named."""
    nodes = [read.keys.node("files") for read in reversed(steps)]
    places = {item.text: item.place for node in (*nodes, fields.node("files")) for item in _scalars(node)}
    for name in plan.files:
        if not (folder / name).exists():
            text = f"there is no {name!r} beside the plan; a file in {folder} was expected; add it, or correct the name"
            page.flaw(places[name], text)
        elif odd := _no_file_in(folder / name):
            text = f"{str(odd)!r} is neither a file nor a folder; it cannot be copied; remove it, or name other files"
            page.flaw(places[name], text)
        elif (link := _link_out_of(folder, name)) is not None:
            text = (
                f"{str(link)!r} is a link to {os.path.realpath(link)!r}, which is not copied with it; a link to "
                f"something in {str(folder if link == folder / name else folder / name)!r} by a relative path was "
                "expected; put the file itself there"
            )
            page.flaw(places[name], text)


def _scalars(node: Tree | None) -> Iterator[Scalar]:
    """Yield what stands in a list, or by itself."""
    for item in node.items if isinstance(node, Items) else (node,):
        if isinstance(item, Scalar):
            yield item


def _no_file_in(path: Path) -> Path | None:
    """Return the first socket, pipe or device at or below a path; None: there is none."""
    inside = (found for found in path.rglob("*") if not found.is_dir()) if path.is_dir() else (path,)
    return next((found for found in inside if found.exists() and not found.is_file()), None)


def _link_out_of(folder: Path, name: str) -> Path | None:
    """Return the first link that leads out of what is copied; None: there is none.

    What the plan names may be a link to something beside the plan. A link inside of a folder is copied as a link, so
    that it has to stay inside of that folder and must not name it by its absolute path.
    """
    if not _is_inside(folder / name, folder):
        return folder / name
    root = Path(os.path.realpath(folder / name))
    for place, folders, files in os.walk(root):
        for link in (Path(place, one) for one in (*folders, *files)):
            if link.is_symlink() and (link.readlink().is_absolute() or not _is_inside(link, root)):
                return folder / name / link.relative_to(root)
    return None


def _is_inside(path: Path, folder: Path) -> bool:
    """Tell whether a path, all links followed, is in a folder."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
