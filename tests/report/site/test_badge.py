"""The badge of the newest release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.releases.pair_rules import PairRules
from harness.report.site.badge import badge_files
from harness.report.site.content import SiteContent
from harness.report.site.release_summary import release_summaries
from harness.report.site.tally import Tally
from harness.results.signatures import Signature
from tests.report.site.sites import page_text

GREEN, AMBER, RED, GREY = "#1a7f37", "#9a6700", "#a40e26", "#57606a"


def endpoint(content: SiteContent, tally: Tally) -> dict[str, Any]:
    """The JSON of the badge if the newest release had the given tally."""
    newest = release_summaries(content, content.tables.natural["keras"])[-1]
    document: dict[str, Any] = json.loads(badge_files(replace(newest, tally=tally))["badge.json"])
    return document


def test_image_and_endpoint_say_the_same(site: Path) -> None:
    badge = json.loads((site / "badge.json").read_text())
    assert badge["schemaVersion"] == 1
    assert badge["label"] == "keras 3.15.1 save/load"
    image = "".join(ElementTree.parse(site / "badge.svg").getroot().itertext())
    assert badge["label"] in image and badge["message"] in image


@pytest.mark.parametrize(
    ("tally", "message", "colour"),
    [
        (Tally({"pass": 8, "unsupported": 1}), "8 of 8 cells right", GREEN),
        (Tally({"pass": 8}, unknown=2), "8 of 8 cells right, 2 not known", AMBER),
        (Tally({"pass": 7, "mismatch": 1}), "7 of 8 cells right", AMBER),
        (Tally({"pass": 5}, {"refused": 3}), "8 of 8 cells right", GREEN),
        (Tally({"pass": 5}, {"refused": 2, "accepted": 1}), "7 of 8 cells right", AMBER),
        (Tally({"unsupported": 1}), "0 of 0 cells right", AMBER),
        (Tally({}, pair_failure=Signature("import-error")), "not installable", RED),
        (Tally({}, pair_failure=Signature("no-interpreter")), "not known", GREY),
    ],
)
def test_it_is_green_only_if_every_cell_is_known_and_right(
    content: SiteContent, tally: Tally, message: str, colour: str
) -> None:
    badge = endpoint(content, tally)
    assert (badge["message"], badge["color"]) == (message, colour)


def test_cells_that_are_not_known_are_counted(site_with_gaps: Path) -> None:
    message = json.loads((site_with_gaps / "badge.json").read_text())["message"]
    assert message.endswith(", 63 not known")


def test_without_any_result_it_says_so(rules: PairRules) -> None:
    badge = json.loads(badge_files(None)["badge.json"])
    assert (badge["message"], badge["color"]) == ("no results yet", GREY)


def test_the_image_is_well_formed(site_with_gaps: Path) -> None:
    assert page_text(site_with_gaps / "badge.svg").startswith("<svg")
    ElementTree.parse(site_with_gaps / "badge.svg")
