"""The files of a project that a command rests on, by its words.

It names too many rather than too few: a glob without a match costs nothing. What a script opens in turn is in no word
and is not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from surefoot.core.globs import GLOB_LENGTH_MAX, literal
from surefoot.core.policy_types import CommandFacts
from surefoot.core.regex import regex
from surefoot.core.shell_names import RUNS_SCRIPTS

EVERYTHING: Final = "**"
"""The glob for commands of which nobody can tell which files they name."""
_GLOBS_MAX: Final = 2_000
"""A command that names more than this counts as one that names every file."""
_FOLDERS_MAX: Final = 16
_INTERPRETERS: Final = frozenset({"python", "node", "deno", "bun", "ruby", "perl", "php", "lua", "Rscript", "tsx"})
_RUNNERS: Final = frozenset({"make", "gmake", "just", "task", "mage", "rake", "tox", "nox", "invoke", "inv", "fab"})
"""What runs commands that a file of the project holds."""
_SCRIPT_RUNNERS: Final = frozenset({"npm", "yarn", "pnpm", "bun"})
_SCRIPT_WORDS: Final = frozenset({"run", "run-script", "test", "t", "tst", "start", "exec"})
"""With one of these, such a program runs what a package file says."""
_MOVERS: Final = frozenset({"cd", "pushd"})
_SAYING: Final = frozenset({"echo", "printf"})
"""What only says its words."""
_IS_FILE: Final = regex(r"/|[^/.]\.[^/.]")
"""A program that may be a file of the project: its name has a folder, or a suffix."""
_SEPARATORS: Final = regex(r"[\s,;=@:\"'()<>|&]+")
"""What stands before or behind a path in a word: `--file=a`, `@body.json`, `a.py::test`, `\\i a.sql`."""
_VALUE: Final = regex(r"\$\([^()]*\)|\$\{[^{}]*\}|\$\w+|\$[@*#?!-]|`[^`]*`")
"""A variable, or the output of a command, whose value nobody knows beforehand."""
_ELSEWHERE: Final = regex(r"/|~|\$\{?(?:HOME|TMPDIR|SUREFOOT_\w+|XDG_\w+)\b")
"""The beginning of a path that leads out of the lane."""
_MAGIC: Final = regex(r"[*?\[]")
_MODULE: Final = regex(r"[A-Za-z_]\w*(?:\.\w+)*")
_VERSION: Final = regex(r"(?<=[a-z])[\d.]+$")

_PYTHON: Final = "pyproject.toml setup.py setup.cfg MANIFEST.in requirements*.txt"
_NODE: Final = (
    "package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock* "
    ".npmrc .yarnrc .yarnrc.yml .npmignore .pnpmfile.cjs bunfig.toml lerna.json"
)
_PYTEST: Final = (
    "**/conftest.py pytest.ini .pytest.ini pytest.toml .pytest.toml pyproject.toml tox.ini setup.cfg .coveragerc"
)
_COMPOSE: Final = "Dockerfile* Containerfile* .dockerignore compose*.y*ml docker-compose*.y*ml docker-bake.* .env"
_TERRAFORM: Final = "*.tf *.tf.json *.tfvars *.tfvars.json .terraform.lock.hcl terragrunt.hcl"
_TABLE: Final = {
    "make gmake": "GNUmakefile makefile Makefile *.mk",
    "just": "justfile Justfile .justfile *.just",
    "task": "Taskfile*.y*ml taskfile*.y*ml",
    "mage": "magefile.go magefiles/**",
    "rake": "Rakefile rakefile Rakefile.rb *.rake",
    "cmake ctest cpack": "CMakeLists.txt CMakePresets.json CTestTestfile.cmake",
    "ninja samu": "build.ninja",
    "meson": "meson.build meson_options.txt",
    "scons": "SConstruct SConscript",
    "bazel bazelisk": "WORKSPACE* MODULE.bazel BUILD BUILD.bazel .bazelrc",
    "npm npx yarn pnpm pnpx bun bunx lerna": _NODE,
    "node deno tsx ts-node": "package.json deno.json* tsconfig*.json",
    "jest": "package.json jest.config.* babel.config.* .babelrc",
    "vitest": "package.json vitest.config.* vitest.workspace.* vite.config.*",
    "mocha": "package.json .mocharc.*",
    "ava": "package.json ava.config.*",
    "karma": "karma.conf.*",
    "playwright": "playwright.config.*",
    "cypress": "cypress.config.*",
    "biome": "biome.json*",
    "eslint": "package.json eslint.config.* .eslintrc* .eslintignore",
    "prettier": "package.json .prettierrc* prettier.config.* .prettierignore",
    "tsc": "tsconfig*.json package.json",
    "semantic-release": "package.json .releaserc* release.config.*",
    "pip": "pyproject.toml setup.py setup.cfg",
    "uv poetry hatch flit pdm build pyproject-build rye": f"{_PYTHON} uv.toml uv.lock poetry.lock pdm.lock hatch.toml",
    "twine": ".pypirc",
    "pytest py.test": _PYTEST,
    "tox": f"tox.ini tox.toml setup.cfg pyproject.toml {_PYTEST}",
    "nox": f"noxfile.py {_PYTEST}",
    "ruff": "pyproject.toml ruff.toml .ruff.toml",
    "black isort coverage": "pyproject.toml setup.cfg tox.ini .coveragerc .isort.cfg",
    "flake8": ".flake8 setup.cfg tox.ini",
    "pylint": "pylintrc .pylintrc pyproject.toml setup.cfg",
    "mypy": "mypy.ini .mypy.ini pyproject.toml setup.cfg",
    "pyright basedpyright": "pyrightconfig.json pyproject.toml",
    "bandit": ".bandit pyproject.toml",
    "pre-commit": ".pre-commit-config.yaml .pre-commit-hooks.yaml",
    "alembic": "alembic.ini alembic/** migrations/**",
    "fab": "fabfile.py fabric.y*ml",
    "invoke inv": "tasks.py invoke.y*ml",
    "mkdocs": "mkdocs.yml",
    "cargo cross": "Cargo.toml Cargo.lock build.rs .cargo/config .cargo/config.toml rust-toolchain*",
    "go": "go.mod go.sum go.work",
    "goreleaser": ".goreleaser.y*ml goreleaser.y*ml",
    "golangci-lint": ".golangci.*",
    "mvn mvnw": "pom.xml .mvn/**",
    "gradle gradlew": "build.gradle* settings.gradle* gradle.properties gradle/**",
    "sbt": "build.sbt project/**",
    "ant": "build.xml",
    "dotnet nuget msbuild": "*.sln *.csproj *.fsproj *.nuspec nuget.config Directory.*.props Directory.*.targets",
    "bundle bundler": "Gemfile Gemfile.lock",
    "gem": "*.gemspec",
    "rspec": ".rspec spec/spec_helper.rb",
    "rubocop": ".rubocop.yml",
    "shellcheck": ".shellcheckrc",
    "cap": "Capfile config/deploy.rb config/deploy/**",
    "composer": "composer.json composer.lock",
    "phpunit": "phpunit.xml*",
    "mix": "mix.exs mix.lock",
    "swift": "Package.swift Package.resolved",
    "fastlane": "fastlane/** Fastfile",
    "docker podman buildah docker-compose podman-compose nerdctl": _COMPOSE,
    "terraform tofu terragrunt": _TERRAFORM,
    "packer": "*.pkr.hcl",
    "pulumi": "Pulumi*.y*ml __main__.py index.ts package.json",
    "cdk": "cdk.json package.json",
    "sam": "template.y*ml samconfig.toml",
    "serverless sls": "serverless.* package.json",
    "ansible ansible-playbook": "ansible.cfg hosts inventory* group_vars/** host_vars/** roles/**",
    "helm": "Chart.yaml Chart.lock values*.yaml templates/**",
    "helmfile": "helmfile.yaml*",
    "kubectl kustomize oc": "kustomization.y*ml",
    "skaffold": "skaffold.yaml",
    "flyctl fly": "fly.toml Dockerfile",
    "wrangler": "wrangler.toml wrangler.json* package.json",
    "vercel": "vercel.json package.json",
    "netlify": "netlify.toml package.json",
    "firebase": "firebase.json .firebaserc",
    "heroku": "Procfile app.json heroku.yml",
    "gcloud": "app.yaml cloudbuild.y*ml",
    "eb": ".elasticbeanstalk/** .ebextensions/**",
    "act": ".github/workflows/**",
}
"""Programs, and the files they read where they stand without being told to."""
IMPLIED: Final[Mapping[str, tuple[str, ...]]] = {
    program: tuple(files.split()) for programs, files in _TABLE.items() for program in programs.split()
}
"""The files that a program reads without being told to, by the program's name."""


