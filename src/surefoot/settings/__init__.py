"""`surefoot.toml`: what a user, and a project, lets steps do, who may answer, and which models are asked.

All mistakes of a file are told at once, each as `FILE:LINE:COLUMN: what is wrong; what was expected; what to do`.
"""

from surefoot.settings.lane_limits import LaneLimits
from surefoot.settings.setting_records import Approver, Endpoint, ModelSettings, Places, Settings, Source
from surefoot.settings.setting_table import CHAINS
from surefoot.settings.settings_loader import load_settings, user_file, with_environment

__all__ = [
    "CHAINS",
    "Approver",
    "Endpoint",
    "LaneLimits",
    "ModelSettings",
    "Places",
    "Settings",
    "Source",
    "load_settings",
    "user_file",
    "with_environment",
]
