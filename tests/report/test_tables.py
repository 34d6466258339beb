"""Tables, change points and the report, made of the results that real runs left."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from packaging.version import Version
from rich.console import Console

from harness.analysis.change_kinds import ChangeKind
from harness.analysis.change_points import histories as histories_of
from harness.analysis.change_points import spans_of
from harness.analysis.frames import wide_table
from harness.analysis.histories import Tables, make_tables
from harness.releases.branches import ReleaseBranches
from harness.releases.pair_rules import PairRules
from harness.report.console import print_tables
from harness.report.tables import changes_csv, compatibility_markdown, outdated, with_headline
from harness.results import store
from harness.results.model import ExceptionRecord, Result
from harness.util.errors import Fault
from harness.util.escaping import printable


@pytest.fixture(scope="module")
def made(rules: PairRules) -> Tables:
    return make_tables(store.read_all()[0], rules)


@pytest.mark.parametrize("name", ["keras", "h5", "json"])
def test_the_headline(made: Tables, name: str) -> None:
    view = made.natural["keras"]
    history = histories_of(view.frame)["interleaved_dense", name]
    since_2_12 = {v: s.label for v, s in history.items() if v >= Version("2.12")}
    assert since_2_12 == {
        version: "load-error ValueError" if Version("3.0") <= version < Version("3.7") else "pass"
        for version in since_2_12
    }
    assert {version.release[:2] for version in since_2_12} >= {(2, 12), (3, 0), (3, 6), (3, 7)}
    mine = (view.changes["case"] == "interleaved_dense") & (view.changes["format"] == name)
    points = view.changes[mine][["from", "to"]].values.tolist()
    assert ["2.15.0", "3.0.0"] in points
    assert points[-1] == ["3.6.0", "3.7.0"]


def test_a_line_of_maintenance_is_compared_with_what_it_grew_out_of(rules: PairRules) -> None:
    known = [Version(v) for v in ("3.11.3", "3.12.0", "3.12.3", "3.12.4", "3.13.0", "3.13.2")]
    axis = ReleaseBranches(known, rules.catalogue, "keras")
    before = {str(v): str(axis.predecessor(v, axis.versions)) for v in axis.versions}
    assert before == {
        "3.11.3": "None",
        "3.12.0": "3.11.3",
        "3.12.3": "3.12.0",
        "3.12.4": "3.12.3",
        "3.13.0": "3.12.0",
        "3.13.2": "3.13.0",
    }


def without_3_6_0(outcome: str) -> list[Result]:
    return [
        replace(each, outcome=outcome, reason="it says why", cells={})
        if str(each.pair.keras) == "3.6.0"
        else each
        for each in store.read_all()[0]
    ]


def test_a_release_without_an_environment_is_told_once(rules: PairRules) -> None:
    made = make_tables(without_3_6_0("install-error"), rules)
    changes = made.natural["keras"].changes
    whole = changes[(changes["from"] == "3.6.0") | (changes["to"] == "3.6.0")]
    columns = ["case", "format", "from", "to", "kind", "before", "after", "message"]
    assert whole[columns].values.tolist() == [
        ["", "", "3.5.0", "3.6.0", ChangeKind.BROKEN, "runs", "install-error", "it says why"],
        ["", "", "3.6.0", "3.7.0", ChangeKind.INSTALLABLE, "install-error", "runs", "it says why"],
    ]
    assert "| every case |  | 3.5.0 | 3.6.0 | not installable |" in compatibility_markdown(made)
    column = wide_table(made.long)["keras-3.6.0_tensorflow-2.17.0_py3.11"]
    assert set(column) == {"install-error"}


def test_a_python_that_is_missing_here_says_nothing_of_a_release(rules: PairRules) -> None:
    changes = make_tables(without_3_6_0("no-interpreter"), rules).natural["keras"].changes
    assert "3.6.0" not in {*changes["from"], *changes["to"]}


def test_cells_that_are_not_known_are_stepped_around(rules: PairRules) -> None:
    changes = make_tables(without_3_6_0("no-interpreter"), rules).natural["keras"].changes
    row = changes[(changes["case"] == "interleaved_dense") & (changes["format"] == "keras")].iloc[
        -1
    ]
    assert (row["from"], row["to"]) == ("3.5.0", "3.7.0")


def test_runs_draw_neighbours_together(made: Tables) -> None:
    history = histories_of(made.natural["keras"].frame)["interleaved_dense", "keras"]
    assert [(str(run.first), run.signature.label) for run in spans_of(history)][-2:] == [
        ("3.0.0", "load-error ValueError"),
        ("3.7.0", "pass"),
    ]


def test_the_published_report_and_readme_are_made_of_the_stored_results(made: Tables) -> None:
    assert outdated(made) == []


def test_a_report_of_other_results_is_outdated(rules: PairRules) -> None:
    other = store.read_all()[0][1:]
    assert "reports/compatibility.csv" in outdated(make_tables(other, rules))


HOSTILE = '</pre><script>alert("x")</script> | a \\| `b` [c](javascript:d) "e\' \x1b[31m'


def test_untrusted_text_is_escaped_wherever_it_is_shown(rules: PairRules) -> None:
    hostile = []
    for each in store.read_all()[0]:
        cells = {
            key: replace(
                cell, note=HOSTILE, error={"type": HOSTILE, "message": HOSTILE,
                                           "frames": [[HOSTILE, HOSTILE, 1]]},
            )
            for key, cell in each.cells.items()
        }  # fmt: skip
        hostile.append(replace(each, cells=cells))
    assert hostile
    made = make_tables(hostile, rules)
    table = compatibility_markdown(made)
    assert "<script" not in table
    assert "\\[c\\]" in table
    terminal = StringIO()
    console = Console(file=terminal, force_terminal=True, width=400)
    print_tables(console, made, [hostile[0].pair])
    assert "alert" in terminal.getvalue()
    assert HOSTILE[-8:] not in terminal.getvalue()


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert printable("a\x1b]0;t\x07b\tc\nd\x9b31m") == "a�]0;t�b\tc\nd�31m"


def test_a_readme_without_its_marks_is_left_alone(made: Tables) -> None:
    with pytest.raises(Fault, match="lacks the marks"):
        with_headline("# keras-bisect\n<!-- headline -->\n", made)


def test_a_message_is_no_formula_in_a_table_for_spreadsheets(rules: PairRules) -> None:
    error: ExceptionRecord = {"type": "ValueError", "message": "=cmd()", "frames": []}
    crafted = [
        replace(each, cells={k: replace(c, outcome="load-error", error=error) for k, c in
                             each.cells.items() if k == ("interleaved_dense", "keras")})
        if str(each.pair.keras) == "3.7.0" else each
        for each in store.read_all()[0]
    ]  # fmt: skip
    text = changes_csv(make_tables(crafted, rules))
    assert "'=cmd()" in text and ",=cmd()" not in text
