"""Requests to the model for the systems that are not Surefoot, counted and held to one budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from bench.agents.trial import Trial
from surefoot.models.client import Providers
from surefoot.ports import Message, ModelAnswer, ModelRequest, Speaker

OUTPUT_TOKENS_MAX = 1_024
"""So long a reply may be, for every system."""


class OutOfTimeError(Exception):
    """The time of a case is over."""


class Asking:
    """A model, asked under the budget of one case."""

    def __init__(self, providers: Providers, trial: Trial, model: str, seconds_max: float) -> None:
        """Count into the trial; the time runs from here."""
        self._providers, self._trial, self._model = providers, trial, model
        self._until = time.monotonic() + seconds_max

    @property
    def left_s(self) -> float:
        """The seconds that are left."""
        return self._until - time.monotonic()

    async def ask(
        self,
        said: list[tuple[Speaker, str]],
        schema: Mapping[str, object] | None = None,
        temperature: float | None = None,
    ) -> str | None:
        """Return the text of a reply; None: there is none that can be used.

        Raises:
            OutOfTimeError: it did not come in time.
        """
        request = ModelRequest(
            model=self._model,
            messages=tuple(Message(speaker=speaker, text=text) for speaker, text in said),
            schema=schema,
            temperature=temperature,
            output_tokens_max=OUTPUT_TOKENS_MAX,
            timeout_s=max(self.left_s, 1.0),
        )
        self._trial.requests += 1
        try:
            async with asyncio.timeout(max(self.left_s, 1.0)):
                answer = await self._providers.ask(request)
        except TimeoutError as error:
            raise OutOfTimeError from error
        if answer.usage is not None:
            self._trial.input_tokens += answer.usage.input_tokens
            self._trial.output_tokens += answer.usage.output_tokens
        if self.left_s <= 0:
            raise OutOfTimeError
        return answer.text if isinstance(answer, ModelAnswer) else None
