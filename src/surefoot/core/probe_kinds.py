"""The table of probe kinds: their records and their keys in plan files.

A new kind is a record and a row of `PROBE_KINDS` here, and its module in `surefoot.probes`. No password stands in a
plan, for the journal keeps plans.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from surefoot.core.plan_keys import FLAG, FUNCTION, LITERAL, TEXT, Key, Kind, Value, Way, record_of
from surefoot.core.record import record
from surefoot.core.regex import regex

VARIABLE = regex(r"\$([A-Za-z_][A-Za-z0-9_]*)")
"""A variable that stands for an address, or for the password in one."""
_PORT = regex(r"(?:([^\s:\[\]]+|\[[0-9A-Fa-f:.%a-z]+\]):)?([0-9]{1,5})")
_PORT_LAST = 65535


@record
class Request:
    """What is run or requested to ask a probe."""

    text: str
    """As a person reads it."""
    words: tuple[str, ...] = ()
    """The command that would ask the same, where Surefoot asks itself."""
    host: str | None = None
    """The host it reaches; None: its text tells."""
    network: bool | None = True
    """Whether it has the network, whatever its step has; None: as its step has it."""
    confine: bool = True
    is_shell: bool = False
    """Whether the text is a shell command."""


class _Question:
    """What code asks of a probe without knowing of which kind the probe is."""

    __slots__ = ()
    runs_commands: ClassVar[bool] = False
    """Whether it is asked by a command, which needs a lane to start in."""

    @property
    def about(self) -> str:
        """What outside the lane it asks about; empty: what it runs or calls knows."""
        return ""

    @property
    def request(self) -> Request | None:
        """What is run or requested; None where it looks at a file, at processes, or asks the program itself."""
        return None

    @property
    def address(self) -> str:
        """The address in which a password may be named by a variable; empty: there is none."""
        return ""

    @property
    def too_open(self) -> str:
        """Why no model may write it; empty: a model may."""
        return ""


_DOORS = (
    "a model's probe may not be of kind `{}`, which no sandbox holds; use `run` (confined, without the network), "
    "`command`, `file`, `git`, `http` with GET or HEAD, `port` or `package`"
)
_LOOKING: Mapping[str, tuple[str, ...]] = {"GET": (), "HEAD": ("-I",)}
"""The methods of HTTP that only look, and what they are to curl."""


@record
class FileProbe(_Question):
    """Applied when the path exists (with this content, if a digest is given)."""

    path: str
    """Absolute, or relative to the lane's root."""
    sha256: str | None = None
    """Expected digest of the content, in hex."""

    @property
    def about(self) -> str:
        """The path."""
        return self.path


@record
class GitProbe(_Question):
    """Applied when a remote's ref is at a commit."""

    runs_commands = True
    remote: str
    """URL, path or remote name."""
    ref: str
    """Full ref name or branch."""
    commit: str
    """The commit it should be at; a revision of the lane is resolved there."""

    @property
    def about(self) -> str:
        """The remote and the ref."""
        return f"{self.remote} {self.ref}"

    @property
    def request(self) -> Request:
        """The command of git."""
        words = ("git", "ls-remote", self.remote, self.ref)
        return Request(text=" ".join(words), words=words, host="", confine=False)


@record
class HttpAnswer:
    """A pattern over an HTTP answer; all that is set must hold."""

    status: int | None = None
    json: Mapping[str, object] = field(default_factory=dict[str, object])
    """Dotted paths into the JSON body and the values they must have."""


@record
class HttpProbe(_Question):
    """Applied or not applied by the patterns it declares; anything else is unknown."""

    url: str
    """What to request; `$SUREFOOT_IDEMPOTENCY_KEY` in it stands for the step's."""
    method: str = "GET"
    applied: HttpAnswer = HttpAnswer()
    """The answer that shows the effect happened."""
    not_applied: HttpAnswer | None = None
    """The answer that shows it did not; without it only applied and unknown can be told."""

    @property
    def about(self) -> str:
        """The address."""
        return self.url

    @property
    def request(self) -> Request:
        """The request."""
        words = ("curl", *_LOOKING.get(self.method, ("-X", self.method)), self.url)
        return Request(text=f"{self.method} {self.url}", words=words, host=_host_of(self.url))

    @property
    def too_open(self) -> str:
        """Other methods may change something."""
        if self.method in _LOOKING:
            return ""
        return f"its probe asks by the method {self.method}, which may change something; use GET or HEAD"


@record
class RunProbe(_Question):
    """A command: exit 0 applied, 1 not applied, anything else unknown."""

    runs_commands = True
    command: str
    confine: bool = False
    """Whether it runs in the sandbox, without the network; the probes that models write do."""

    @property
    def request(self) -> Request:
        """The command."""
        return Request(text=self.command, network=not self.confine, confine=self.confine, is_shell=True)


