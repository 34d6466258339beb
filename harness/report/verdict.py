"""The verdict of a matrix for a CI job: what fails, as JUnit XML, Markdown and annotations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.analysis.outcomes import OUTCOME_MEANINGS
from harness.execution.request import CellRequest, Request
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, NO_INTERPRETER, Cell, CellKey, Result
from harness.results.signatures import signature_of
from harness.util.escaping import one_line, shortened
from harness.util.templates import markdown_templates
from harness.util.wording import counted

#: Characters of a message.
LONGEST_MESSAGE = 300
#: Failures that are annotated: GitHub shows ten of a step.
MOST_ANNOTATIONS = 10
#: Cells, or releases, that are named where they have something in common.
MOST_NAMES = 12


@dataclass(frozen=True)
class Checked:
    """One cell of one pair: right, failing, or not known.

    ``failure`` says what is wrong with it, ``unknown`` why nothing is known; both are empty where
    the cell is right. ``skipped`` says why it does not apply, where it does not.
    """

    pair: Pair
    name: str
    failure: str = ""
    message: str = ""
    unknown: str = ""
    skipped: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """The requested cells, judged."""

    cells: Sequence[Checked]

    @property
    def failing(self) -> list[Checked]:
        """The cells that are wrong."""
        return [cell for cell in self.cells if cell.failure]

    @property
    def unknown(self) -> list[Checked]:
        """The cells of which nothing is known."""
        return [cell for cell in self.cells if cell.unknown]

    @property
    def title(self) -> str:
        """The verdict in one line."""
        pairs = len({cell.pair for cell in self.cells})
        cells = f"{counted(len(self.cells), 'cell')} of {counted(pairs, 'pair')}"
        failing, unknown = len(self.failing), len(self.unknown)
        title = f"{failing:,} of {cells} {'fails' if failing == 1 else 'fail'}"
        are = "is" if unknown == 1 else "are"
        return title + (f", {unknown:,} {are} not known" if unknown else "")


def judge(
    results: Sequence[Result],
    request: Request,
    planned: Mapping[Pair, Collection[CellKey]],
    reports: Iterable[SessionReport] = (),
) -> Verdict:
    """Judge the requested cells of pairs by what is stored.

    A cell that is neither known nor among those that were ``planned`` for its pair is left out.
    ``reports`` say why cells have no result.
    """
    of_pair = {report.pair: report for report in reports}
    return Verdict(
        [
            cell
            for result in results
            for cell in _checked(result, request, planned[result.pair], of_pair.get(result.pair))
        ]
    )


def _checked(
    result: Result, request: Request, planned: Collection[CellKey], report: SessionReport | None
) -> Iterator[Checked]:
    unknown = {cell.key for cell in request.unknown_in(result)}
    for cell in request.cells:
        name = f"{cell.case.name} ({cell.format})"
        if cell.key not in unknown:
            yield _known(result, name, result.cells.get(cell.key))
        elif cell.key in planned:
            why = _without_cells(result) or _why_unknown(cell, report)
            yield Checked(result.pair, name, unknown=why)


def _known(result: Result, name: str, cell: Cell | None) -> Checked:
    """A cell of a result that holds it, or that says why the pair has no cells."""
    if cell is not None:
        return _judged(result.pair, name, cell)
    if result.outcome == "import-error":
        return Checked(result.pair, name, "import-error", _message(result.reason))
    return Checked(result.pair, name, unknown=_without_cells(result))


def _without_cells(result: Result) -> str:
    """Why a pair has no cells; empty if it can have some."""
    if not result.outcome:
        return ""
    what = "no interpreter" if result.outcome == NO_INTERPRETER else result.outcome
    return f"{what}: {_message(result.reason)}"


def _why_unknown(request: CellRequest, report: SessionReport | None) -> str:
    """Why a cell has no result: a fault of its case, or the reason why its session failed."""
    problems = report.problems if report else ()
    of_case = [each for each in problems if each.startswith(f"{request.case.path.name}:")]
    if of_case:
        return f"faulty case: {_message(of_case[0])}"
    if report and report.reason:
        return f"no result: {_message(report.reason)}"
    return "it was not run"


def _judged(pair: Pair, name: str, cell: Cell) -> Checked:
    if cell.outcome == "unsupported":
        reason = _message(cell.note) or OUTCOME_MEANINGS[cell.outcome]
        return Checked(pair, name, skipped=reason, seconds=cell.seconds)
    if cell.outcome in GOOD_OUTCOMES:
        return Checked(pair, name, seconds=cell.seconds)
    signature = signature_of(cell)
    return Checked(
        pair, name, signature.label, _message(signature.message or cell.note), seconds=cell.seconds
    )


def _message(text: str) -> str:
    return shortened(one_line(text), LONGEST_MESSAGE)


# ---------------------------------------------------------------- forms


def as_junit(verdict: Verdict) -> str:
    """JUnit XML: a suite for each pair, a test for each cell."""
    root = JUnitXml("matrix")
    for pair in dict.fromkeys(cell.pair for cell in verdict.cells):
        suite = TestSuite(pair.id)
        suite.add_testcases([_test(cell) for cell in verdict.cells if cell.pair == pair])
        root.add_testsuite(suite)
    content = BytesIO()
    root.write(content, pretty=True)
    return content.getvalue().decode()


def _test(cell: Checked) -> TestCase:
    test = TestCase(cell.name, cell.pair.id, cell.seconds)
    if cell.failure:
        test.result = [Failure(one_line(cell.message), cell.failure)]
    elif cell.unknown:
        test.result = [Error(one_line(cell.unknown))]
    elif cell.skipped:
        test.result = [Skipped(one_line(cell.skipped))]
    return test


def as_markdown(verdict: Verdict) -> str:
    """A text for the summary of a CI job; its first line is the title."""
    page = markdown_templates("harness.report").get_template("verdict.md")
    return page.render(
        verdict=verdict,
        failing=list(alike(verdict.failing)),
        unknown=list(alike(verdict.unknown)),
        named=_named,
    )


def _named(names: Sequence[str]) -> str:
    """The names in a sentence, only the first few where there are many."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def alike(cells: Collection[Checked]) -> Iterator[tuple[list[str], list[str], Checked]]:
    """Cells that fail alike, or are unknown for one reason: releases, names, and one of them."""
    by_message: dict[tuple[str, str, str], list[Checked]] = {}
    for cell in cells:
        by_message.setdefault((cell.failure, cell.message, cell.unknown), []).append(cell)
    for found in by_message.values():
        releases = dict.fromkeys(
            f"{cell.pair.lineage} {cell.pair.keras} with TensorFlow {cell.pair.tensorflow}"
            for cell in found
        )
        yield list(releases), list(dict.fromkeys(cell.name for cell in found)), found[0]


def as_annotations(verdict: Verdict) -> list[str]:
    """The failures as commands that GitHub Actions shows beside a run."""
    lines = [
        f"::error title={_property(_named(cells))}::"
        f"{_data(f'{cell.failure} in {_named(releases)}: {cell.message}')}"
        for releases, cells, cell in alike(verdict.failing)
    ]
    more = len(lines) - MOST_ANNOTATIONS
    return lines[:MOST_ANNOTATIONS] + ([f"::error::and {more} more failures"] if more > 0 else [])


def _data(text: str) -> str:
    """A text for GitHub, in which no line break can begin another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
