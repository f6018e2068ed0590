"""The texts and records that are journaled unmasked, each with its reason."""

from __future__ import annotations

from typing import Annotated

from surefoot.core.record import record


@record(kw_only=False)
class Raw:
    """Marks a text, in its annotation, or a record, by a class variable `raw`, that is never masked."""

    reason: str
    """Why no secret can be in there, or why the text must stay as it is."""


Digest = Annotated[str, Raw("It names an object of git, or is a digest of this program's.")]
Handle = Annotated[str, Raw("This program made it up, to find the same thing again.")]
PlanName = Annotated[str, Raw("It is a name of the plan's, by which the thing is found again.")]
GivenName = Annotated[str, Raw("A person or a settings file gave it, and it is compared with others of its kind.")]
Place = Annotated[str, Raw("It is where the run finds the user's repository or plan.")]
AsWritten = Annotated[str, Raw("It is carried out as it was written; what holds a secret is refused before.")]
ProviderName = Annotated[str, Raw("The provider chose it, and finds its call again by it.")]
ToolName = Annotated[str, Raw("It is looked up in the table of tools; a name that is not in there is masked before.")]

WRITTEN = Raw("It is carried out as its author wrote it; `check` warns of secrets in plans, models' plans hold none.")
SETTINGS = Raw("It is compared with what is carried out, and comes from settings, which hold names of variables only.")
