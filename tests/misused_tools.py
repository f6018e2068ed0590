"""A plan whose agent uses a tool wrongly until it is told the exact schema, for tests of recoveries."""

from __future__ import annotations

PLAN = """
goal: Write it
steps:
  - id: write
    agent: {do: Write out.txt.}
    writes: [out.txt]
    checks: [{file: out.txt, exists: true}]
"""
SCRIPT = """
- when: {attempt: 1, turn: 1}
  calls: [WRONG]
- when: {attempt: 2, turn: 1, contains: "The exact schema of the tool edit"}
  calls: [{tool: edit, arguments: {create: [{path: out.txt, content: done}]}}]
- when: {attempt: 2, turn: 2}
  calls: [{tool: finish, arguments: {summary: It is written., confidence: 0.95}}]
""".replace("WRONG", ", ".join(["{tool: edit, arguments: {create: out.txt}}"] * 12))
