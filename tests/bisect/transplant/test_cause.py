"""The search for a cause, on invented releases that are really imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.bisect.answer.cause_facts import facts_about_cause
from harness.bisect.transplant import trials
from harness.bisect.transplant.backport import patch_of, try_patch
from harness.bisect.transplant.cause import Cause, CauseSearch, find_cause
from harness.util.errors import Fault
from tests.bisect.transplant.releases import ImportingOracle, release

MAIN = "from pkg import {modules}\ndef main():\n    {body}\n    return 'pass'\n"
#: Functions that every run calls, of which some change without any consequence.
NOISE = {f"noise{number}.py": f"def f():\n    return {number}\n" for number in range(12)}
CALLS = "; ".join(f"noise{number}.f()" for number in range(12))
MODULES = ", ".join(f"noise{number}" for number in range(12))


def searched(
    folder: Path, old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[CauseSearch, ImportingOracle]:
    """The search between two releases that both have the noise, all of it changed."""
    changed = {name: text.replace("return", "return -") for name, text in NOISE.items()}
    oracle = ImportingOracle(folder)
    before, after = release(folder, "1", {**NOISE, **old}), release(folder, "2", {**changed, **new})
    return find_cause(before, after, oracle.run, oracle.is_newer), oracle


def cause_of(search: CauseSearch) -> Cause:
    assert search.cause is not None, search.reason
    return search.cause


def words(cause: Cause) -> dict[str, str]:
    return {fact.about: fact.says for fact in facts_about_cause(cause)}


MAIN_OF_A = {"main.py": MAIN.format(modules=f"a, {MODULES}", body=f"{CALLS}; a.check(1)")}
CHECK = (
    "def check(x):\n    if x:\n        raise ValueError('old')\n\n\ndef other():\n    return 1\n"
)
MENDED = CHECK.replace("if x:", "if not x:").replace("return 1", "return 2")


def test_one_function_of_the_traceback_both_ways(tmp_path: Path) -> None:
    search, oracle = searched(tmp_path, {"a.py": CHECK, **MAIN_OF_A}, {"a.py": MENDED, **MAIN_OF_A})
    cause = cause_of(search)
    assert list(map(str, cause.parts)) == ["pkg/a.py: check"]
    assert (cause.to_newer, cause.to_older, cause.whole_files) == (True, True, False)
    assert cause.trials == len(oracle.overlays) == 5
    (diff,) = cause.diffs
    assert diff.diff.splitlines() == [
        "--- pkg-1/pkg/a.py", "+++ pkg-2/pkg/a.py", "@@ -1,3 +1,3 @@",
        " def check(x):", "-    if x:", "+    if not x:", "         raise ValueError('old')",
    ]  # fmt: skip
    assert words(cause) == {
        "cause": "pkg/a.py: check",
        "proven": "by transplant, both ways, 5 probes: 1 with this part of 2 behaves like 2; "
        "2 with this part of 1 behaves like 1",
    }


def test_what_the_part_needs_is_a_part_of_the_answer(tmp_path: Path) -> None:
    new = "from pkg.b import allowed\n" + CHECK.replace("if x:", "if not allowed(x):")
    search, _ = searched(
        tmp_path, {"a.py": CHECK, **MAIN_OF_A},
        {"a.py": new, "b.py": "def allowed(x):\n    return True\n", **MAIN_OF_A},
    )  # fmt: skip
    assert list(map(str, cause_of(search).parts)) == [
        "pkg/a.py: check", "pkg/a.py: from pkg.b import allowed", "pkg/b.py",
    ]  # fmt: skip
    assert cause_of(search).to_older


def test_a_version_that_is_compared_is_found_soon(tmp_path: Path) -> None:
    """Nothing that is called makes the difference, and the other files change as well."""
    body = f"{CALLS}; return 'pass' if version.NUMBER > 1 else 'load-error'"
    main = {"main.py": MAIN.format(modules=f"version, {MODULES}", body=body)}
    search, oracle = searched(
        tmp_path, {"version.py": "NUMBER = 1\n", **main}, {"version.py": "NUMBER = 2\n", **main}
    )
    assert [part.file for part in cause_of(search).parts] == ["pkg/version.py"]
    assert len(oracle.overlays) <= 12


def test_a_silent_difference_in_a_function_among_many(tmp_path: Path) -> None:
    """No traceback leads there, and nothing but its file and one of its parts is the cause."""
    main = {
        "main.py": MAIN.format(modules=MODULES, body=f"{CALLS}").replace(
            "return 'pass'", "return noise7.g() if hasattr(noise7, 'g') else 0"
        )
    }
    search, oracle = searched(
        tmp_path, {"noise7.py": "def g():\n    return 'load-error'\n" + NOISE["noise7.py"], **main},
        {"noise7.py": "def g():\n    return 'pass'\n" + NOISE["noise7.py"], **main},
    )  # fmt: skip
    assert list(map(str, cause_of(search).parts)) == ["pkg/noise7.py: g"]
    assert len(oracle.overlays) <= 12


def test_two_functions_that_make_the_change_only_together(tmp_path: Path) -> None:
    main = {
        "main.py": MAIN.format(modules=f"a, b, {MODULES}", body=f"{CALLS}; x = a.f() + b.f()")
        .replace("return 'pass'", "return 'pass' if x == 2 else 'load-error'")
    }  # fmt: skip
    zero, one = "def f():\n    return 0\n", "def f():\n    return 1\n"
    search, _ = searched(
        tmp_path, {"a.py": zero, "b.py": zero, **main}, {"a.py": one, "b.py": one, **main}
    )
    cause = cause_of(search)
    assert sorted(map(str, cause.parts)) == ["pkg/a.py: f", "pkg/b.py: f"]
    assert cause.to_older and "with these parts" in words(cause)["proven"]


def test_one_file_where_the_files_executed_before_it_do_not_work_together(tmp_path: Path) -> None:
    """Each of the other files needs a constant that nothing executes, so it does not come along."""
    old = {name: f"from pkg import flags\n{text}" for name, text in NOISE.items()}
    new = {name: text.replace("\n", "\nassert flags.NEW\n", 1) for name, text in old.items()}
    main = {"main.py": MAIN.format(modules=f"a, {MODULES}", body=f"a.check(1); {CALLS}")}
    search, _ = searched(
        tmp_path, {"a.py": CHECK.replace("raise ValueError('old')", "return 'load-error'"), **old,
                   "flags.py": "NEW = False\n", **main_returning(main)},
        {"a.py": CHECK.replace("raise ValueError('old')", "return 'pass'"), **new,
         "flags.py": "NEW = True\n", **main_returning(main)},
    )  # fmt: skip
    cause = cause_of(search)
    assert list(map(str, cause.parts)) == ["pkg/a.py: check"]
    assert cause.to_newer and cause.to_older
    assert cause.trials <= 12  # without trying it alone: 18


def main_returning(main: Mapping[str, str]) -> dict[str, str]:
    """The main module, which returns what the check does, after all others were called."""
    return {
        "main.py": main["main.py"]
        .replace("a.check(1)", "x = a.check(1)")
        .replace("return 'pass'", "return x")
    }


def test_a_change_beside_a_module_that_has_moved(tmp_path: Path) -> None:
    """Two copies of the module do not go together, as when each registers the same classes."""
    module = "import sys\nassert not hasattr(sys, 'pkg_seen')\nsys.pkg_seen = 1\ndef same(x):\n"
    moved = {"tree.py": f"{module}    return x\n", "utils/__init__.py": ""}
    unmoved = {"utils/tree.py": f"{module}    return x\n", "utils/__init__.py": ""}
    new, old = "from pkg import tree\n", "from pkg.utils import tree\n"
    check = CHECK.replace("if x:", "if tree.same(x):")
    fixed = CHECK.replace("if x:", "if tree.same(False):")
    main = {
        "main.py": MAIN_OF_A["main.py"].replace(
            "from", "import sys\nvars(sys).pop('pkg_seen', 0)\nfrom", 1
        )
    }
    search, _ = searched(
        tmp_path, {"a.py": old + check, "b.py": f"{old}tree.same(1)\n", **unmoved, **main},
        {"a.py": new + fixed, "b.py": f"{new}tree.same(1)\n", **moved, **main},
    )  # fmt: skip
    cause = cause_of(search)
    assert list(map(str, cause.parts)) == ["pkg/a.py: check"]
    assert cause.to_newer and cause.to_older


def test_a_change_at_import_that_no_function_executes(tmp_path: Path) -> None:
    main = {"main.py": "from pkg import a\ndef main():\n    return a.LIMIT\n"}
    search, _ = searched(
        tmp_path, {"a.py": "LIMIT = 'load-error'\n", **main}, {"a.py": "LIMIT = 'pass'\n", **main}
    )
    assert list(map(str, cause_of(search).parts)) == ["pkg/a.py: LIMIT"]


def test_one_way_where_the_newer_release_has_a_second_reason(tmp_path: Path) -> None:
    def main(condition: str) -> dict[str, str]:
        answer = f"return 'pass' if {condition} else 'load-error'"
        text = MAIN.format(modules="a, b", body="x, y = a.f(), b.f()")
        return {"main.py": text.replace("return 'pass'", answer)}

    zero, one = "def f():\n    return 0\n", "def f():\n    return 1\n"
    search, _ = searched(
        tmp_path, {"a.py": zero, "b.py": zero, **main("x or y")},
        {"a.py": one, "b.py": one, **main("x or y")},
    )  # fmt: skip
    cause = cause_of(search)
    assert len(cause.parts) == 1 and cause.to_newer and not cause.to_older
    assert words(cause)["proven"].endswith("2 with this part of 1 does not behave like 1")
    assert "one way" in words(cause)["proven"]


def test_sources_that_make_no_difference_have_no_cause(tmp_path: Path) -> None:
    search, oracle = searched(
        tmp_path, {"a.py": CHECK, **MAIN_OF_A}, {"a.py": CHECK.replace("1", "2"), **MAIN_OF_A}
    )
    assert search.cause is None and "pkg-2 alone do not make the difference" in search.reason
    assert len(oracle.overlays) == 2


def test_a_release_that_cannot_be_run_as_a_whole_is_said_to_give_no_result(tmp_path: Path) -> None:
    search, _ = searched(
        tmp_path, {"a.py": CHECK, **MAIN_OF_A}, {"a.py": "import nothing_so_named\n", **MAIN_OF_A}
    )
    assert search.reason.startswith("pkg-2 as a whole gave no result: No module named")


def test_a_rewrite_is_not_taken_apart(tmp_path: Path) -> None:
    old, new = release(tmp_path, "1", MAIN_OF_A), release(tmp_path, "2", NOISE)
    oracle = ImportingOracle(tmp_path)
    search = find_cause(old, new, oracle.run, oracle.is_newer)
    assert search == CauseSearch(None, "the two releases have 1 of 13 files in common")
    assert oracle.overlays == []


def test_a_search_that_takes_too_long_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "MOST_TRIALS", 0)
    main = {"main.py": "from pkg import a\ndef main():\n    return a.LIMIT\n"}
    search, _ = searched(
        tmp_path, {"a.py": "LIMIT = 'load-error'\n", **main}, {"a.py": "LIMIT = 'pass'\n", **main}
    )
    assert search == CauseSearch(None, "no parts were found in 0 transplants")


def test_a_patch_is_applied_and_tried(tmp_path: Path) -> None:
    new = "from pkg.b import allowed\n" + CHECK.replace("if x:", "if not allowed(x):")
    search, oracle = searched(
        tmp_path, {"a.py": CHECK, **MAIN_OF_A},
        {"a.py": new, "b.py": "def allowed(x):\n    return True", **MAIN_OF_A},
    )  # fmt: skip
    cause = cause_of(search)
    patch = patch_of(cause)
    assert "It has been tried on one case alone." in patch
    assert "new file mode 100644\n--- /dev/null\n+++ b/pkg/b.py\n" in patch
    assert "\\ No newline at end of file" in patch
    assert oracle.is_newer(try_patch(cause, patch, oracle.run))
    assert oracle.overlays[-1].texts == {}  # a copy of the release, and not what was tried before
    with pytest.raises(Fault, match="git apply failed"):
        try_patch(cause, patch.replace(" def check", " def other"), oracle.run)
    with pytest.raises(Fault, match=r"pkg/b\.py with the patch is not what was tried"):
        try_patch(cause, patch.replace("return True", "return None"), oracle.run)


def test_a_patch_of_a_file_with_form_feeds_applies(tmp_path: Path) -> None:
    search, oracle = searched(
        tmp_path, {"a.py": f"\f\n{CHECK}", **MAIN_OF_A},
        {"a.py": "\f\n" + CHECK.replace("if x:", "if not x:\f"), **MAIN_OF_A},
    )  # fmt: skip
    cause = cause_of(search)
    assert oracle.is_newer(try_patch(cause, patch_of(cause), oracle.run))
