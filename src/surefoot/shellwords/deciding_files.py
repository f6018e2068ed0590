"""Files that decide what a check says, by its command: scripts it runs, settings of its programs.

A change of such a file can make a check pass that proves nothing.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from surefoot.core.named_files import IMPLIED
from surefoot.core.policy_types import CommandFacts
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.shell_names import RUNS_SCRIPTS

_JUDGING = """
make gmake just task rake cmake ctest ninja meson scons bazel invoke inv npm yarn pnpm bun jest vitest mocha ava karma
playwright cypress tsc eslint prettier biome pytest py.test coverage tox nox hatch mypy pyright basedpyright ruff flake8
pylint black isort bandit pre-commit cargo cross go golangci-lint mvn mvnw gradle gradlew sbt ant dotnet bundle rspec
rubocop composer phpunit mix swift shellcheck
"""
"""Programs that build or judge. The files of others, such as those of `terraform`, are what a check asks about."""
_NOT_DECIDING = regex(r".*lock.*|go\.sum|requirements.*|MANIFEST\.in|\.npmignore")
"""Files that such programs read, and that do not say how they judge."""
_READS: Mapping[str, tuple[str, ...]] = {
    program: tuple(f"**/{name.removeprefix('**/')}" for name in IMPLIED[program] if not _NOT_DECIDING.fullmatch(name))
    for program in _JUDGING.split()
}
"""Programs, and globs over the files that say how they judge, in whatever folder these lie."""

_PYTHON = regex(r"python(?:\d(?:\.\d+)?)?|pypy3?")
_VALUED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(RUNS_SCRIPTS, frozenset({"-O", "+O", "-o", "+o", "--rcfile", "--init-file"})),
    "python": frozenset({"-W", "-X"}),
    "node": frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file"}),
    "ruby": frozenset({"-r", "-I", "-C"}),
    "php": frozenset({"-d", "-c"}),
    **dict.fromkeys(("perl", "Rscript", "lua", "bun", "deno", "tsx", "ts-node"), frozenset[str]()),
}
"""Programs that run a script, each with its options that have a value of their own."""
_CODE_FOLLOWS = frozenset({"-c", "-e", "-p", "-r", "--eval", "--print"})
"""Options after which no script is named; for Node.js and Ruby `-r` names one."""
_GIVEN_SCRIPTS = frozenset({"awk", "gawk", "mawk", "sed", "grep", "jq"})
"""Programs whose `-f` names a file that says what they look for."""
_NAMING = regex(r"-(?:f|c|p|-config(?:-file|uration)?|-file|-makefile|-justfile|-rcfile|-project|-rootdir|-plugin)")
"""Options of programs that judge which name a file or a module: settings, a Makefile, a plugin."""
_MOVING = frozenset({"-C", "--prefix", "--dir", "--cwd", "--directory"})
_TEST_RUNNERS = frozenset(
    {"pytest", "py.test", "unittest", "jest", "vitest", "mocha", "ava", "rspec", "phpunit", "bats"}
)
_PYTHON_RUNNERS = frozenset({"pytest", "py.test", "unittest"})
_RUNNER_MODULES = frozenset(
    """pytest _pytest pluggy iniconfig packaging pygments exceptiongroup tomli py coverage xdist execnet nose nose2
    sitecustomize usercustomize tox nox mypy ruff flake8 pyflakes pycodestyle pylint astroid black""".split()  # noqa: SIM905
)
"""Modules of programs that judge, beside those of Python's own library."""
_LIBRARY = sys.stdlib_module_names - {"test", "this", "antigravity"}
_BUILDING = {**dict.fromkeys(("make", "gmake"), "make"), **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), "npm")}
"""Programs that run what a file of the tree says, each with the name of their kind."""
_FOLDERS_MAX = 16
_MODULE_FILE = regex(r"([A-Za-z_]\w*)(?:/__init__)?(?:\.[\w-]+)?\.(?:py|pyc|so)")


@record
class Build:
    """A program that runs what a file of the tree says, and what it is to run."""

    program: str
    """`make`, or `npm` for all that read `package.json`."""
    folder: str
    """Where it starts, from the root; empty: there."""
    words: tuple[str, ...]
    """What it is given."""


@record
class CheckFiles:
    """The files that decide what checks say. Paths and globs count from the root of the tree."""

    scripts: tuple[str, ...] = ()
    """Files that a check runs or names as its settings, if they exist."""
    settings: tuple[str, ...] = ()
    """Globs over files that its programs read before they answer, also where there are none yet."""
    imports: tuple[str, ...] = ()
    """Folders from which Python imports before it looks into its own library: what has the name of a module of that
    library, or of a test runner, is taken instead."""
    builds: tuple[Build, ...] = field(default=(), repr=False)
    """What runs further commands that stand in files."""

    def shadow_in(self, path: str) -> str | None:
        """Return what stands in the way of a module, as a path without a suffix, if the file at the path does so."""
        for folder in self.imports:
            inner = path.removeprefix(f"{folder}/") if folder else path
            found = _MODULE_FILE.fullmatch(inner) if inner != path or not folder else None
            if found is not None and _is_taken(found[1]):
                return posixpath.join(folder, found[1])
        return None