def named_files(facts: CommandFacts, folder: str = "", path: Sequence[str] = ()) -> tuple[str, ...]:
    """Return globs for the files that a command names or implies, relative to the lane.

    `folder` is where in the lane the command starts, `path` the folders of the lane in which programs are looked for. A
    glob may mean a folder: then all that is in it counts.
    """
    found: dict[str, None] = {}
    folders = [folder.strip("/")]
    for value in (setting.partition("=")[2] for setting in facts.sets):
        found.update(dict.fromkeys(one for one in _located(_paths_in(value), folders) if one != EVERYTHING))
    for words in facts.commands:
        if words[0] in _MOVERS:
            folders += [one for one in _entered(words[1:], folders) if one not in folders]
        elif words[0] not in _SAYING:
            found.update(dict.fromkeys(_named_in(words, folders)))
            found.update(dict.fromkeys(f"{one.strip('/')}/{words[0]}" for one in path if "/" not in words[0]))
        if len(found) > _GLOBS_MAX or len(folders) > _FOLDERS_MAX or EVERYTHING in found:
            return (EVERYTHING,)
    return tuple(found)


def module_files(name: str, folder: str = "") -> tuple[str, ...]:
    """Return globs for where a module of Python may lie in the lane, as `python -m` and imports name it."""
    return tuple(_located(_module(name), [folder]))