@record
class CallProbe(_Question):
    """A Python function in a child process: it returns True, False, None (unknown), or one of the three words."""

    runs_commands = True
    function: str
    """`package.module:function`, imported from the plan's folder or installed packages."""

    @property
    def request(self) -> Request:
        """The function."""
        return Request(text=self.function, confine=False)

    @property
    def too_open(self) -> str:
        """The function runs outside the sandbox."""
        return _DOORS.format("call")


@record
class FunctionProbe(_Question):
    """A function of the calling program, asked in the engine's own process; only plans made in Python have it."""

    name: str
    """The function's qualified name, for reports. The function itself is handed to the engine by step id."""


@record
class ProcessProbe(_Question):
    """Applied when a process runs whose command line fits; Linux can tell."""

    pattern: str
    """A regular expression, searched for in the command line: its words with blanks between them."""
    pid_file: str | None = None
    """A file that names the one process that counts; absolute, or relative to the lane's root."""

    @property
    def about(self) -> str:
        """The expression."""
        return self.pattern

    @property
    def too_open(self) -> str:
        """The command lines of all programs are looked at."""
        return _DOORS.format("process")


@record
class PortProbe(_Question):
    """Applied when something accepts connections there, not applied when they are refused."""

    port: str
    """`PORT` on this machine's loopback, or `HOST:PORT`."""

    @property
    def about(self) -> str:
        """The port."""
        return f"port {self.port}"

    @property
    def request(self) -> Request:
        """The connection."""
        place = place_of(self.port)
        return Request(text=f"connect to {self.port}", host="" if place is None else place[0])


@record
class PackageProbe(_Question):
    """Applied when the release is in a package index."""

    package: str
    """The project's name, in any spelling."""
    version: str
    index: str
    """A simple index (its address, or `$NAME` for it), or a folder of wheels and source distributions."""

    @property
    def about(self) -> str:
        """The release and the index."""
        return f"{self.package} {self.version} in {self.index}"

    @property
    def request(self) -> Request:
        """The request to the index."""
        return Request(text=self.about, words=("curl", self.index), host=_host_of(self.index))

    @property
    def address(self) -> str:
        """The index."""
        return self.index

    @property
    def too_open(self) -> str:
        """A variable of the user's environment may hold a password."""
        if VARIABLE.search(self.index) is None:
            return ""
        return "the address of its probe names a variable of the user's environment; write an address without one"


@record
class SqlAnswer:
    """A pattern over the rows of an answer; all that is set must hold."""

    rows: int | None = None
    """How many there are."""
    first: tuple[object, ...] = ()
    """The values with which the first row begins."""


@record
class SqlProbe(_Question):
    """A query. Without patterns a row shows the effect, and no row shows that there was none."""

    query: str
    """What to select; `$SUREFOOT_IDEMPOTENCY_KEY` in it stands for the step's."""
    url: str
    """`sqlite:///PATH`, `postgresql://…`, or `$NAME` for such a URL or for the password in it."""
    applied: SqlAnswer | None = None
    not_applied: SqlAnswer | None = None

    @property
    def about(self) -> str:
        """The database and the query."""
        return f"{self.url} {self.query}"

    @property
    def request(self) -> Request:
        """The query."""
        return Request(text=f"{self.query} in {self.url}", host=_host_of(self.url))

    @property
    def address(self) -> str:
        """The database's URL."""
        return self.url

    @property
    def too_open(self) -> str:
        """The URL may name a password."""
        return _DOORS.format("sql")


@record
class CommandProbe(_Question):
    """A program, started without a shell and confined like a body: its output answers by the patterns it declares."""

    runs_commands = True
    argv: tuple[str, ...]
    applied: str
    """A regular expression (`^` and `$` match at each line); output in which it is found shows the effect."""
    not_applied: str | None = None
    """One whose match shows that there was none; without it only applied and unknown can be told."""

    @property
    def request(self) -> Request:
        """The program, as a shell would start it."""
        return Request(text=shlex.join(self.argv), network=None, is_shell=True)


ProbeQuestion = (
    FileProbe
    | GitProbe
    | HttpProbe
    | RunProbe
    | CallProbe
    | FunctionProbe
    | ProcessProbe
    | PortProbe
    | PackageProbe
    | SqlProbe
    | CommandProbe
)


