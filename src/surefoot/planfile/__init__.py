"""Plan files: YAML in, a plan and the places of its steps out.

Owns what stands in FORMATS about plan files: keys, defaults, durations, what comes with later releases, and the words
in which a mistake is told. All mistakes of a file are told at once, each as `FILE:LINE:COLUMN: what is wrong; what was
expected; what to do`.
"""

from surefoot.planfile.plan_loader import LoadedPlan, ParsedPlan, Places, load_plan, parse_plan

__all__ = ["LoadedPlan", "ParsedPlan", "Places", "load_plan", "parse_plan"]
