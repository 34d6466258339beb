"""Strips as text: a line of symbols for each, under a line that names the releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import Version
from rich.text import Text

from harness.analysis.strips import Strip
from harness.report.outcome_style import style_of, symbol_of
from harness.util.escaping import printable, shortened

#: Stands before the symbol of a release in which something changed.
MARK = "│"
#: Characters between a name and its strip, and the fewest characters of a name.
_GAP = 1
_SHORTEST_NAME = 16


@dataclass(frozen=True)
class StripLayout:
    """Where names and symbols stand in lines of a given width.

    Each release takes ``step`` columns: one for its symbol and, if there is room, one before it
    for the mark of a change, and some after it for its name. ``left_out`` counts the oldest
    releases, for which there is no room.
    """

    releases: Sequence[Version]
    name_width: int
    step: int
    left_out: int

    @classmethod
    def fit(cls, releases: Sequence[Version], names: Sequence[str], width: int) -> StripLayout:
        """The roomiest layout in which lines are at most ``width`` characters long."""
        longest = max((len(name) for name in names), default=0)
        name_width = max(longest, _SHORTEST_NAME)
        of_labels = max(map(len, _labels(releases)), default=0) + 1
        fitting = (
            step for step in (of_labels, 2) if name_width + _GAP + step * len(releases) + 1 <= width
        )
        step = next(fitting, 1)
        name_width = min(name_width, max(width - _GAP - step * len(releases), _SHORTEST_NAME))
        room = max((width - name_width - _GAP) // step, 1)
        left_out = max(len(releases) - room, 0)
        return cls(releases[left_out:], name_width, step, left_out)

    @property
    def strip_width(self) -> int:
        """The number of columns of a strip."""
        return self.step * len(self.releases)

    def header(self, title: str, width: int, wanted: Sequence[int] = ()) -> Text:
        """The line above the strips; it names as many releases as there is room for.

        These are the newest, the oldest, the first of each major version, then those at the
        positions ``wanted``, and then any.
        """
        start = self.name_width + _GAP
        line = list(" " * width)
        line[: self.name_width] = shortened(title, self.name_width).ljust(self.name_width)
        labels = _labels(self.releases)
        for index in self._order_of_labels([at - self.left_out for at in wanted]):
            label = labels[index]
            column = start + self.step * index + (self.step > 1)
            column = min(column, width - len(label))
            if not "".join(line[max(column - 1, start - 1) : column + len(label) + 1]).strip():
                line[column : column + len(label)] = label
        return Text("".join(line).rstrip(), style="bold")

    def line(self, name: str, strip: Strip) -> Text:
        """The name and the symbols of a strip."""
        text = Text(shortened(printable(name), self.name_width).ljust(self.name_width + _GAP))
        for index, outcome in enumerate(strip.outcomes[self.left_out :], self.left_out):
            if self.step > 1:
                text.append(MARK if index in strip.marks and index > self.left_out else " ")
            text.append(symbol_of(outcome), style=style_of(outcome))
            text.append(" " * (self.step - 2))
        text.rstrip()
        return text

    def _order_of_labels(self, wanted: Sequence[int]) -> Iterator[int]:
        """The positions of the releases, the most important ones first."""
        last = len(self.releases) - 1
        firsts = [
            index
            for index in range(1, last)
            if self.releases[index].major != self.releases[index - 1].major
        ]
        shown = [index for index in wanted if 0 <= index <= last]
        yield from dict.fromkeys([last, 0, *firsts, *shown, *range(last + 1)])


def _labels(releases: Sequence[Version]) -> list[str]:
    """The names of releases: their minor versions if these are distinct, else their versions."""
    minors = [f"{release.major}.{release.minor}" for release in releases]
    is_clear = len(set(minors)) == len(minors) and len(minors) > 2
    return minors if is_clear else [str(release) for release in releases]
