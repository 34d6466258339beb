"""Trials: parts are transplanted, and what is observed says whether that flips the behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.bisect.ddmin import Verdict
from harness.bisect.observation import Observation
from harness.bisect.transplant.graft import Graft, Part, with_needs
from harness.bisect.transplant.needs import Needs
from harness.bisect.transplant.overlay import Overlay
from harness.util.errors import Fault

#: The most transplants that are tried for one cause.
MOST_TRIALS = 60


class TooManyTrials(Fault):
    """The search has tried as many transplants as it may."""


class Trials:
    """Transplants parts of one graft, together with what they need, each set once.

    ``run`` makes an observation. ``verdict_on`` says whether it is that of the donor (True), that
    of the base (False), or neither (None).
    """

    def __init__(
        self,
        graft: Graft,
        run: Callable[[Overlay], Observation],
        verdict_on: Callable[[Observation], Verdict],
    ) -> None:
        self.graft = graft
        self.count = 0
        self._needs = Needs(graft)
        self._run = run
        self._verdict_on = verdict_on
        self._verdicts: dict[frozenset[Part], Verdict] = {}

    def applied(self, parts: Iterable[Part]) -> frozenset[Part]:
        """The parts with what they need: what is really transplanted."""
        return with_needs(parts, self._needs)

    def turn(self, parts: Iterable[Part]) -> Verdict:
        """Whether the base behaves like the donor with these parts, and with what they need.

        Raises:
            TooManyTrials: it would be one more than `MOST_TRIALS`.
        """
        applied = self.applied(parts)
        if applied not in self._verdicts:
            if self.count >= MOST_TRIALS:
                raise TooManyTrials(f"nothing was found in {MOST_TRIALS} transplants")
            self.count += 1
            self._verdicts[applied] = self._verdict_on(self._run(self.overlay(applied)))
        return self._verdicts[applied]

    def turn_files(self, files: Iterable[str]) -> Verdict:
        """As `turn`, for all parts of some files."""
        return self.turn(part for file in files for part in self.graft.parts(file))

    def overlay(self, parts: Iterable[Part]) -> Overlay:
        """The base with exactly these parts."""
        base, donor = self.graft.base, self.graft.donor
        chosen = sorted(parts)
        what = str(chosen[0]) if len(chosen) == 1 else f"{len(chosen)} parts"
        files = sorted({part.file for part in chosen})
        if len(chosen) > 1 and len(files) == 1:
            what += f" of {files[0]}"
        title = f"{base.version} with {what} of {donor.version}"
        return Overlay(base.root, base.name, self.graft.texts(chosen), title)
