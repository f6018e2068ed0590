"""The table of agents of others that Surefoot knows by name: how each is started, and what of the home is its own."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import field

from surefoot.core.record import record
from surefoot.core.regex import regex

PREFIX = "acp:"
"""What a worker begins with that is an agent of others, spoken to over the Agent Client Protocol."""
_NAME = regex(r"[A-Za-z][A-Za-z0-9_.-]*")
_GIVEN = regex(r"acp:\S(?:.*\S)?")


@record
class AgentProgram:
    """An agent of others: a program that speaks the Agent Client Protocol on its standard streams."""

    name: str
    """What comes behind `acp:`."""
    command: tuple[str, ...]
    """The program, searched on PATH, and its arguments."""
    login: tuple[str, ...] = ()
    """The places of the home that are its own, as `~/…`: it reads and writes them, and nothing else of the home."""
    variables: tuple[str, ...] = ()
    """Variables that it is given where they are set: keys, and the addresses of its provider."""
    hosts: tuple[str, ...] = ()
    """The hosts of its provider, as globs, with or without `:PORT`; those of its variables that are addresses are let
    through, too. Empty: nothing is known of them, and it has the whole network."""
    network: str = "provider"
    """`provider`: it reaches its hosts alone; `all`: it has the whole network."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables by which it is told to ask before it acts, where it would not do so by itself."""
    has_files_served: bool = True
    """Whether it has its files read and written by us; some do not understand that a file is not there yet."""
    install: str = "install it, or name another agent"
    """How it is installed."""
    log_in: str = "log in with its own program, or set the variable that holds its key"
    """How somebody logs in."""


AGENT_PROGRAMS: Mapping[str, AgentProgram] = {
    one.name: one
    for one in (
        AgentProgram(
            name="claude",
            command=("claude-agent-acp",),
            login=("~/.claude", "~/.claude.json"),
            variables=(
                "ANTHROPIC_API_KEY",
                "ANTHROPIC_AUTH_TOKEN",
                "ANTHROPIC_BASE_URL",
                "ANTHROPIC_MODEL",
                "CLAUDE_CODE_OAUTH_TOKEN",
            ),
            hosts=("api.anthropic.com", "console.anthropic.com", "platform.claude.com", "claude.ai"),
            install="npm install -g @agentclientprotocol/claude-agent-acp (Node.js 22 or newer)",
            log_in="`claude /login`, or set ANTHROPIC_API_KEY",
        ),
        AgentProgram(
            name="codex",
            command=("codex-acp",),
            login=("~/.codex",),
            variables=("OPENAI_API_KEY", "CODEX_API_KEY", "OPENAI_BASE_URL"),
            hosts=("api.openai.com", "auth.openai.com", "chatgpt.com"),
            env={
                "INITIAL_AGENT_MODE": "read-only",  # otherwise its own model says whether an edit is harmless
                "DEFAULT_AUTH_REQUEST": '{"methodId": "api-key"}',
            },
            install="npm install -g @agentclientprotocol/codex-acp",
            log_in="`codex login`, or set OPENAI_API_KEY",
        ),
        AgentProgram(
            name="gemini",
            command=("gemini", "--acp"),
            login=("~/.gemini",),
            variables=("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_CLOUD_PROJECT"),
            hosts=(
                "generativelanguage.googleapis.com",
                "cloudcode-pa.googleapis.com",
                "aiplatform.googleapis.com",
                "*-aiplatform.googleapis.com",
                "oauth2.googleapis.com",
            ),
            has_files_served=False,
            install="npm install -g @google/gemini-cli",
            log_in="`gemini` once in a terminal, or set GEMINI_API_KEY",
        ),
        AgentProgram(
            name="qwen",
            command=("qwen", "--acp"),
            login=("~/.qwen",),
            variables=("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "DASHSCOPE_API_KEY"),
            hosts=("api.openai.com", "dashscope*.aliyuncs.com", "chat.qwen.ai", "portal.qwen.ai"),
            has_files_served=False,
            install="npm install -g @qwen-code/qwen-code (Node.js 22 or newer)",
            log_in="`qwen` once in a terminal, or set OPENAI_API_KEY",
        ),
        AgentProgram(
            name="opencode",
            command=("opencode", "acp"),
            login=("~/.local/share/opencode", "~/.config/opencode", "~/.local/state/opencode"),
            variables=("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"),
            hosts=(
                "api.anthropic.com",
                "api.openai.com",
                "generativelanguage.googleapis.com",
                "openrouter.ai",
                "opencode.ai",
                "models.opencode.ai",
                "models.dev",
            ),
            env={"OPENCODE_PERMISSION": '{"edit": "ask", "bash": "ask", "webfetch": "ask"}'},
            install="npm install -g opencode-ai",
            log_in="`opencode auth login`, or set the variable of your provider's key",
        ),
    )
}
"""By their names; `[workers]` of the settings adds others, or puts another in the place of one."""


def program_of(agents: Mapping[str, AgentProgram], worker: str) -> AgentProgram:
    """Return the program that a worker is.

    Raises:
        LookupError: no agent has that name; the message says which there are.
    """
    command = command_of(worker)
    if command:
        return AgentProgram(name=command, command=tuple(shlex.split(command)))
    name = worker.removeprefix(PREFIX)
    if name not in agents:
        known = ", ".join(sorted(agents))
        raise LookupError(
            f"no agent is called {name!r}; name one of {known}, add [workers.{name}] to your settings, or write its "
            f"command with its path, as in acp:/usr/bin/{name}"
        )
    return agents[name]


def is_worker(text: str) -> bool:
    """Tell whether a text names a worker: `acp:` and a name or a command."""
    return _GIVEN.fullmatch(text) is not None


def command_of(worker: str) -> str:
    """Return the command line of a worker that is given as one; empty: it is a name.

    A command has a blank or a slash in it, so that no name can be mistaken for a program.
    """
    said = worker.removeprefix(PREFIX)
    return "" if _NAME.fullmatch(said) else said
