"""Digests: which changes of a file make the results that it has made out of date."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from harness.execution import digests
from harness.execution.digests import case_digest, pair_digest, script_digest

CASE = '''
"""Some weights are loaded by name."""

import os

SEPARATOR = """
not a docstring
"""


class Layer:
    """A layer."""

    name = "dense"


def build(keras):
    """Build the model."""
    # The layer comes first.
    if keras:
        layer = Layer()
        return layer
    return None
'''


class Files:
    """New files, for what is read of a file is kept by its path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def write(self, text: str) -> Path:
        path = self._folder / f"{next(self._numbers)}.py"
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def replaced(old: str, new: str) -> str:
    assert old in CASE
    return CASE.replace(old, new)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(replaced("Some weights are", "All weights are"), id="docstring of module"),
        pytest.param(replaced('"""A layer."""', '"""A\n\n    layer."""'), id="docstring of class"),
        pytest.param(replaced("Build the", "Make the"), id="docstring of function"),
        pytest.param(replaced("The layer comes", "A layer comes"), id="comment"),
        pytest.param(replaced('"dense"', '"dense"  # its name'), id="comment beside code"),
        pytest.param(replaced("\n\n\ndef", "\n\ndef"), id="blank lines"),
    ],
)
def test_other_documentation_and_blank_lines_do_not_change_a_case(files: Files, text: str) -> None:
    assert case_digest(files.write(text)) == case_digest(files.write(CASE))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(replaced("return None", "return keras"), id="statement"),
        pytest.param(replaced('"dense"', '"Dense"'), id="string"),
        pytest.param(replaced("not a docstring", "no docstring"), id="string of several lines"),
        pytest.param(replaced("    return None", "        return None"), id="indentation"),
        pytest.param(replaced("import os\n", ""), id="import"),
        pytest.param(CASE + "(", id="a file that does not parse"),
    ],
)
def test_code_changes_a_case(files: Files, text: str) -> None:
    assert case_digest(files.write(text)) != case_digest(files.write(CASE))


def test_a_docstring_less_changes_nothing(files: Files) -> None:
    without = replaced('    """Build the model."""\n', "")
    assert case_digest(files.write(without)) == case_digest(files.write(CASE))


def test_code_on_the_line_of_a_docstring_counts(files: Files) -> None:
    one, other = (f'def build(keras): """Build."""; return {name}\n' for name in ("one", "two"))
    assert case_digest(files.write(one)) != case_digest(files.write(other))


def test_code_after_a_docstring_without_a_line_break_counts(files: Files) -> None:
    one, other = (f'"""A case."""; LIMIT = {number}\n' for number in (1, 2))
    assert case_digest(files.write(one)) != case_digest(files.write(other))


def test_every_character_of_a_file_that_does_not_parse_counts(files: Files) -> None:
    assert case_digest(files.write("( # a")) != case_digest(files.write("( # b"))


def test_every_character_of_a_script_counts(files: Files) -> None:
    with_comment = files.write("import keras  # the newest\n")
    assert script_digest(files.write("import keras\n")) != script_digest(with_comment)
    assert script_digest(files.write("import keras\n")) == script_digest(
        files.write("import keras\n")
    )


@pytest.mark.parametrize(
    ("program", "changes"),
    [("RUNNER", {"case", "script", "pair"}), ("SCRIPT_RUNNER", {"script"})],
)
def test_the_code_of_a_program_changes_what_it_makes_and_its_documentation_does_not(
    files: Files, monkeypatch: pytest.MonkeyPatch, program: str, changes: set[str]
) -> None:
    case = files.write(CASE)

    def digests_with(text: str) -> dict[str, str]:
        monkeypatch.setattr(digests, program, files.write(text))
        return {"case": case_digest(case), "script": script_digest(case), "pair": pair_digest()}

    before = digests_with('"""Runs cells."""\n\nx = 1\n')
    assert digests_with('"""Runs the cells."""\n\n# Why.\nx = 1\n') == before
    after = digests_with('"""Runs cells."""\n\nx = 2\n')
    assert {name for name in before if before[name] != after[name]} == changes


def test_the_rules_of_installing_change_the_outcome_of_a_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = pair_digest()
    assert pair_digest() == before
    monkeypatch.setattr(digests, "INSTALL_RULES", -1)
    assert pair_digest() != before
