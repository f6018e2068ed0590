"""Tools: what an agent can do in its lane, each with its schema, carried out with care.

Owns how each tool of `surefoot.core.toolbox` is described to models, judged by its arguments, and carried out. Must
never decide who may call it: the kernel does. Read `surefoot.core.toolbox` first, then `using`.
"""

from surefoot.tools.conventions import Found, guidance_of
from surefoot.tools.desk import Desk, ToolResult
from surefoot.tools.specs import specs_of
from surefoot.tools.using import command_of, flaw_of, options_of, summary_of, use

__all__ = [
    "Desk",
    "Found",
    "ToolResult",
    "command_of",
    "flaw_of",
    "guidance_of",
    "options_of",
    "specs_of",
    "summary_of",
    "use",
]
