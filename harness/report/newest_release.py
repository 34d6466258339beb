"""What changed in the newest release of a view."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from harness.analysis.strips import case_strips, is_failure
from harness.analysis.views import View
from harness.report.change_list import change_texts
from harness.report.wrapping import hanging
from harness.results.model import PAIR_OUTCOMES
from harness.util.wording import counted

#: Lines about the changes; if there are more, the details have them.
MOST_LINES = 5
_PACKAGES = {"keras": "Keras", "tensorflow": "TensorFlow"}


def newest_lines(view: View, width: int) -> list[Text]:
    """How many cases the newest release gets right, and what changed in it."""
    newest = view.branches.versions[-1]
    package = package_of(view)
    name = f"{package} {newest}"
    outcomes = [strip.outcomes[-1] for strip in case_strips(view).values()]
    if any(outcome in PAIR_OUTCOMES for outcome in outcomes) or not outcomes:
        return hanging(Text(f"{name} has no environment to run cases in."), width)
    state = f"{name}: {_counts(outcomes)}. "
    changes = view.changes[view.changes["to"] == str(newest)]
    if changes.empty:
        return hanging(Text(f"{state}{_no_changes(view)}".rstrip()), width)
    before = changes["from"].iloc[0]
    lines = hanging(Text(f"{state}Changed since {before}:", style="bold"), width)
    texts = list(change_texts(changes, with_releases=False))
    for number, text in enumerate(texts):
        parts = [Text("  ").append_text(part) for part in hanging(text, width - 2)]
        if number and len(lines) + len(parts) > MOST_LINES:
            lines.append(Text(f"  and {counted(len(texts) - number, 'more change')}: --details"))
            break
        lines += parts
    return lines


def _counts(outcomes: Sequence[str]) -> str:
    right, wrong = outcomes.count("pass"), sum(map(is_failure, outcomes))
    without = len(outcomes) - right - wrong
    counts = f"{counted(right, 'case')} right, {wrong} wrong"
    return counts + (f", {without} without a result" if without else "")


def _no_changes(view: View) -> str:
    """Say that nothing changed in the newest release, if it has been compared with another."""
    *others, newest = view.branches.versions
    if view.branches.predecessor(newest):
        return "Nothing changed in it."
    return "The others are on another branch, so they are not compared with it." if others else ""


def package_of(view: View) -> str:
    """The name of the package whose releases a view shows, as its makers write it."""
    package = view.axis if view.axis == "tensorflow" else view.lineage
    return _PACKAGES.get(package, package)
