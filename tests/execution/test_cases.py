"""The case library: its form, its syntax, and what makes a result of it out of date."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from harness.execution.cases import Case, all_cases
from harness.results.model import FORMATS
from harness.util.paths import RUNNER

OLDEST_SYNTAX = (3, 6)
REFERENCE = re.compile(r"[\w-]+/[\w-]+#\d+")


@pytest.mark.parametrize(
    "path", [RUNNER, *(case.path for case in all_cases())], ids=lambda p: p.stem
)
def test_what_runs_in_an_environment_has_the_syntax_of_python_3_6(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST_SYNTAX)


def test_the_runner_knows_the_formats_of_the_tables() -> None:
    tree = ast.parse(RUNNER.read_text(encoding="utf-8"))
    (known,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FORMATS"
    )
    assert isinstance(known, ast.Dict)
    assert tuple(ast.literal_eval(key) for key in known.keys if key) == FORMATS


def test_the_syntax_check_can_fail() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("if (n := 1): pass", feature_version=OLDEST_SYNTAX)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_says_what_it_is_and_has_one_builder(case: Case) -> None:
    tree = ast.parse(case.path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree) or ""
    assert re.match(r"\S.{20,110}\.$", case.summary)
    assert "Shared: " in docstring or case.summary.startswith("Contract: ")
    references = docstring.partition("Upstream: ")[2].split(", ")
    assert references == [""] or all(REFERENCE.match(each.strip()) for each in references)
    assert [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build"
    ]


def digest_of(tmp_path: Path, text: str) -> str:
    """The digest of a new file with this text."""
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"
    path.write_text(text)
    return Case("case", path).digest


def test_comments_docstrings_and_blank_lines_do_not_make_a_result_out_of_date(
    tmp_path: Path,
) -> None:
    text = next(case for case in all_cases() if case.name == "weights_by_name").path.read_text()
    same = digest_of(tmp_path, text)
    assert digest_of(tmp_path, text.replace('"""Weights', '"""Some weights')) == same
    assert digest_of(tmp_path, text.replace("\n\n\ndef", "\n\n\n# why\ndef")) == same
    assert digest_of(tmp_path, text.replace("by_name=True", "by_name=False")) != same
    assert digest_of(tmp_path, text.replace("    return model", "return model")) != same


def test_a_case_can_shorten_the_time_limit_and_not_lengthen_it(tmp_path: Path) -> None:
    path = tmp_path / "case.py"
    path.write_text("LIMIT = 5\n")
    assert (Case("case", path).limit(30), Case("case", path).limit(2)) == (5, 2)
    path.write_text("")
    assert Case("case", path).limit(30) == 30


def test_the_library_is_large_and_its_formats_exist() -> None:
    cases = all_cases()
    assert len(cases) >= 30
    for case in cases:
        for node in ast.parse(case.path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id="FORMATS")], value=value):
                    assert set(ast.literal_eval(value)) <= set(FORMATS)
