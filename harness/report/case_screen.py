"""One case: a strip for each of its formats, and the messages behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packaging.version import Version
from rich.text import Text

from harness.analysis.change_points import histories
from harness.analysis.outcomes import OUTCOME_MEANINGS
from harness.analysis.strips import StripGroup, format_strips, grouped, releases_of
from harness.analysis.views import View
from harness.releases.pair import releases_in_words
from harness.report.change_list import no_change_points
from harness.report.outcome_style import legend, style_of
from harness.report.strip_text import MARK, StripLayout
from harness.report.wrapping import hanging, joined
from harness.results.model import GOOD_OUTCOMES
from harness.results.signatures import Signature
from harness.util.escaping import ends_of, one_line

#: Characters of a message; the page of the case has all of it.
LONGEST_MESSAGE = 240


class _Failure(NamedTuple):
    """A signature, with consecutive releases and formats in which a case has it."""

    first: Version
    last: Version
    signature: Signature


def case_lines(view: View, width: int) -> list[Text]:
    """The strips of the formats, their legend, and the message of each failure, newest first."""
    used = {name: strip for name, strip in format_strips(view).items() if strip.applies}
    groups = sorted(grouped(used), key=lambda group: not group.strip.fails)
    if not groups:
        return [Text("No release has any of these formats for this case.")]
    layout = StripLayout.fit(releases_of(view), [_name(group) for group in groups], width)
    title = f"{layout.left_out} older not shown" if layout.left_out else "format"
    marks = sorted({at for group in groups for at in group.strip.marks}, reverse=True)
    lines = [layout.header(title, width, marks)]
    lines += [layout.line(_name(group), group.strip) for group in groups]
    entries = legend({outcome for group in groups for outcome in group.strip.outcomes})
    entries += [f"{MARK} changed"] if marks else []
    lines += [Text(line, style="dim") for line in joined(entries, width)]
    if not marks:
        lines += hanging(Text(no_change_points(view)), width)
    for text in _messages(view):
        lines += [Text(), *hanging(text, width)]
    return lines


def _name(group: StripGroup) -> str:
    return ", ".join(group.names)


def _messages(view: View) -> Iterator[Text]:
    """The text of each failure: releases, formats, outcome, message and raising function."""
    failures: dict[_Failure, list[str]] = {}
    for (_, format_name), history in histories(view.frame, view.axis).items():
        for failure in _failures(history):
            failures.setdefault(failure, []).append(format_name)
    for failure in sorted(failures, key=lambda each: (each.last, each.first), reverse=True):
        signature = failure.signature
        text = Text(f"{releases_in_words(failure.first, failure.last)} ")
        text.append(f"({', '.join(failures[failure])}) ")
        text.append(one_line(signature.label), style=style_of(signature.outcome))
        if signature.outcome in GOOD_OUTCOMES:
            text.append(", as it should be")
        elif not signature.message:
            text.append(f": {OUTCOME_MEANINGS.get(signature.outcome, '')}")
        if signature.message:
            text.append(f": {ends_of(one_line(signature.message), LONGEST_MESSAGE)}")
        if signature.place:
            text.append(f" (in {one_line(signature.place)})", style="dim")
        yield text


def _failures(history: dict[Version, Signature]) -> Iterator[_Failure]:
    """The failures of one format in the order of releases, and how it refuses where it should."""
    spans: list[_Failure] = []
    for version in sorted(history):
        signature = history[version]
        if spans and spans[-1].signature == signature:
            spans[-1] = spans[-1]._replace(last=version)
        else:
            spans.append(_Failure(version, version, signature))
    for span in spans:
        if span.signature.outcome not in ("pass", "unsupported"):
            yield span
