"""The committed tables, made from recorded results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from harness.analysis.change_points import histories
from harness.analysis.frames import wide_table
from harness.analysis.views import Tables, make_tables
from harness.releases.pair_rules import PairRules
from harness.report.tables import (
    HEADLINE_END,
    HEADLINE_START,
    changes_csv,
    compatibility_markdown,
    csv_tables,
    headline,
    markdown_table,
    outdated,
    with_headline,
    write_readme,
    write_tables,
)
from harness.results.model import ExceptionRecord, Result
from harness.util.errors import Fault
from tests import recorded

KERAS_3_6 = "keras-3.6.0_tensorflow-2.17.0_py3.11"
KERAS_3_7 = "keras-3.7.0_tensorflow-2.18.0_py3.11"
HOSTILE = '</pre><script>alert("x")</script> | a \\| `b` [c](javascript:d) "e\' \x1b[31m'


@pytest.fixture(scope="module")
def tables(rules: PairRules) -> Tables:
    return make_tables(recorded.results(), rules)


def results_with(changed: Result) -> list[Result]:
    """The recorded results, with one replaced."""
    return [changed if result.pair == changed.pair else result for result in recorded.results()]


# ---------------------------------------------------------------- the headline


@pytest.mark.parametrize("name", ["keras", "h5", "json"])
def test_interleaved_dense_fails_from_3_0_to_3_6(tables: Tables, name: str) -> None:
    view = tables.natural["keras"]
    history = histories(view.frame)["interleaved_dense", name]
    labels = {
        version: signature.label
        for version, signature in history.items()
        if version >= Version("2.12")
    }
    assert labels == {
        version: "load-error ValueError" if Version("3.0") <= version < Version("3.7") else "pass"
        for version in labels
    }
    assert {version.release[:2] for version in labels} >= {(2, 12), (3, 0), (3, 6), (3, 7)}
    is_shown = (view.changes["case"] == "interleaved_dense") & (view.changes["format"] == name)
    points = view.changes[is_shown][["from", "to"]].values.tolist()
    assert ["2.15.0", "3.0.0"] in points
    assert points[-1] == ["3.6.0", "3.7.0"]


def test_the_headline_is_the_history_of_that_case(tables: Tables) -> None:
    lines = headline(tables).splitlines()
    assert lines[:2] == ["| formats | history |", "| --- | --- |"]
    (row,) = [line for line in lines if "keras" in line.split("|")[1]]
    assert row.endswith("3.0.0 to 3.6.0 load-error ValueError; 3.7.0 to 3.15.1 pass |")


def test_only_the_table_of_the_readme_is_replaced(tables: Tables) -> None:
    readme = f"# Title\n{HEADLINE_START}old\n{HEADLINE_END}\nmore\n"
    updated = with_headline(readme, tables)
    assert updated == f"# Title\n{HEADLINE_START}{headline(tables)}{HEADLINE_END}\nmore\n"
    assert with_headline(updated, tables) == updated


@pytest.mark.parametrize(
    "readme", ["# Title\n", f"# Title\n{HEADLINE_START}", f"# Title\n{HEADLINE_END}"]
)
def test_a_readme_without_both_marks_is_a_fault(tables: Tables, readme: str) -> None:
    with pytest.raises(Fault, match="lacks the marks"):
        with_headline(readme, tables)


# ---------------------------------------------------------------- what is up to date


def test_the_files_just_written_are_up_to_date(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"{HEADLINE_START}{HEADLINE_END}\n")
    names = ("compatibility.md", "corpus/cases.json", "compatibility.csv", "changes.csv")
    files = [f"reports/{name}" for name in names]
    assert outdated(tables, tmp_path) == [*files, "README.md"]
    write_tables(tables, csv_tables(tables), tmp_path)
    assert outdated(tables, tmp_path) == ["README.md"]
    write_readme(tables, tmp_path)
    assert outdated(tables, tmp_path) == []


def test_the_files_of_other_results_are_outdated(
    tables: Tables, rules: PairRules, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text(f"{HEADLINE_START}{HEADLINE_END}\n")
    write_tables(tables, csv_tables(tables), tmp_path)
    other = make_tables(recorded.results()[1:], rules)
    assert "reports/compatibility.csv" in outdated(other, tmp_path)


# ---------------------------------------------------------------- the tables


def test_a_release_without_an_environment_is_one_change_of_every_case(rules: PairRules) -> None:
    broken = replace(
        recorded.result(KERAS_3_6), outcome="install-error", reason="it says why", cells={}
    )
    tables = make_tables(results_with(broken), rules)
    markdown = compatibility_markdown(tables)
    assert "| every case |  | 3.5.0 | 3.6.0 | not installable |" in markdown
    assert "| every case |  | 3.6.0 | 3.7.0 | installable again |" in markdown
    assert markdown.count("| every case |") == 2
    assert set(wide_table(tables.long)[KERAS_3_6]) == {"install-error"}


def test_a_cell_that_was_not_run_says_so_unless_the_pair_is_natural(rules: PairRules) -> None:
    natural = recorded.result(KERAS_3_7)
    other = recorded.result("keras-3.7.0_tensorflow-2.18.1_py3.11")
    known = recorded.result("keras-3.7.0_tensorflow-2.19.1_py3.11")
    key = ("interleaved_dense", "keras")
    del natural.cells[key], other.cells[key]
    csv = csv_tables(make_tables([natural, other, known], rules))["compatibility.csv"]
    (row,) = [line for line in csv.splitlines() if line.startswith("interleaved_dense,keras")]
    assert row == "interleaved_dense,keras,,not run,pass"


def test_flaky_cells_are_listed(rules: PairRules) -> None:
    result = recorded.result(KERAS_3_7)
    error: ExceptionRecord = {"type": "Crash", "message": "died once", "frames": []}
    key = ("interleaved_dense", "keras")
    result.cells[key] = replace(result.cells[key], flaky=error)
    markdown = compatibility_markdown(make_tables([result], rules))
    _, _, flaky = markdown.partition("## Flaky cells\n")
    assert "interleaved\\_dense | keras | pass | died once |" in flaky
    result.cells[key] = replace(result.cells[key], flaky=None)
    assert "Flaky" not in compatibility_markdown(make_tables([result], rules))


def test_untrusted_text_is_escaped_in_markdown(rules: PairRules) -> None:
    result = recorded.result(KERAS_3_7)
    error: ExceptionRecord = {
        "type": HOSTILE, "message": HOSTILE, "frames": [[HOSTILE, HOSTILE, 1]],
    }  # fmt: skip
    hostile = replace(
        result, cells={key: replace(cell, error=error) for key, cell in result.cells.items()}
    )
    markdown = compatibility_markdown(make_tables(results_with(hostile), rules))
    assert "&lt;script" in markdown and "<script" not in markdown
    assert "\\[c\\]" in markdown and "\x1b" not in markdown


def test_a_message_is_no_formula_for_a_spreadsheet(rules: PairRules) -> None:
    result = recorded.result(KERAS_3_7)
    key = ("interleaved_dense", "keras")
    error: ExceptionRecord = {"type": "ValueError", "message": "=cmd()", "frames": []}
    cell = replace(result.cells[key], outcome="load-error", error=error)
    crafted = replace(result, cells={key: cell})
    text = changes_csv(make_tables(results_with(crafted), rules))
    assert "'=cmd()" in text and ",=cmd()" not in text


def test_both_lineages_share_one_header(tables: Tables) -> None:
    lines = changes_csv(tables).splitlines()
    assert [line for line in lines if line.startswith("lineage,")] == lines[:1]
    assert {line.partition(",")[0] for line in lines[1:]} >= {"keras"}


def test_a_markdown_table_has_a_header_and_escaped_cells() -> None:
    assert markdown_table(["case", "kind"], [["dense_twice", "fix"]]) == (
        "| case | kind |\n| --- | --- |\n| dense\\_twice | fix |\n"
    )


def test_long_texts_are_cut_unless_there_is_no_limit() -> None:
    text = "x" * 300
    cut = markdown_table(["a"], [[text]]).splitlines()[2]
    assert cut == f"| {'x' * 159}… |"
    assert text in markdown_table(["a"], [[text]], limit=None)
