"""The states of installed wheels: the newest known wins, and nothing of other code is mixed in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.exchange.states import make_state
from harness.execution.cases import Case, all_cases
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Cell, Result
from harness.util.paths import CASE_FOLDERS, CATALOGUE

PAIR = Pair.parse("keras-3.7.0_tensorflow-2.18.0_py3.11")
CASE = next(case for case in all_cases() if case.name == "interleaved_dense")
OLD, OWN, NEW = "20260101T000000Z-aa", "20260201T000000Z-bb", "20260301T000000Z-cc"


def cell(name: str, outcome: str, case: Case = CASE, digest: str = "") -> Cell:
    return Cell(case.name, name, outcome, digest or case.digest)


def write_state(folder: Path, *cells: Cell, pair: Pair = PAIR) -> Path:
    """A folder like that of a state, with one case and one result."""
    (folder / "cases").mkdir(parents=True)
    shutil.copy(CASE_FOLDERS[0] / f"{CASE.name}.py", folder / "cases")
    shutil.copy(CATALOGUE, folder / "catalogue.json")
    result = Result(pair, {"wheel": "tensorflow-cpu", "installed": []})
    result.cells = {each.key: each for each in cells}
    store.write(result, folder / "reports" / "results")
    return folder


def outcomes_in(state: Path) -> dict[str, str]:
    results, damaged = store.read_all(state / "reports" / "results")
    assert not damaged
    return {each.format: each.outcome for result in results for each in result.cells.values()}


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return write_state(tmp_path / "wheel", cell("keras", "pass"))


def test_the_first_state_is_what_the_wheel_ships(tmp_path: Path, shipped: Path) -> None:
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass"}
    assert [path.name for path in (tmp_path / "states").iterdir() if path.is_dir()] == [OWN]


def test_of_one_cell_that_of_the_newest_state_counts(tmp_path: Path, shipped: Path) -> None:
    write_state(tmp_path / "states" / OLD, cell("keras", "crash"))
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass"}
    write_state(tmp_path / "more" / NEW, cell("keras", "mismatch"))
    make_state(tmp_path / "more" / OWN, shipped)
    assert outcomes_in(tmp_path / "more" / OWN) == {"keras": "mismatch"}


def test_what_an_older_wheel_has_measured_is_taken_over(tmp_path: Path, shipped: Path) -> None:
    write_state(tmp_path / "states" / OLD, cell("h5", "pass"))
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass", "h5": "pass"}


def test_what_other_code_has_measured_is_left(tmp_path: Path, shipped: Path) -> None:
    write_state(tmp_path / "states" / NEW, cell("h5", "pass", digest="of other code"))
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass"}


def test_releases_that_the_catalogue_lacks_are_left(tmp_path: Path, shipped: Path) -> None:
    unknown = Pair.parse("keras-3.99.0_tensorflow-2.18.0_py3.11")
    write_state(tmp_path / "states" / NEW, cell("h5", "pass"), pair=unknown)
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass"}


def test_a_state_that_exists_is_left_as_it_is(tmp_path: Path, shipped: Path) -> None:
    make_state(tmp_path / "states" / OWN, shipped)
    write_state(tmp_path / "states" / NEW, cell("keras", "mismatch"))
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass"}


def test_a_state_that_was_not_finished_is_made_again(tmp_path: Path, shipped: Path) -> None:
    (tmp_path / "states" / f"{OWN}.part").mkdir(parents=True)
    make_state(tmp_path / "states" / OWN, shipped)
    assert outcomes_in(tmp_path / "states" / OWN) == {"keras": "pass"}
