"""A stand-in for an agent of others: it speaks ACP by the agent's side of the library, and does what a script says.

Started as `python stand_in.py SCRIPT LOG`. The script is JSON: for each prompt, the first one whose `when` is in the
prompt, a list of deeds. What it heard goes to the log, one JSON document a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from acp import (
    Agent,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PromptResponse,
    RequestError,
    run_agent,
)
from acp.helpers import plan_entry, start_tool_call, text_block, update_agent_message, update_plan, update_tool_call
from acp.schema import AgentCapabilities, Cost, Implementation, PermissionOption, ToolCallUpdate, UsageUpdate

OPTIONS = [
    PermissionOption(option_id="always", name="Always", kind="allow_always"),
    PermissionOption(option_id="once", name="Once", kind="allow_once"),
    PermissionOption(option_id="no", name="No", kind="reject_once"),
]


class StandIn(Agent):
    """Does what the script says, and logs what it is told."""

    def __init__(self, script: Any, log: Path) -> None:
        """Obey a script."""
        self.script, self.log, self.calls = script, log, 0
        self.cancelled = asyncio.Event()
        self.cwd = Path()

    def on_connect(self, conn: Any) -> None:
        """Keep the line to the client."""
        self.client = conn

    def note(self, **said: Any) -> None:
        """Write down what was heard."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:
        """Say who this is."""
        return InitializeResponse(
            protocol_version=self.script.get("protocol", protocol_version),
            agent_capabilities=AgentCapabilities(load_session=bool(self.script.get("loads"))),
            agent_info=Implementation(name="stand-in", version="1.0"),
        )

    async def new_session(self, cwd: str, **_: Any) -> NewSessionResponse:
        """Begin a session in a folder."""
        self.cwd = Path(cwd)
        self.note(cwd=cwd, home=os.environ.get("HOME"), seen=self.seen())
        return NewSessionResponse(session_id="s1")

    async def load_session(self, cwd: str, session_id: str, **_: Any) -> LoadSessionResponse:
        """Go on with a session, after its history; with `forgets` in the script there is none."""
        self.cwd = Path(cwd)
        self.note(loaded=session_id, files={one.name: one.read_text("utf-8") for one in self.cwd.glob("*.txt")})
        if self.script.get("forgets"):
            raise RequestError.resource_not_found(session_id)
        await self.do_say("said before the end", session_id)
        return LoadSessionResponse()

    def seen(self) -> list[str]:
        """Return which of the places in question can be read."""
        return [place for place in self.script.get("look", []) if Path(place).exists() and os.access(place, os.R_OK)]

    async def prompt(self, prompt: list[Any], session_id: str, **_: Any) -> PromptResponse:
        """Do the deeds of the script."""
        text = prompt[0].text
        self.note(prompt=text)
        self.cancelled.clear()
        chosen = next(one for one in self.script["prompts"] if one.get("when", "") in text)
        for deed in chosen["deeds"]:
            if self.cancelled.is_set():
                break
            await self.do(deed, session_id)
        if self.cancelled.is_set() and self.script.get("fails_cancelled"):
            raise RequestError.internal_error({"details": "Request was aborted."})
        return PromptResponse(stop_reason="cancelled" if self.cancelled.is_set() else "end_turn")

    async def do(self, deed: dict[str, Any], session: str) -> None:
        """Do one deed, by its name; with an `if`, only where that file of the lane is there."""
        if "if" in deed and not await asyncio.to_thread((self.cwd / deed["if"]).exists):
            return
        for name, value in ((one, given) for one, given in deed.items() if one != "if"):
            await getattr(self, f"do_{name}")(value, session)

    async def do_say(self, text: str, session: str) -> None:
        """Say something, in two pieces."""
        for part in (text[:3], text[3:]):
            await self.client.session_update(session_id=session, update=update_agent_message(text_block(part)))

    async def do_plan(self, text: str, session: str) -> None:
        """Send a plan."""
        await self.client.session_update(
            session_id=session, update=update_plan([plan_entry(text, status="in_progress")])
        )

    async def do_title(self, text: str, session: str) -> None:
        """Tell of a tool call by any title."""
        await self.call("read", text, session)

    async def do_cost(self, amount: float, session: str) -> None:
        """Say what was used."""
        cost = Cost(amount=amount, currency="USD")
        update = UsageUpdate(session_update="usage_update", used=100, size=1000, cost=cost)
        await self.client.session_update(session_id=session, update=update)

    async def do_write(self, given: list[str], session: str) -> None:
        """Write a file in this very process."""
        await self.call("edit", f"Write {given[0]}", session)
        (self.cwd / given[0]).write_text(given[1], "utf-8")

    async def do_ask_to_run(self, command: str, session: str) -> None:
        """Ask for a permission, and run the command in this very process where it is given."""
        call = ToolCallUpdate(tool_call_id="x1", title=f"`{command}`", kind="execute", raw_input={"command": command})
        answer = await self.client.request_permission(session_id=session, tool_call=call, options=OPTIONS)
        chosen = getattr(answer.outcome, "option_id", "cancelled")
        self.note(asked=command, chosen=chosen)
        if chosen != "no":
            process = await asyncio.create_subprocess_shell(command, cwd=self.cwd)
            await process.wait()

    async def do_ask(self, given: dict[str, Any], session: str) -> None:
        """Ask for a permission in any words."""
        call = ToolCallUpdate.model_validate({"toolCallId": "x2", **given})
        answer = await self.client.request_permission(session_id=session, tool_call=call, options=OPTIONS)
        self.note(permission=given["title"], chosen=getattr(answer.outcome, "option_id", "cancelled"))

    async def do_link(self, given: list[str], _: str) -> None:
        """Make a symbolic link in this very process."""
        (self.cwd / given[0]).symlink_to(given[1])

    async def do_run(self, command: str, _: str) -> None:
        """Run a command in this very process, without asking."""
        process = await asyncio.create_subprocess_shell(command, cwd=self.cwd, stdout=sys.stderr)
        self.note(by_itself=command, exit=await process.wait())

    async def do_client_write(self, given: list[str], session: str) -> None:
        """Have the client write a file."""
        path = given[0] if given[0].startswith("/") else str(self.cwd / given[0])
        try:
            await self.client.write_text_file(session_id=session, path=path, content=given[1])
            self.note(wrote=given[0])
        except RequestError as error:
            self.note(refused=given[0], why=str(error))

    async def do_client_read(self, path: str, session: str) -> None:
        """Have the client read a file."""
        try:
            found = await self.client.read_text_file(session_id=session, path=str(self.cwd / path))
            self.note(read=path, content=found.content)
        except RequestError as error:
            self.note(refused=path, why=str(error))

    async def do_terminal(self, command: str, session: str, cwd: str = ".") -> None:
        """Have the client run a command."""
        try:
            place = str(self.cwd / cwd)
            terminal = await self.client.create_terminal(session_id=session, command=command, cwd=place)
        except RequestError as error:
            self.note(refused=command, why=str(error))
            return
        ended = await self.client.wait_for_terminal_exit(session_id=session, terminal_id=terminal.terminal_id)
        said = await self.client.terminal_output(session_id=session, terminal_id=terminal.terminal_id)
        self.note(ran=command, exit=ended.exit_code, output=said.output)

    async def do_terminal_at(self, given: list[str], session: str) -> None:
        """Have the client run a command in a folder."""
        await self.do_terminal(given[1], session, given[0])

    async def do_calls(self, number: int, session: str) -> None:
        """Make many tool calls, until told to stop."""
        for _ in range(number):
            if self.cancelled.is_set():
                return
            await self.call("read", "Look around", session)
            await asyncio.sleep(0.01)

    async def do_touch(self, path: str, _: str) -> None:
        """Make a file, so that a test sees how far this is."""
        await asyncio.to_thread(Path(path).touch)

    async def do_wait(self, path: str, _: str) -> None:
        """Wait for a file, or for the end of the turn."""
        while True:
            if self.cancelled.is_set() or await asyncio.to_thread(Path(path).exists):
                return
            await asyncio.sleep(0.02)

    async def do_exit(self, code: int, _: str) -> None:
        """Die."""
        sys.stderr.write("something went wrong\n")
        sys.stderr.flush()
        os._exit(code)

    async def call(self, kind: Any, title: str, session: str) -> None:
        """Tell of a tool call, and of its end."""
        self.calls += 1
        name = f"c{self.calls}"
        await self.client.session_update(session_id=session, update=start_tool_call(name, title, kind=kind))
        await self.client.session_update(session_id=session, update=update_tool_call(name, status="completed"))

    async def cancel(self, session_id: str, **_: Any) -> None:
        """End the turn."""
        self.note(cancelled=session_id)
        self.cancelled.set()


if __name__ == "__main__":
    asyncio.run(run_agent(StandIn(json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2]))))
