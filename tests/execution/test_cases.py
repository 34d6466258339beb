"""Cases and scripts: what is read of their files, and the form of the library in ``cases/``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.execution.cases import Case, Script, all_cases, code_digests
from harness.execution.digests import case_digest, pair_digest, script_digest
from harness.results.model import FORMATS, SCRIPT
from harness.util.errors import UsageError

REFERENCE = re.compile(r"[\w-]+/[\w-]+#\d+")


def case_with(folder: Path, text: str) -> Case:
    path = folder / "case.py"
    path.write_text(text, encoding="utf-8")
    return Case("case", path)


# ---------------------------------------------------------------- what is read of a file


@pytest.mark.parametrize(
    ("text", "limit"), [("LIMIT = 5\n", 5), ("LIMIT = 2.5\n", 2.5), ("LIMIT = 50\n", 30), ("", 30)]
)
def test_a_case_can_shorten_the_time_limit_and_not_lengthen_it(
    tmp_path: Path, text: str, limit: float
) -> None:
    assert case_with(tmp_path, text).limit(30) == limit


def test_a_script_has_the_requested_time_limit_and_one_format(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("LIMIT = 5\nFORMATS = ('h5',)\n")
    script = Script("script", path)
    assert (script.limit(30), script.formats) == (30, (SCRIPT,))
    assert script.digest == script_digest(path)


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("FORMATS = ('h5', 'json')\n", ("h5", "json")),
        ("def load(keras, saved):\n    pass\n", ("own",)),
        ("", tuple(name for name in FORMATS if name != "own")),
        ("def (:\n", tuple(name for name in FORMATS if name != "own")),
    ],
)
def test_a_case_names_its_formats_or_has_its_own_or_all_others(
    tmp_path: Path, text: str, formats: tuple[str, ...]
) -> None:
    assert case_with(tmp_path, text).formats == formats


@pytest.mark.parametrize(
    ("constant", "needed"),
    [
        ("LIMIT = 0", "LIMIT must be a number of seconds above 0"),
        ("LIMIT = -3", "LIMIT must be a number"),
        ("LIMIT = '5'", "LIMIT must be a number"),
        ("LIMIT = True", "LIMIT must be a number"),
        ("FORMATS = ()", "FORMATS must be a tuple of formats, which are keras, "),
        ("FORMATS = 'keras'", "FORMATS must be a tuple"),
        ("FORMATS = ('kera',)", "FORMATS must be a tuple"),
        ("MUST_REFUSE = 5", "MUST_REFUSE must be a tuple"),
    ],
)
def test_a_constant_that_cannot_be_is_named_with_its_line(
    tmp_path: Path, constant: str, needed: str
) -> None:
    case = case_with(tmp_path, f'"""A case."""\n{constant}\n')
    with pytest.raises(UsageError) as refusal:
        case.check_statically()
    assert str(refusal.value).startswith(f"case.py, line 2: {needed}")
    assert all(name in FORMATS for name in (*case.formats, *case.must_refuse))


@pytest.mark.parametrize(
    "text", ["", "LIMIT = 2.5", "FORMATS = tuple(names)", "MUST_REFUSE = ()", "def (:"]
)
def test_constants_that_are_right_computed_or_missing_are_left_alone(
    tmp_path: Path, text: str
) -> None:
    case_with(tmp_path, text).check_statically()


@pytest.mark.parametrize(
    "text",
    [
        "def damage(config):\n    config['layers'] = []\n",
        "def inputs(numbers):\n    def batch():\n        return 1\n    batch()\n",
        "def applies(keras):\n    return\n",
    ],
)
def test_a_function_that_never_returns_what_is_needed_of_it_is_named(
    tmp_path: Path, text: str
) -> None:
    case = case_with(tmp_path, "import keras\n\n\n" + text)
    with pytest.raises(UsageError, match=r"^case\.py, line 4: \w+\(\) returns nothing$"):
        case.check_statically()


@pytest.mark.parametrize(
    "text",
    [
        "def load(keras, saved):\n    raise ValueError('not here')\n",
        "def damage_file(path):\n    path.write('')\n",
        "def inputs(numbers):\n    if numbers:\n        return numbers.rand(4)\n",
        "inputs = lambda numbers: numbers.rand(4)\n",
    ],
)
def test_functions_that_return_or_raise_or_need_not_are_left_alone(
    tmp_path: Path, text: str
) -> None:
    case_with(tmp_path, text).check_statically()


def test_the_summary_is_the_first_line_of_the_docstring(tmp_path: Path) -> None:
    assert case_with(tmp_path, '"""A layer twice.\n\nAnd more."""\n').summary == "A layer twice."
    assert case_with(tmp_path, "def (:\n").summary == ""


def test_the_cases_of_a_folder_are_ordered_and_leave_out_helpers(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "_helper.py", "notes.txt"):
        (tmp_path / name).touch()
    cases = all_cases(tmp_path)
    assert [case.name for case in cases] == ["a", "b"]
    digests = code_digests(cases)
    assert digests.cases == {name: case_digest(tmp_path / f"{name}.py") for name in ("a", "b")}
    assert digests.pair == pair_digest()


# ---------------------------------------------------------------- the library


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_says_what_it_is_and_has_one_builder(case: Case) -> None:
    tree = ast.parse(case.path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree) or ""
    assert re.match(r"\S.{20,110}\.$", case.summary)
    is_contract = case.summary.startswith("Contract: ")
    assert "Shared: " in docstring or "At stake: " in docstring or is_contract
    references = docstring.partition("Upstream: ")[2].split(", ")
    assert references == [""] or all(map(REFERENCE.match, map(str.strip, references)))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert functions.count("build") == 1


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_has_formats_that_exist(case: Case) -> None:
    assert case.formats
    assert set(case.formats) <= set(FORMATS)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_has_decorators_that_python_3_6_can_parse(case: Case) -> None:
    assert list(new_decorators(case.path.read_text(encoding="utf-8"))) == []


def test_a_decorator_of_python_3_9_is_found() -> None:
    source = "@made(1)(2)\ndef one(): ...\n@some.name(1)\ndef other(): ...\n"
    assert list(new_decorators(source)) == ["made(1)(2)"]


def new_decorators(source: str) -> Iterator[str]:
    """The decorators that are neither a dotted name nor a call of one, as Python 3.8 demands.

    The parser accepts them whatever ``feature_version`` it is given.
    """
    for node in ast.walk(ast.parse(source)):
        for decorator in getattr(node, "decorator_list", ()):
            name = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not re.fullmatch(r"\w+(\.\w+)*", ast.unparse(name)):
                yield ast.unparse(decorator)


def test_the_library_is_large() -> None:
    assert len(all_cases()) >= 30
