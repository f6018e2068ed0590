"""A session with an agent of others: one attempt at one step, over the Agent Client Protocol.

Owns the agent's process, which is confined to the lane, and all that is said with it. What the agent reports becomes
events; what it asks a permission for is put to the kernel, and its answer is the agent's. Files and terminals that it
asks us for are served as our own agents are. Must never decide what it may do.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

from acp import PROTOCOL_VERSION, RequestError
from acp.connection import Connection
from acp.schema import (
    ClientCapabilities,
    FileSystemCapabilities,
    Implementation,
    InitializeRequest,
    InitializeResponse,
    LoadSessionRequest,
    LoadSessionResponse,
    NewSessionRequest,
    NewSessionResponse,
    PromptRequest,
    PromptResponse,
    TextContentBlock,
)
from pydantic import BaseModel, ValidationError

from surefoot.core import commands as do
from surefoot.core import events as ev
from surefoot.core.agent_programs import AgentProgram
from surefoot.core.agent_types import ToolCall, Usage
from surefoot.core.bodies import WorkerBody
from surefoot.core.globs import matches
from surefoot.core.session import SESSION_LOST
from surefoot.core.short_text import shortened
from surefoot.errors import EffectError, WorkspaceError
from surefoot.faults import point
from surefoot.ports import CommandRequest
from surefoot.release import RELEASE
from surefoot.threads import in_thread
from surefoot.tools.lane_files import LaneFiles, Missing, Refused, clean, text_of
from surefoot.workers.acp_link import Link
from surefoot.workers.acp_requests import Json, call_of, command_call, outcome_of, table_in
from surefoot.workers.acp_terminals import (
    Terminal,
    begin,
    command_text,
    end_all,
    exit_of,
    output_of,
    request_of,
)
from surefoot.workers.command import LaneCommands
from surefoot.workers.redaction import masked
from surefoot.workers.run_context import RunContext

OPENING_S = 60.0
"""So long an agent has to begin a session."""
CANCELLING_S = 10.0
"""So long an agent has to end a turn that was cancelled; then its process is ended."""
_LOOKING_S = 20.0
"""What takes longer to read is not noted: such a session is not loaded again."""
_REPORT_EVERY_S = 1.0
_REPORT_UPDATES = 200
_LINE_MAX = 300
_LINES_MAX = 100
_LOGIN_MISSING = -32000
_NO_RESOURCE = -32002
_NOT_FOUND = -32601
_WORDS = {do.AnswerPermission: "answer", do.PromptAgent: "prompt", do.CancelTurn: "cancel"}
Model = TypeVar("Model", bound=BaseModel)


class AgentFlaw(Exception):
    """The session came to no proper end; the message says why and what to do."""

    def __init__(self, kind: str, text: str, *, may_pass: bool) -> None:
        """Keep a name for the flaw, and whether another attempt may go better."""
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.may_pass = may_pass


class Session:
    """What is said with one agent, from `initialize` to the end of its turn."""

    def __init__(
        self, context: RunContext, command: do.RunStep, program: AgentProgram, commands: LaneCommands, link: Link
    ) -> None:
        """Speak over `link` with the agent that carries out the step of `command`."""
        assert command.lane is not None
        self.usage = Usage()
        self.said: list[str] = []
        """What the agent said and did, a line each, for the evidence."""
        self._context, self._command, self._program, self._commands = context, command, program, commands
        self._lane, self._link, self._connection = command.lane, link, Connection(self._handle, link)
        self._body = WorkerBody.of(command.spec.body)
        self._id = ""
        self._calls: dict[str, dict[str, Any]] = {}
        self._words = ""
        self._lines: list[str] = []
        self._updates: list[str] = []
        self._asked = 0
        self._waiting, self._waiting_since, self._waited_s = 0, 0.0, 0.0
        self._limit: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._terminals: dict[str, Terminal] = {}
        self._permissions: dict[str, asyncio.Future[do.AnswerPermission | None]] = {}
        self._next: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._is_cancelled = asyncio.Event()
        self._turn, self._began = 1, 0.0
        self._can_load, self._looking = False, asyncio.Lock()
        context.sessions[command.step] = self._take_word

    # --- from the beginning to the end

    async def carry_out(self, cwd: str) -> str:
        """Open a session and have the agent work until nobody has more to say; return why it ended before, or nothing.

        Raises:
            AgentFlaw: the session came to no proper end.
        """
        await self._open(cwd)
        self._began, text, limit = self._context.clock.elapsed(), self._command.brief, ""
        while text:
            limit, is_limit = await self._carry_out_turn(text)
            if is_limit:
                return limit
            tree = await self._tree()
            event = ev.SessionTurnEnded(**self._command.at(self._context.clock.now()), turn=self._turn, tree=tree)
            self._turn += 1
            self._next = asyncio.get_running_loop().create_future()
            self._is_cancelled.clear()
            self._tell(event)
            text = await self._next
            point("agent.turn.over")
        return limit

    async def _carry_out_turn(self, text: str) -> tuple[str, bool]:
        """Have the agent work to the end of a turn; return why that came early, and whether a limit was reached."""
        prompt = PromptRequest(session_id=self._id, prompt=[TextContentBlock(type="text", text=text)])
        turn = asyncio.ensure_future(self._ask("session/prompt", prompt, PromptResponse, None))
        try:
            limit = await self._watch(turn)
            if limit:
                await self._cancel(turn)
                return limit, True
            return self._ended(turn.result()), False
        except AgentFlaw as flaw:
            if not self._is_cancelled.is_set() or flaw.kind != "AgentError":
                raise
            return "", False  # some agents answer a turn that was cancelled with an error
        finally:
            turn.cancel()
            with suppress(asyncio.CancelledError, AgentFlaw):
                await turn
            self.report()

    def _take_word(self, command: do.AgentCommand) -> None:
        """Take what was decided for the agent."""
        point(f"agent.{_WORDS[type(command)]}.before")
        match command:
            case do.AnswerPermission():
                waiting = self._permissions.pop(command.call, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(command)
            case do.PromptAgent():
                if not self._next.done():
                    self._next.set_result(command.text)
            case do.CancelTurn() if command.turn == self._turn:
                self._is_cancelled.set()
            case do.CancelTurn():
                pass  # that turn has ended by itself

    async def close(self) -> None:
        """End what was begun for the agent, and let go of the line."""
        self._context.sessions.pop(self._command.step, None)
        for waiting in self._permissions.values():
            waiting.cancel()
        await end_all(list(self._terminals.values()))
        await self._connection.close()

    async def _open(self, cwd: str) -> None:
        is_served = self._program.has_files_served
        files = FileSystemCapabilities(read_text_file=is_served, write_text_file=is_served)
        opening = InitializeRequest(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(fs=files, terminal=True),
            client_info=Implementation(name="surefoot", title="Surefoot", version=RELEASE),
        )
        agent = await self._ask("initialize", opening, InitializeResponse, OPENING_S)
        if agent.protocol_version != PROTOCOL_VERSION:
            raise AgentFlaw(
                "ProtocolVersion",
                f"{self._name} speaks version {agent.protocol_version} of the Agent Client Protocol, and Surefoot "
                f"version {PROTOCOL_VERSION}; update the older of the two",
                may_pass=False,
            )
        capabilities, about = agent.agent_capabilities, agent.agent_info
        self._can_load = capabilities is not None and bool(capabilities.load_session)
        self._id = await (self._load(cwd) if self._command.session else self._new(cwd))
        self._tell(
            ev.SessionOpened(
                **self._command.at(self._context.clock.now()),
                agent=self._program.name if about is None else f"{about.name} {about.version}",
                protocol=agent.protocol_version,
                session=self._id,
                can_load=self._can_load,
            )
        )

    async def _new(self, cwd: str) -> str:
        asked = NewSessionRequest(cwd=cwd, mcp_servers=[])
        return (await self._ask("session/new", asked, NewSessionResponse, OPENING_S)).session_id

    async def _load(self, cwd: str) -> str:
        """Go on with a session; what the agent tells of it again is in the journal already, and is not taken.

        Raises:
            AgentFlaw: the agent does not have it any more.
        """
        name = self._command.session
        if not self._can_load:
            raise AgentFlaw(SESSION_LOST, f"{self._name} can no longer load a session", may_pass=True)
        try:
            asked = LoadSessionRequest(cwd=cwd, mcp_servers=[], session_id=name)
            await self._ask("session/load", asked, LoadSessionResponse, OPENING_S)
        except AgentFlaw as flaw:
            raise AgentFlaw(SESSION_LOST, flaw.text, may_pass=True) from flaw
        return name

    async def _tree(self) -> str | None:
        """Return what the lane holds, where the session can be loaded once its program has ended."""
        if not self._can_load:
            return None
        space, spec = self._context.space, self._command.spec
        async with self._looking:  # an agent may ask for several things at once
            try:
                return await in_thread(space.tree, self._lane, exclude=spec.uncommitted, within_s=_LOOKING_S)
            except (EffectError, WorkspaceError):
                return None

    async def _watch(self, turn: asyncio.Future[PromptResponse]) -> str:
        """Wait for the end of the turn, and report meanwhile; return the limit that was reached, or nothing.

        The time in which the agent waits for a person's word is not the agent's.
        """
        timeout_s = self._command.spec.timeout_s
        word = asyncio.ensure_future(self._is_cancelled.wait())
        try:
            while not turn.done():
                first = {turn, self._limit, word}
                await asyncio.wait(first, timeout=_REPORT_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                self.report()
                if turn.done():
                    break
                if self._limit.done():
                    return self._limit.result()
                if word.done():
                    await self._break_off(turn)
                elif not self._waiting and self._context.clock.elapsed() - self._began - self._waited_s > timeout_s:
                    return f"not finished within {timeout_s:g} s, its `timeout`"
        finally:
            word.cancel()
        return ""

    async def _break_off(self, turn: asyncio.Future[PromptResponse]) -> None:
        """Have the agent end its turn for what a person has to say.

        Raises:
            AgentFlaw: it goes on all the same.
        """
        await self._cancel(turn)
        if not turn.done():
            text = f"{self._name} did not end its turn within {CANCELLING_S:g} s of being told that a person has word"
            raise AgentFlaw("NotCancelled", text, may_pass=True)

    async def _cancel(self, turn: asyncio.Future[PromptResponse]) -> None:
        """Tell the agent to end its turn; what it asks for is answered so, as the protocol wants it."""
        for waiting in self._permissions.values():
            waiting.set_result(None)
        self._permissions.clear()
        with suppress(ConnectionError):
            await self._connection.send_notification("session/cancel", {"sessionId": self._id})
            await asyncio.wait({turn}, timeout=CANCELLING_S)

    def _ended(self, response: PromptResponse) -> str:
        if response.usage is not None:
            self.usage = Usage(
                input_tokens=response.usage.input_tokens,
                output_tokens=response.usage.output_tokens,
                cache_read_tokens=response.usage.cached_read_tokens or 0,
                cache_write_tokens=response.usage.cached_write_tokens or 0,
                cost_usd=self.usage.cost_usd,
            )
        match response.stop_reason:
            case "end_turn":
                return ""
            case "refusal":
                text = "its model would not do what the step asks for; say it in other words, or give it to another"
                raise AgentFlaw("Refused", text, may_pass=False)
            case other:
                return f"ended by the agent itself: {other.replace('_', ' ')}"

    async def _ask(self, method: str, asked: BaseModel, kind: type[Model], within_s: float | None) -> Model:
        """Ask the agent, and return its answer.

        Raises:
            AgentFlaw: there is none that can be used.
        """
        params = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
        try:
            answer = await asyncio.wait_for(self._connection.send_request(method, params), within_s)
            return kind.model_validate(answer)
        except TimeoutError:
            text = f"{self._name} did not answer `{method}` within {within_s:g} s{self._stray}; is it an ACP agent?"
            raise AgentFlaw("NoAnswer", text, may_pass=False) from None
        except ConnectionError:
            flaw = self._link.flaw or "it ended"
            raise AgentFlaw(
                "AgentEnded", f"{self._name}: {flaw} during `{method}`{self._stray}", may_pass=True
            ) from None
        except ValidationError:
            text = f"{self._name} answered `{method}` with what no ACP agent answers; update it, or name another agent"
            raise AgentFlaw("NotUnderstood", text, may_pass=False) from None
        except RequestError as error:
            raise self._refusal(method, error) from None

    def _refusal(self, method: str, error: RequestError) -> AgentFlaw:
        if error.code == _LOGIN_MISSING:
            return AgentFlaw("NotLoggedIn", f"{self._name} is not logged in: {self._program.log_in}", may_pass=False)
        detail = "" if error.data is None else f" ({shortened(json.dumps(error.data, default=str), _LINE_MAX)})"
        cure = "; is it an ACP agent? Update it, or name another" if error.code == _NOT_FOUND else ""
        text = f"{self._name} answered `{method}` with an error: {error}{detail}{cure}"
        return AgentFlaw("AgentError", text, may_pass=error.code != _NOT_FOUND)

    @property
    def _name(self) -> str:
        return f"the agent {self._program.name!r}"

    @property
    def _stray(self) -> str:
        """Say what the program printed that was no message."""
        return f"; it printed {self._link.stray[0]!r}" if self._link.stray else ""

    # --- what the agent says

    async def _handle(self, method: str, params: Any, is_notification: bool) -> Any:  # noqa: FBT001 - the library calls it so
        """Take a message of the agent; what goes wrong with one is told to the agent and is no end."""
        given = table_in(params)
        self._context.hear(self._command.step)
        if method == "session/update" and given.get("sessionId") == self._id:
            self._take(table_in(given.get("update")))
        serve = self._served.get(method)
        if is_notification:
            return None
        if serve is None or given.get("sessionId") != self._id:
            raise RequestError.method_not_found(method)
        try:
            return await serve(given)
        except Missing as error:  # agents ask so whether a file is there
            raise RequestError(_NO_RESOURCE, f"Resource not found: {error.text}") from None
        except Refused as error:
            raise RequestError(-32602, error.text) from None
        except (KeyError, TypeError, ValueError) as error:
            raise RequestError.invalid_params({"details": f"{type(error).__name__}: {error}"}) from None
        except OSError as error:
            raise RequestError.internal_error({"details": error.strerror or str(error)}) from None

    def _take(self, update: Json) -> None:
        """Note an update, and report what is worth a line."""
        kind = str(update.get("sessionUpdate"))
        if kind == "agent_message_chunk":
            self._words += str(table_in(update.get("content")).get("text") or "")
            return
        self._say_words()
        self._updates.append(json.dumps(update, default=str))
        if kind in {"tool_call", "tool_call_update"}:
            self._note_call(update)
        elif kind == "plan":
            self._note_plan(update)
        elif kind == "usage_update":
            self._note_usage(update)

    def _say_words(self) -> None:
        """Report what the agent wrote, in one piece."""
        if self._words.strip():
            self._updates.append(json.dumps({"sessionUpdate": "agent_message_chunk", "text": self._words}))
            self._line(f"said: {self._words}")
        self._words = ""

    def _note_call(self, update: Json) -> None:
        name = str(update.get("toolCallId"))
        known = self._calls.setdefault(name, {})
        is_new, before = not known, known.get("status")
        known.update({key: value for key, value in update.items() if value is not None})
        status = known.get("status")
        if is_new:
            self._line(f"{known.get('kind') or 'other'}: {known.get('title') or name}")
        if status != before and status in {"completed", "failed"}:
            self._line(f"{status}: {known.get('title') or name}")
        if len(self._calls) > self._body.turns_max:
            self._reach(f"cancelled at its limit of {self._body.turns_max} tool calls")

    def _note_plan(self, update: Json) -> None:
        entries = [table_in(one) for one in update.get("entries") or ()]
        done = sum(one.get("status") == "completed" for one in entries)
        now = next((str(one.get("content")) for one in entries if one.get("status") == "in_progress"), "")
        self._line(f"plan: {done} of {len(entries)} done{f'; now: {now}' if now else ''}")

    def _note_usage(self, update: Json) -> None:
        cost, limits, used = table_in(update.get("cost")), self._body.own_limits, update.get("used")
        amount = float(cost.get("amount") or 0.0) if cost.get("currency") == "USD" else 0.0
        tokens = max(self.usage.input_tokens, used if isinstance(used, int) else 0)
        self.usage = Usage(input_tokens=tokens, cost_usd=max(self.usage.cost_usd, amount))
        if limits.cost_usd is not None and self.usage.cost_usd > limits.cost_usd:
            self._reach(f"cancelled at its limit of ${limits.cost_usd:g}")
        if limits.tokens is not None and self.usage.tokens > limits.tokens:
            self._reach(f"cancelled at its limit of {limits.tokens:,} tokens")

    def _reach(self, limit: str) -> None:
        if not self._limit.done():
            self._limit.set_result(limit)

    def _line(self, text: str) -> None:
        line = shortened(" ".join(text.split()), _LINE_MAX)
        self.said.append(text)
        self._lines.append(line)
        if self._context.on_line is not None:
            self._context.on_line(self._command.step, self._context.masker.text(line))
        if len(self._updates) >= _REPORT_UPDATES:
            self.report()

    def report(self) -> None:
        """Have what was said since the last report journaled."""
        self._say_words()
        if not self._updates and not self._lines:
            return
        lines, updates = self._lines[:_LINES_MAX], self._updates
        lines += [f"… and {len(self._lines) - _LINES_MAX} more lines"] if len(self._lines) > _LINES_MAX else []
        self._lines, self._updates = [], []
        self._tell(
            ev.SessionReported(
                **self._command.at(self._context.clock.now()),
                lines=tuple(lines),
                updates=self._context.store("\n".join(updates).encode("utf-8", "replace")),
                usage=self.usage,
            )
        )

    def _tell(self, event: ev.Event) -> None:
        point(f"agent.{event.kind}.before")
        self._context.tell(masked(event, self._context.masker))

    # --- what the agent asks for

    @property
    def _served(self) -> Mapping[str, Callable[[Json], Awaitable[Any]]]:
        return {
            "session/request_permission": self._permission,
            "fs/read_text_file": self._read,
            "fs/write_text_file": self._write,
            "terminal/create": self._begin_terminal,
            "terminal/output": self._show_terminal,
            "terminal/wait_for_exit": self._await_terminal,
            "terminal/kill": self._kill_terminal,
            "terminal/release": self._release_terminal,
        }

    async def _permission(self, params: Json) -> Any:
        """Put a request to the kernel, and choose the answer among those the agent takes."""
        call, options = cast("Json", params["toolCall"]), cast("Sequence[Json]", params["options"])
        known = {**self._calls.get(str(call.get("toolCallId")), {}), **{k: v for k, v in call.items() if v is not None}}
        answer = await self._answer_to(call_of(self._context, self._lane, self._next_name(), known))
        if answer is None:
            return {"outcome": {"outcome": "cancelled"}}
        if not answer.is_allowed:
            self.said.append(f"refused: {known.get('title') or 'a request'}: {answer.reason}")
        return outcome_of(options, is_allowed=answer.is_allowed)

    def _next_name(self) -> str:
        self._asked += 1
        return f"permission.{self._asked}"

    async def _answer_to(self, call: ToolCall, *, is_served: bool = False) -> do.AnswerPermission | None:
        """Return the kernel's answer, or None where the turn was cancelled; the agent's time stands still meanwhile."""
        clock, tree = self._context.clock, await self._tree()
        if self._is_cancelled.is_set():
            return None
        waiting: asyncio.Future[do.AnswerPermission | None] = asyncio.get_running_loop().create_future()
        self._permissions[call.call] = waiting
        self.report()
        self._tell(ev.PermissionAsked(**self._command.at(clock.now()), call=call, is_served=is_served, tree=tree))
        if not self._waiting:
            self._waiting_since = clock.elapsed()
        self._waiting += 1
        try:
            return await waiting
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._waited_s += clock.elapsed() - self._waiting_since

    async def _read(self, params: Json) -> Any:
        path = self._inner(str(params["path"]))
        held = LaneFiles(self._root).read(path)
        text = text_of(path, held.content)
        line, limit = params.get("line"), params.get("limit")
        if line is not None or limit is not None:
            first = max(0, int(line or 1) - 1)
            lines = text.splitlines(keepends=True)
            text = "".join(lines[first:] if limit is None else lines[first : first + int(limit)])
        return {"content": text}

    async def _write(self, params: Json) -> Any:
        """Write a file whole, where the step may."""
        plan = self._context.plan
        path, writes = clean(self._inner(str(params["path"]))), plan.writes_of(self._command.spec)
        if matches(path, plan.denied) or not matches(path, writes):
            self._line(f"refused: write {path}")
            raise Refused(f"{path} lies outside what this step may change: {', '.join(writes) or 'nothing'}")
        files = LaneFiles(self._root)
        before = files.look(path)
        self._context.disturb(self._lane, leaves_nothing=True)
        files.write(
            path, str(params["content"]).encode("utf-8", "surrogatepass"), None if before is None else before.mode
        )
        self._line(f"wrote: {path}")
        return {}

    @property
    def _root(self) -> Any:
        return self._context.space.lane_path(self._lane)

    def _inner(self, path: str) -> str:
        """Return a path from the root of the lane.

        Raises:
            Refused: it leads out of the lane.
        """
        if not path.startswith("/"):
            return path
        for root in (str(self._root), os.path.realpath(self._root)):
            if path.rstrip("/") == root:
                return "."
            if path.startswith(f"{root}/"):
                return path.removeprefix(f"{root}/")
        raise Refused(f"{path} lies outside the workspace {self._root}")

    async def _begin_terminal(self, params: Json) -> Any:
        command = command_text(params)
        env = {str(one["name"]): str(one["value"]) for one in params.get("env") or ()}
        call = command_call(self._context, self._next_name(), command, env)
        answer = await self._answer_to(call, is_served=True)
        if answer is None or not answer.is_allowed:
            reason = "the turn was cancelled" if answer is None else answer.reason
            self.said.append(f"refused: {command}: {reason}")
            raise Refused(f"refused: {reason}")
        folder = str(self._root / clean(self._inner(params["cwd"]))) if params.get("cwd") else None
        spec = self._command.spec
        template = CommandRequest(timeout_s=spec.timeout_s, network=spec.network, confine=spec.confine)
        name = call.call.replace("permission", "terminal")
        self._terminals[name] = begin(
            self._commands, request_of(params, template, folder), params.get("outputByteLimit")
        )
        return {"terminalId": name}

    async def _show_terminal(self, params: Json) -> Any:
        return output_of(self._terminals[params["terminalId"]])

    async def _await_terminal(self, params: Json) -> Any:
        terminal = self._terminals[params["terminalId"]]
        assert terminal.running is not None
        await asyncio.wait({terminal.running})
        return exit_of(terminal)

    async def _kill_terminal(self, params: Json) -> Any:
        self._terminals[params["terminalId"]].kill()
        return {}

    async def _release_terminal(self, params: Json) -> Any:
        await end_all([self._terminals[params["terminalId"]]])
        return {}


@contextmanager
def quiet_library() -> Generator[None]:
    """Keep the library's log off the terminal: it writes to the root logger, which prints where nobody has said how."""
    root, silent = logging.getLogger(), logging.NullHandler()
    root.addHandler(silent)
    try:
        yield
    finally:
        root.removeHandler(silent)
