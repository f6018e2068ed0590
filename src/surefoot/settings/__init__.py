"""`surefoot.toml`: what a user, and a project, lets steps do, who may answer, and which models are asked.

All mistakes of a file are told at once, each as `FILE:LINE:COLUMN: what is wrong; what was expected; what to do`.
"""

from surefoot.settings.endpoints import Endpoint, ModelSettings
from surefoot.settings.lane_limits import LaneLimits
from surefoot.settings.settings_loader import Approver, Places, Settings, Source, load_settings, user_file

__all__ = [
    "Approver",
    "Endpoint",
    "LaneLimits",
    "ModelSettings",
    "Places",
    "Settings",
    "Source",
    "load_settings",
    "user_file",
]