_ANSWER = Value("answer", table="answer")
_ROWS = Value("rows", table="rows")
# fmt: off
PROBE_KINDS: tuple[Kind, ...] = (
    Kind(FileProbe, (
        Key("file", TEXT, "A path.", field="path", way=Way.PLAIN),
        Key("sha256", Value("sha256"), "The expected digest, in hex.", usual="any content"),
    ), ("The path exists, with the content of `sha256` if that is given.", "It does not.")),
    Kind(GitProbe, (
        Key("git", TEXT, "A remote.", field="remote", way=Way.PLAIN),
        Key("ref", TEXT, "A branch or a full ref name.", need="a branch or full ref name", way=Way.PLAIN),
        Key("is", LITERAL, "A commit, as its id or as a revision such as `HEAD`.", need="the commit it should be at",
            field="commit", way=Way.PLAIN),
    ), ("The remote's `ref` is at the commit `is`.", "It is absent or elsewhere.")),
    Kind(HttpProbe, (
        Key("http", Value("web_address"), "An address.", field="url", way=Way.PLAIN),
        Key("method", Value("method"), "The method."),
        Key("applied", _ANSWER, "`{status: 200, json: {PATH: VALUE}}`; all that is set must hold. PATH is dotted.",
            need="the answer that shows the effect, as in {status: 200}"),
        Key("not_applied", _ANSWER, "As `applied`."),
    ), ("The answer fits `applied`.", "The answer fits `not_applied`; without that pattern there is no *not applied*."
        )),
    Kind(RunProbe, (
        Key("run", TEXT, "A command.", field="command", way=Way.SHELL),
        Key("confine", FLAG, "`true`: the command runs in the sandbox, without the network.",
            "So do the commands of probes that models write."),
    ), ("Exit status 0.", "Exit status 1.")),
    Kind(CallProbe, (
        Key("call", FUNCTION, "A Python function.", field="function"),
    ), ('The Python function `package.module:function` returns `True` or `"applied"`.',
        'It returns `False` or `"not_applied"`.')),
    Kind(ProcessProbe, (
        Key("process", Value("pattern"), "A regular expression.", field="pattern", way=Way.REGEX),
        Key("pid_file", TEXT, "A file that names the one process that counts.", usual="any process", way=Way.PLAIN),
    ), ("A process runs whose command line fits the [regular expression](#regular-expressions).", "None does.")),
    Kind(PortProbe, (
        Key("port", Value("port"), "`PORT` or `HOST:PORT`.", way=Way.PLAIN),
    ), ("`PORT` (on the loopback) or `HOST:PORT` accepts a connection.", "Every address of it refuses.")),
    Kind(PackageProbe, (
        Key("package", Value("package"), "A package.", way=Way.PLAIN),
        Key("version", Value("version"), "The release. `1.0` and `1.0.0` are one.", need="the release", way=Way.PLAIN),
        Key("index", Value("address"), "The address of a simple index (PEP 503 or 691), or a folder of wheels and "
            "source distributions.", need="the address of a simple index, or a folder,", way=Way.PLAIN),
    ), ("The release is in the index.", "The index has the project without it, or no such project.")),
    Kind(SqlProbe, (
        Key("sql", Value("query"), "A query.", field="query", way=Way.SQL),
        Key("url", Value("database"), "`sqlite:///PATH` (absolute with four slashes) or `postgresql://…`.",
            need="the database's URL", way=Way.PLAIN),
        Key("applied", _ROWS, "`{rows: N, value: V}`, where V is the first value of the first row, or V alone.",
            usual="a row"),
        Key("not_applied", _ROWS, "As `applied`.", usual="no row"),
    ), ("The query finds a row; or its rows fit `applied`.", "It finds none; or they fit `not_applied`.")),
    Kind(CommandProbe, (
        Key("command", record_of("command_probe"), "`{argv: [PROGRAM, …], applied: REGEX, not_applied: REGEX}`."),
        Key("argv", Value("argv"), "The program and its arguments, as a list.", need="the program and its arguments",
            way=Way.PLAIN),
        Key("applied", Value("pattern_by_line"), "What is found in the output when the effect was applied.",
            need="the pattern that shows the effect", way=Way.REGEX),
        Key("not_applied", Value("pattern_by_line"), "What is found in the output when it was not.", way=Way.REGEX),
    ), ("`applied` is found in the output of a program; see below.", "`not_applied` is found in its output.")),
)
# fmt: on


@record
class Probe:
    """A question to the world whether an effect was applied."""

    ask: ProbeQuestion
    within_s: float = 0.0
    """Repeat for this many seconds until applied; before that *not applied* is not believed."""


def place_of(port: str) -> tuple[str, int] | None:
    """Return host (empty: this machine) and number of `PORT` or `HOST:PORT`; None, if it is neither."""
    match = _PORT.fullmatch(port.strip())
    if match is None or not 0 < int(match[2]) <= _PORT_LAST:
        return None
    return (match[1] or "").strip("[]"), int(match[2])


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def has_password(address: str) -> bool:
    """Tell whether a password stands in an address itself, rather than the name of a variable that holds it."""
    try:
        parts = urlsplit(address)
        password = parts.password or ""
    except ValueError:
        return False
    given = (password, *(value for name, value in parse_qsl(parts.query) if "password" in name.lower()))
    return any(text and VARIABLE.fullmatch(text) is None for text in given)
