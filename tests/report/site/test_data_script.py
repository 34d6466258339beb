"""``data.js``, which the scripts of the pages read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.report.site.data_script import GROUPS
from tests.report.site import sites


@pytest.fixture(scope="module")
def document(site_with_gaps: Path) -> dict[str, Any]:
    script = (site_with_gaps / "data.js").read_text(encoding="utf-8")
    assert script.startswith("const KERAS_BISECT = ") and script.endswith(";\n")
    parsed: dict[str, Any] = json.loads(script[len("const KERAS_BISECT = ") : -2])
    return parsed


def test_each_pair_is_in_its_group(document: dict[str, Any]) -> None:
    groups = {pair["id"]: pair["group"] for pair in document["pairs"]}
    assert groups[sites.KERAS_3_7] == "keras"
    assert groups[sites.OTHER_TENSORFLOW] == groups[sites.OTHER_PYTHON] == "other"
    assert groups[sites.VARIANT] == "variant"
    assert groups[sites.CANDIDATE] == "pre-release"
    order = list(GROUPS)
    assert list(groups.values()) == sorted(groups.values(), key=order.index)


def test_what_a_natural_pair_lacks_is_not_known_and_what_another_lacks_was_not_run(
    document: dict[str, Any],
) -> None:
    missing = {pair["id"]: pair["missing"] for pair in document["pairs"]}
    assert missing[sites.KERAS_3_7] == "not known"
    assert missing[sites.SAMPLED] == missing[sites.CANDIDATE] == "not run"


def test_a_pair_has_the_signature_of_its_environment(document: dict[str, Any]) -> None:
    outcomes = {pair["id"]: document["signatures"][pair["whole"]][0] for pair in document["pairs"]}
    assert outcomes[sites.KERAS_3_6] == "import-error"
    assert set(outcomes.values()) == {"import-error", "runs"}


def test_the_runs_of_a_cell_cover_every_pair(document: dict[str, Any]) -> None:
    pairs = [pair["id"] for pair in document["pairs"]]
    for _, _, runs in document["cells"]:
        assert sum(count for _, count in runs) == len(pairs)
    (runs,) = [
        runs
        for case, name, runs in document["cells"]
        if (case, name) == ("interleaved_dense", "json")
    ]
    numbers = dict(
        zip(pairs, (number for number, count in runs for _ in range(count)), strict=True)
    )
    assert numbers[sites.KERAS_3_6] == numbers[sites.KERAS_3_7] == -1
    assert document["signatures"][numbers[sites.OTHER_TENSORFLOW]][0] == "pass"


def test_the_kind_of_every_change_is_known(document: dict[str, Any]) -> None:
    outcomes = {outcome for outcome, *_ in document["signatures"]}
    assert set(document["kinds"]) == set(document["severity"]) == outcomes
    assert document["kinds"]["pass"]["timeout"] == "regression"
    assert document["plurals"]["regression"] == "regressions"
    assert all(set(kinds) == outcomes for kinds in document["kinds"].values())
