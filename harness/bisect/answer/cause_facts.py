"""The facts about a proven cause, each as one line of text."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bisect.answer.fact import MOST_NAMES, Fact
from harness.bisect.steps import CAUSE
from harness.bisect.transplant.cause import Cause
from harness.util.wording import counted, first_names

#: From so many parts on, an answer says that the set is large.
LARGE = 6


def facts_about_cause(cause: Cause) -> Iterator[Fact]:
    """Which parts make the change, and in which way that was shown."""
    yield Fact(CAUSE, first_names(cause.parts, MOST_NAMES))
    ways = "both ways" if cause.to_newer and cause.to_older else "one way"
    count = counted(cause.trials, "probe")
    beside = f" beside {cause.beside}" if cause.beside else ""
    yield Fact("proven", f"by transplant{beside}, {ways}, {count}: {'; '.join(_shown(cause))}")
    if len(cause.parts) >= LARGE:
        yield Fact("note", f"no single one of these {len(cause.parts)} parts can be left out")


def _shown(cause: Cause) -> Iterator[str]:
    """What was seen in either direction, and what was not."""
    old, new = cause.old.version, cause.new.version
    these = "this part" if len(cause.parts) == 1 else "these parts"
    if cause.to_newer:
        yield f"{old} with {these} of {new} behaves like {new}"
    if cause.whole_files:
        yield f"{new} behaves like {old} with the whole of these files of {old}, not with less"
    elif cause.to_older:
        yield f"{new} with {these} of {old} behaves like {old}"
    if not cause.to_newer:
        yield f"no parts of {new} were found that make {old} behave like it"
    if not cause.to_older:
        yield f"{new} with {these} of {old} does not behave like {old}"
