"""The screen that a matrix shows at its end: the selection, what is known, and what stands out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from rich.console import Console
from rich.text import Text

from harness.analysis.frames import contract_keys
from harness.analysis.strips import StripGroup, case_strips, grouped, releases_of
from harness.analysis.views import View
from harness.execution.cross_sample import HEADLINE_CASE
from harness.report.case_screen import case_lines
from harness.report.newest_release import newest_lines
from harness.report.outcome_style import legend
from harness.report.run_facts import RunFacts
from harness.report.strip_text import MARK, StripLayout
from harness.report.wrapping import hanging, joined
from harness.util.wording import counted

#: Lines of a terminal that the screen leaves to the session's own last line and to the prompt.
_SPARE_LINES = 3
#: Lines of a terminal whose height is not known, and the fewest strips of a view.
_USUAL_LINES = 24
_FEWEST_STRIPS = 3
#: The line above the strips; that below them may take more.
_LINES_ABOUT_STRIPS = 1
#: Columns that the names of the other cases of a strip must have to be shown beside it.
_ROOM_FOR_NAMES = 30


def print_matrix(console: Console, facts: RunFacts, views: Sequence[View]) -> None:
    """Print the screen; with one case, its formats take the place of the cases."""
    width = console.width
    top = [part for line in facts.sentences() for part in hanging(Text(line), width)]
    if not views:
        _print(console, [*top, Text("Nothing is known about what was asked for.")])
        return
    height = max(console.height, _USUAL_LINES) if console.is_terminal else _USUAL_LINES
    room = (height - _SPARE_LINES - len(top)) // len(views) - 1  # a blank line before each
    lines = top
    for titles, block in _different([(view, _block(view, width, room)) for view in views]):
        lines += [Text(), *(titles if len(views) > 1 else []), *block]
    _print(console, lines)


def _different(blocks: Sequence[tuple[View, list[Text]]]) -> list[tuple[list[Text], list[Text]]]:
    """The blocks that differ, each with the titles of all views that it shows."""
    by_text: dict[str, tuple[list[Text], list[Text]]] = {}
    for view, block in blocks:
        titles, _ = by_text.setdefault("\n".join(map(str, block)), ([], block))
        titles.append(Text(view.title, style="bold", no_wrap=True, overflow="ellipsis"))
    return list(by_text.values())


def _print(console: Console, lines: Collection[Text]) -> None:
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _block(view: View, width: int, room: int) -> list[Text]:
    """What is shown of a view in about ``room`` lines."""
    if set(view.frame["case"]) - {""} and view.frame["case"].nunique() == 1:
        return case_lines(view, width)
    groups = grouped(case_strips(view))
    failing = _headline_first([group for group in groups if group.strip.fails])
    newest = newest_lines(view, width)

    def lines(count: int) -> list[Text]:
        shown = failing[:count]
        summary = [*_key(shown, width), *hanging(Text(_counts(view, groups, count)), width)]
        return [*_strips(view, shown, width), *summary, Text(), *newest]

    count = min(max(room - len(lines(0)) - _LINES_ABOUT_STRIPS, _FEWEST_STRIPS), len(failing))
    while count > _FEWEST_STRIPS and len(lines(count)) > room:
        count -= 1
    return lines(count)


def _headline_first(groups: list[StripGroup]) -> list[StripGroup]:
    """The groups with that of the headline case first, and its name first in it."""
    ordered: list[StripGroup] = []
    for group in groups:
        if HEADLINE_CASE in group.names:
            others = [name for name in group.names if name != HEADLINE_CASE]
            ordered.insert(0, group._replace(names=(HEADLINE_CASE, *others)))
        else:
            ordered.append(group)
    return ordered


def _strips(view: View, groups: Sequence[StripGroup], width: int) -> list[Text]:
    """The line that names the releases, and a strip for each group."""
    if not groups:
        return []
    layout = StripLayout.fit(releases_of(view), [_name(group) for group in groups], width)
    changes = Counter(at for group in groups for at in group.strip.marks)
    wanted = [at for at, _ in changes.most_common()]
    title = f"{layout.left_out} older not shown" if layout.left_out else ""
    lines = [layout.header(title, width, wanted)]
    room = width - layout.name_width - layout.strip_width - 4
    for group in groups:
        line = layout.line(_name(group), group.strip)
        if room >= _ROOM_FOR_NAMES and len(group.names) > 1:
            line.append(f"  {_others(group.names[1:], room)}", style="dim")
        lines.append(line)
    return lines


def _name(group: StripGroup) -> str:
    more = len(group.names) - 1
    return f"{group.names[0]} +{more}" if more else group.names[0]


def _others(names: Sequence[str], room: int) -> str:
    """As many names as there is room for, and how many there are besides."""
    text = ""
    for number, name in enumerate(names):
        longer = f"{text}, {name}" if text else name
        left = len(names) - number - 1
        if len(longer) + (len(f" and {left} more") if left else 0) > room:
            return f"{text} and {left + 1} more" if text else f"{left + 1} more cases like it"
        text = longer
    return text


def _key(shown: Sequence[StripGroup], width: int) -> list[Text]:
    """The legend of the strips."""
    entries = legend({outcome for group in shown for outcome in group.strip.outcomes})
    if any(group.strip.marks for group in shown):
        entries.append(f"{MARK} changed")
    if any(len(group.names) > 1 for group in shown):
        entries.append("+N more like it")
    return [Text(line, style="dim") for line in joined(entries, width)]


def _counts(view: View, groups: Sequence[StripGroup], shown: int) -> str:
    """How many cases fail that are not shown, how many pass, and how many have no result."""
    right = {name for group in groups if group.strip.passes for name in group.names}
    failing = _headline_first([group for group in groups if group.strip.fails])
    hidden = _size(failing[shown:])
    refused = right & {case for case, _ in contract_keys(view.frame)}
    parts = []
    if hidden:
        parts.append(f"{counted(hidden, 'more case')} {_fail(hidden)} somewhere (--details)")
    if right:
        note = f" ({len(refused)} rightly refused)" if refused else ""
        number = f"{len(right)}" if hidden else counted(len(right), "case")
        parts.append(f"{number} {_fail(len(right))} nowhere{note}")
    if without := _size(groups) - len(right) - _size(failing):
        parts.append(f"{without} {_have(without)} no result")
    return "; ".join(parts) + "." if parts else "No case passes everywhere."


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _size(groups: Sequence[StripGroup]) -> int:
    return sum(len(group.names) for group in groups)


def _fail(number: int) -> str:
    return "fails" if number == 1 else "fail"