def together(found: Sequence[CheckFiles]) -> CheckFiles:
    """Return the files of several checks as those of one."""
    return CheckFiles(
        scripts=_once(path for one in found for path in one.scripts),
        settings=_once(glob for one in found for glob in one.settings),
        imports=_once(folder for one in found for folder in one.imports),
        builds=tuple(dict.fromkeys(build for one in found for build in one.builds)),
    )


def files_of_command(does: CommandFacts, folder: str, env: Mapping[str, str]) -> CheckFiles:
    """Return the files that decide how a command ends which starts in a folder; whether they exist is not known.

    `env` are the variables it is given.
    """
    folders = [folder]
    given = [*env.items(), *((name, value) for name, _, value in (one.partition("=") for one in does.sets))]
    paths = [value for name, value in given if name == "PYTHONPATH"]
    imports = [one for value in paths for word in value.split(":") for one in _joined([folder], word or ".")]
    found = [CheckFiles(imports=tuple(imports))]
    options = [("pytest", *value.split()) for name, value in given if name == "PYTEST_ADDOPTS"]
    for words in filter(None, (*does.commands, *options)):
        name = words[0].rpartition("/")[2]
        program = "python" if _PYTHON.fullmatch(name) else name
        if program == "cd":
            folders += _joined(folders[-1:], words[-1]) if len(folders) < _FOLDERS_MAX else ()
        else:
            found.append(_files_of(program, words, folders, is_unclear=does.unclear is not None))
    return together(found)


def _files_of(program: str, words: tuple[str, ...], folders: Sequence[str], *, is_unclear: bool) -> CheckFiles:
    """Return the files that decide how one simple command ends; it starts in any of the folders."""
    moved = [one for word in _values(words, _MOVING) for one in _joined(folders, word)]
    at = [*folders, *moved[:_FOLDERS_MAX]]
    scripts = [path for word in _named(program, words) for path in _joined(at, word)]
    if is_unclear and program in {"<", "cat"}:  # it may be read by a shell
        scripts += (path for word in words[1:] for path in _joined(at, word))
    kind = _BUILDING.get(program)
    return CheckFiles(
        scripts=tuple(filter(None, scripts)),
        settings=_READS.get(program, ()),
        imports=tuple(_imports(program, words, at)),
        builds=tuple(Build(program=kind, folder=one, words=words[1:]) for one in at) if kind is not None else (),
    )


def _once(found: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def _is_taken(module: str) -> bool:
    """Tell whether Python or a program that judges has a module of that name."""
    return module in _LIBRARY or module in _RUNNER_MODULES or module.startswith(("pytest_", "_pytest"))


def _joined(folders: Sequence[str], word: str) -> Iterator[str]:
    """Yield where a word leads from each folder, unless that is not known or lies outside; the root is empty."""
    if "$" in word or word.startswith(("/", "~", "-")):
        return
    for folder in folders:
        path = posixpath.normpath(posixpath.join(folder, word))
        if path != ".." and not path.startswith("../"):
            yield "" if path == "." else path


def _values(words: Sequence[str], options: frozenset[str]) -> Iterator[str]:
    for option, value in zip(words[1:], [*words[2:], ""], strict=False):
        name, sign, attached = option.partition("=")
        if name in options and (attached or value):
            yield attached if sign else value


def _named(program: str, words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a simple command that are scripts or settings."""
    if "/" in words[0]:
        yield words[0]
    if program in _VALUED:
        yield from _scripts(program, words)
    if program in _READS or program in _GIVEN_SCRIPTS:
        options = frozenset(word.partition("=")[0] for word in words if _NAMING.fullmatch(word.partition("=")[0]))
        for value in _values(words, options):
            yield from (value, f"{value.replace('.', '/')}.py")
    if program in _TEST_RUNNERS:
        for word in words[1:]:
            path = word.partition("::")[0]
            yield from (path, f"{path.replace('.', '/')}.py") if program == "unittest" else (path,)


def _scripts(program: str, words: Sequence[str]) -> Iterator[str]:
    """Yield what an interpreter is given to run: a script, or the files that a module may be."""
    valued, is_value = _VALUED[program], False
    for index, word in enumerate(words[1:], 1):
        if is_value or not word.startswith(("-", "+")) or word == "-":
            yield word
            if not is_value and word not in {"run", "test", "exec"}:
                return
            is_value = False
        elif program == "python" and word == "-m":
            for module in words[index + 1 : index + 2]:
                place = module.replace(".", "/")
                yield from (f"{place}.py", f"{place}/__main__.py")
            return
        elif word in valued:
            is_value = True
        elif word in _CODE_FOLLOWS:
            return
        else:
            yield word.partition("=")[2] or word


def _imports(program: str, words: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """Yield the folders from which Python imports first: where it starts, or where its script lies."""
    if program in _PYTHON_RUNNERS or (program == "python" and ("-m" in words or "-c" in words)):
        yield from folders
    elif program == "python":
        for word in _scripts(program, words):
            yield from (posixpath.dirname(path) for path in _joined(folders, word) if path.endswith(".py"))