def run_files(facts: CommandFacts, folder: str = "") -> tuple[str, ...]:
    """Return globs for the files that a command runs: as programs, by interpreters, or by programs such as `make`.

    Files that it only reads are left out; `folder` is as for `named_files`.
    """
    running: list[tuple[str, ...]] = []
    for words in facts.commands:
        name = _VERSION.sub("", words[0].rpartition("/")[2])
        runs_script = name in _SCRIPT_RUNNERS and not _SCRIPT_WORDS.isdisjoint(words)
        if runs_script or name in RUNS_SCRIPTS | _INTERPRETERS | _RUNNERS or words[0] in _MOVERS:
            running.append(words)
        elif "/" in words[0]:  # else it is a program on the PATH
            running.append(words[:1])
    return named_files(replace(facts, commands=tuple(running), sets=()), folder)


def _entered(words: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Return the folders that `cd` may lead to from each of these."""
    to = next((word for word in words if not word.startswith("-")), "")
    if not to or _ELSEWHERE.match(to):
        return []
    glob = _open(to) or EVERYTHING
    moved = [_normal(f"{folder}/{glob}") for folder in folders]
    return [one for one in moved if one is not None]


def _named_in(words: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """Yield globs for what one simple command names, seen from each folder that it may stand in."""
    name = _VERSION.sub("", words[0].rpartition("/")[2])
    runs_files = name in RUNS_SCRIPTS or name in _INTERPRETERS
    if any(_VALUE.fullmatch(word) for word in (words if runs_files else words[:1])):
        yield EVERYTHING  # the script that runs is the value of a variable
    told = [path for word in words[1:] for path in _paths_in(word)]
    if name == "python":
        told += (path for at, word in enumerate(words[:-1]) if word == "-m" for path in _module(words[at + 1]))
    if _IS_FILE.search(words[0]):
        told.append(words[0])
    named = list(_located(told, folders))
    yield from named
    if name in IMPLIED:
        # An option may send the program elsewhere (`make -C web`): each word may be that folder.
        for place in (*folders, *named):
            yield from (f"{place}/{file}" if place else file for file in IMPLIED[name])


def _paths_in(word: str) -> Iterator[str]:
    """Yield what of a word may be a path: all of it, its parts between separators, and what follows an option."""
    for part in dict.fromkeys([word, *_SEPARATORS.split(word)]):
        yield part.lstrip("/") if part.startswith("//") else part
        if part.startswith("-") and not part.startswith("--"):
            yield part[2:]


def _module(name: str) -> Iterator[str]:
    """Yield where a module of Python may lie that `-m` names."""
    if not _MODULE.fullmatch(name):
        return
    path = name.replace(".", "/")
    for root in ("", "src/"):
        yield from (f"{root}{path}.py", f"{root}{path}", f"{root}{path.partition('/')[0]}/__init__.py")


def _located(paths: Iterable[str], folders: Sequence[str]) -> Iterator[str]:
    """Yield the globs for paths as they are seen from each of the folders; none for what lies outside the lane."""
    for path in paths:
        if not path or path.startswith("-") or len(path) > GLOB_LENGTH_MAX or _ELSEWHERE.match(path):
            continue
        glob = _open(path)
        for folder in folders if glob is not None else ():
            whole = _normal(f"{folder}/{glob}")
            if whole is None:
                continue
            yield whole or EVERYTHING
            if _MAGIC.search(path):
                yield literal(whole)  # in quotes a star is a star


def _open(path: str) -> str | None:
    """Return a path with wildcards for what is not known of it; None: nothing of its name is known."""
    parts = path.split("/")
    opened = ["**" if part == "{}" or _VALUE.fullmatch(part) else _VALUE.sub("*", part) for part in parts]
    return "/".join(opened) if any(part != "**" for part in opened) else None


def _normal(path: str) -> str | None:
    """Return a path without `.` and `..`; empty: the lane itself; None: it leads out of the lane."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not kept:
                return None
            kept.pop()
        elif part not in {"", "."}:
            kept.append(part)
    return "/".join(kept)
