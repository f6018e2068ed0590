"""Plan files: YAML in, a plan and the places of its steps out.

All mistakes of a file are told at once, each as `FILE:LINE:COLUMN: what is wrong; what was expected; what to do`.
"""

from surefoot.planfile.plan_loader import LoadedPlan, ParsedPlan, Places, load_plan, parse_plan

__all__ = ["LoadedPlan", "ParsedPlan", "Places", "load_plan", "parse_plan"]
