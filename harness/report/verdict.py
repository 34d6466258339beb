"""The verdict of a matrix for a CI job: what fails, as JUnit XML, Markdown and annotations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from harness.execution.request import CellRequest
from harness.execution.sessions import SessionReport
from harness.releases.pair import Pair
from harness.results.model import GOOD_OUTCOMES, NO_INTERPRETER, Cell, Result
from harness.results.signatures import signature_of
from harness.util.escaping import one_line, shortened
from harness.util.templates import markdown_templates
from harness.util.wording import counted

#: Characters of a message.
LONGEST_MESSAGE = 300
#: Failures that are annotated: GitHub shows ten of a step.
MOST_ANNOTATIONS = 10


@dataclass(frozen=True)
class Checked:
    """One cell of one pair: right, failing, or not known.

    ``failure`` says what is wrong with it, ``unknown`` why nothing is known; both are empty where
    the cell is right. ``is_skipped`` is whether the release does not have the format.
    """

    pair: Pair
    name: str
    failure: str = ""
    message: str = ""
    unknown: str = ""
    is_skipped: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """All cells that were asked for."""

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
        told = f"{len(self.failing):,} of {cells} fail"
        return told + (f", {len(self.unknown)} are not known" if self.unknown else "")


def judge(
    pairs: Iterable[Pair],
    requested: Sequence[CellRequest],
    results: Iterable[Result],
    reports: Iterable[SessionReport] = (),
) -> Verdict:
    """Judge the requested cells of pairs by what is stored.

    ``reports`` say why cells have no result.
    """
    stored = {result.pair: result for result in results}
    of_pair = {report.pair: report for report in reports}
    return Verdict(
        [
            _checked(pair, request, stored.get(pair), of_pair.get(pair))
            for pair in pairs
            for request in requested
        ]
    )


def _checked(
    pair: Pair, request: CellRequest, result: Result | None, report: SessionReport | None
) -> Checked:
    name = f"{request.case.name} ({request.format})"
    if result is not None and result.outcome == "import-error":
        return Checked(pair, name, "import-error", _message(result.reason))
    if result is not None and result.outcome:
        what = "no interpreter" if result.outcome == NO_INTERPRETER else result.outcome
        return Checked(pair, name, unknown=f"{what}: {_message(result.reason)}")
    cell = result.cells.get(request.key) if result else None
    if cell is None:
        return Checked(pair, name, unknown=_why_unknown(request, report))
    return _judged(pair, name, cell)


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
        return Checked(pair, name, is_skipped=True, seconds=cell.seconds)
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
    elif cell.is_skipped:
        test.result = [Skipped("the release does not have the format")]
    return test


def as_markdown(verdict: Verdict) -> str:
    """A text for the summary of a CI job; its first line is the title."""
    page = markdown_templates("harness.report").get_template("verdict.md")
    return page.render(verdict=verdict, failing=list(alike(verdict.failing)))


def alike(cells: Collection[Checked]) -> Iterator[tuple[list[str], list[str], Checked]]:
    """Failures that are alike: the releases and the cells, with one of the failures."""
    by_message: dict[tuple[str, str], list[Checked]] = {}
    for cell in cells:
        by_message.setdefault((cell.failure, cell.message), []).append(cell)
    for found in by_message.values():
        releases = dict.fromkeys(
            f"{cell.pair.lineage} {cell.pair.keras} with TensorFlow {cell.pair.tensorflow}"
            for cell in found
        )
        yield list(releases), list(dict.fromkeys(cell.name for cell in found)), found[0]


def as_annotations(verdict: Verdict) -> list[str]:
    """The failures as commands that GitHub Actions shows beside a run."""
    lines = [
        f"::error title={_property(', '.join(cells))}::"
        f"{_data(f'{cell.failure} in {releases[0]}: {cell.message}')}"
        for releases, cells, cell in alike(verdict.failing)
    ]
    more = len(lines) - MOST_ANNOTATIONS
    return lines[:MOST_ANNOTATIONS] + ([f"::error::and {more} more failures"] if more > 0 else [])


def _data(text: str) -> str:
    """A text for GitHub, in which no line break can begin another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
