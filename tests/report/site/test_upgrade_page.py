"""The page "Can I upgrade?"."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from harness.exchange.corpus import WriterClass
from harness.exchange.data import exchange_data
from harness.exchange.inference import with_inferred
from harness.exchange.readings import readings_of
from harness.releases.pair import Pair
from harness.releases.pair_rules import PairRules
from harness.report.site.build import build_site
from harness.report.site.data_script import GROUPS
from harness.results.model import Cell, ExceptionRecord, Result
from tests import recorded
from tests.browser import texts, visit
from tests.report.site import sites
from tests.report.site.sites import in_browser

KERAS_3_0 = "keras-3.0.0_tensorflow-2.15.0_py3.11"

BETWEEN = Pair.parse("keras-3.9.0_tensorflow-2.18.0_py3.11")
#: Files of three releases: two of them wrote the same one.
TWINS = WriterClass(
    "interleaved_dense", "keras", "0" * 12, "", "", (sites.KERAS_3_6, sites.KERAS_3_7)
)
WEIGHTS = WriterClass("interleaved_dense", "weights", "1" * 12, "", "", (sites.KERAS_3_7,))
NEWEST = WriterClass("interleaved_dense", "keras", "2" * 12, "", "", (sites.NEWEST,))
SICK = WriterClass("interleaved_dense", "json", "3" * 12, "", "", (sites.NEWEST,))
DAMAGED = WriterClass("dense_twice", "keras", "4" * 12, "", "", (sites.KERAS_3_6,))
GRAPH = WriterClass("interleaved_dense", "savedmodel", "5" * 12, "", "", (sites.KERAS_2_15,))
REFUSAL: ExceptionRecord = {
    "type": "TypeError",
    "message": "cannot read it. Exception encountered: <b>no such key</b>",
    "frames": [],
}


def reader(pair_id: str, **outcomes: tuple[WriterClass, str]) -> Result:
    cells = [
        Cell(
            entry.case, f"{entry.format}@{entry.digest}", outcome, "digest",
            error=REFUSAL if outcome == "load-error" else None,
        )
        for entry, outcome in outcomes.values()
    ]  # fmt: skip
    return Result(Pair.parse(pair_id), cells={cell.key: cell for cell in cells})


@pytest.fixture(scope="module")
def site_of_files(rules: PairRules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site in which 3.7.0 and the newest release have read files of each other.

    The newest should refuse one and does; 3.0.0 hangs on it, and on another. What 3.9.0 reads is
    inferred from two of them, and 3.6.0 has read nothing.
    """
    readings = readings_of(
        [
            reader(sites.KERAS_3_7, a=(TWINS, "pass"), b=(NEWEST, "load-error")),
            reader(
                sites.NEWEST, a=(TWINS, "pass"), b=(WEIGHTS, "mismatch"), c=(NEWEST, "pass"),
                d=(SICK, "load-error"), e=(DAMAGED, "refused"), f=(GRAPH, "pass"),
            ),
            reader(KERAS_3_0, a=(TWINS, "timeout"), b=(DAMAGED, "timeout")),
        ],
        [TWINS, WEIGHTS, NEWEST, SICK, DAMAGED, GRAPH],
    )  # fmt: skip
    data = exchange_data(with_inferred(readings, [BETWEEN], rules.catalogue), [])
    content = replace(sites.content_of(recorded.results(), rules), exchange=data)
    return build_site(content, tmp_path_factory.mktemp("files") / "site").parent


def choose(driver: Chrome, site: Path, before: str, after: str, more: str = "") -> None:
    visit(driver, site / "upgrade.html", f"#from={before}&to={after}{more}")


@in_browser
def test_it_says_which_files_are_read_after_an_upgrade_and_on_the_way_back(
    site_of_files: Path, driver: Chrome
) -> None:
    choose(driver, site_of_files, sites.KERAS_3_7, sites.NEWEST)
    assert texts(driver, "#upgrade .answer") == [
        "keras 3.15.1 reads 1 of 2 files of keras 3.7.0; 1 comes back silently different."
    ]
    assert texts(driver, "#upgrade .formats") == ["keras: 1 of 1; weights: 0 of 1"]
    assert texts(driver, "#upgrade tbody tr") == [
        "≠ mismatch measured 1 interleaved_dense (weights)",
        "✓ read measured 1 interleaved_dense (keras)",
    ]
    assert texts(driver, "#return .answer") == [
        "keras 3.7.0 reads 0 of 1 file of keras 3.15.1; 1 is refused or not read in full; "
        "1 more is left out, which keras 3.15.1 itself does not read as it should."
    ]
    (row,) = texts(driver, "#return tbody tr")
    assert "… <b>no such key</b>" in row
    assert texts(driver, ".command") == []


@in_browser
def test_a_pair_in_the_address_that_is_not_known_is_named(site: Path, driver: Chrome) -> None:
    visit(driver, site / "upgrade.html", f"#from={sites.KERAS_3_6}&to=<b>9.9</b>")
    assert texts(driver, "#unknown-pairs") == ["No results are known for <b>9.9</b>."]
    visit(driver, site / "upgrade.html", f"#from={sites.KERAS_3_6}&to=3.7.0")
    assert texts(driver, "#unknown-pairs") in ([], [""])


@in_browser
def test_the_address_may_name_releases(site_of_files: Path, driver: Chrome) -> None:
    choose(driver, site_of_files, sites.KERAS_3_7, sites.NEWEST)
    answers = texts(driver, "#upgrade .answer")
    choose(driver, site_of_files, "3.7.0", "3.15.1")
    assert texts(driver, "#upgrade .answer") == answers


@in_browser
def test_a_file_of_another_format_or_case_is_not_counted(
    site_of_files: Path, driver: Chrome
) -> None:
    choose(driver, site_of_files, sites.KERAS_3_7, sites.NEWEST, "&format=keras")
    assert texts(driver, "#upgrade .formats") == ["keras: 1 of 1"]
    choose(driver, site_of_files, sites.KERAS_3_7, sites.NEWEST, "&case=other")
    answer = "There are no such files of keras 3.7.0 that keras 3.15.1 could read."
    assert texts(driver, "#upgrade .answer") == [answer]


@in_browser
def test_what_was_not_measured_is_said_so(site_of_files: Path, driver: Chrome) -> None:
    choose(driver, site_of_files, sites.NEWEST, sites.KERAS_3_6)
    (answer,) = texts(driver, "#upgrade .answer")
    assert answer.startswith("Not measured: how keras 3.6.0 reads 1 file of keras 3.15.1;")
    assert texts(driver, "#upgrade .state") == ["? not measured"]
    assert texts(driver, "#upgrade .command") == [
        "Measure the rest: nox -s exchange -- --writer 3.15.1 --reader 3.6.0"
    ]


@in_browser
def test_a_file_that_is_rightly_refused_is_not_said_to_be_read(
    site_of_files: Path, driver: Chrome
) -> None:
    choose(driver, site_of_files, sites.KERAS_3_6, sites.NEWEST)
    assert texts(driver, "#upgrade .answer") == [
        "keras 3.15.1 reads 1 file of keras 3.6.0; it refuses the file that should be refused."
    ]
    assert texts(driver, "#upgrade .formats") == ["keras: 1 of 1"]
    choose(driver, site_of_files, sites.KERAS_3_6, KERAS_3_0)
    assert texts(driver, "#upgrade .answer") == [
        "keras 3.0.0 reads 0 of 1 file of keras 3.6.0; 1 makes it hang or crash; it does not "
        "refuse the file that should be refused."
    ]


@in_browser
def test_a_format_that_a_release_lacks_is_shown_where_it_read_it(
    site_of_files: Path, driver: Chrome
) -> None:
    choose(driver, site_of_files, sites.KERAS_2_15, sites.NEWEST)
    answer = "keras 3.15.1 reads 1 file of keras 2.15.0."
    assert texts(driver, "#upgrade .answer") == [answer]
    choose(driver, site_of_files, sites.KERAS_2_15, sites.KERAS_3_7)
    answer = "There are no such files of keras 2.15.0 that keras 3.7.0 could read."
    assert texts(driver, "#upgrade .answer") == [answer]


@in_browser
def test_files_that_their_writer_does_not_read_say_nothing(
    site_of_files: Path, driver: Chrome
) -> None:
    choose(driver, site_of_files, sites.NEWEST, sites.KERAS_3_7, "&format=json")
    assert texts(driver, "#upgrade .answer") == [
        "keras 3.15.1 does not read its own file as it should, so nothing can be said about "
        "keras 3.7.0."
    ]


@in_browser
def test_what_was_inferred_looks_different(site_of_files: Path, driver: Chrome) -> None:
    choose(driver, site_of_files, sites.KERAS_3_7, BETWEEN.id)
    (answer,) = texts(driver, "#upgrade .answer")
    assert answer == (
        "keras 3.9.0 reads 1 file of keras 3.7.0; 1 of these answers is inferred and not "
        "measured; 1 more file was not measured."
    )
    assert texts(driver, "#upgrade .state.inferred") == ["✓ read"]
    assert "✓ read inferred 1 interleaved_dense (keras)" in texts(driver, "#upgrade tbody tr")


@in_browser
def test_it_lists_what_breaks(site: Path, driver: Chrome) -> None:
    visit(
        driver, site / "upgrade.html", f"#from={sites.KERAS_2_15}&to={KERAS_3_0}"
        "&case=interleaved_dense",
    )  # fmt: skip
    rows = [row.split(" ")[:2] for row in texts(driver, "#differences tbody tr")]
    assert ["regression", "interleaved_dense"] in rows
    assert ["newly", "unsupported"] in rows
    assert " regressions, " in texts(driver, "#answer")[0]


@in_browser
def test_a_pair_compared_with_itself_only_still_fails(site: Path, driver: Chrome) -> None:
    visit(driver, site / "upgrade.html", f"#from={KERAS_3_0}&to={KERAS_3_0}")
    assert {row.split(" ")[0] for row in texts(driver, "#differences tbody tr")} == {"still"}


@in_browser
def test_a_file_that_is_refused_alike_is_no_difference(
    site_of_contracts: Path, driver: Chrome
) -> None:

    def compare(before: str, after: str) -> list[str]:
        fragment = f"#from={before}&to={after}&case={recorded.CONTRACT}"
        visit(driver, site_of_contracts / "upgrade.html", fragment)
        return texts(driver, "#answer")

    assert compare(sites.KERAS_3_6, sites.KERAS_3_6) == ["Of 2 cells: no differences."]
    assert compare(sites.NEWEST, sites.NEWEST) == ["Of 2 cells: 1 still failing."]
    assert compare(sites.KERAS_3_7, sites.NEWEST) == ["Of 2 cells: 1 regression, 1 fix."]
    rows = [row.split(" ")[0] for row in texts(driver, "#differences tbody tr")]
    assert rows == ["regression", "fix"]


@in_browser
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (f"to={sites.KERAS_3_7}", "not known with the second pair"),
        (f"to={sites.SAMPLED}", "not run with the second pair"),
        (f"to={sites.KERAS_3_6}", "a pair has no environment"),
        (f"to={sites.KERAS_3_7}&case=interleavd", "No cells match."),
        ("to=no-such-pair", "Choose two pairs."),
    ],
)
def test_it_says_what_it_cannot_compare(
    site_with_gaps: Path, driver: Chrome, query: str, answer: str
) -> None:
    visit(driver, site_with_gaps / "upgrade.html", f"#from={sites.KERAS_2_15}&{query}")
    assert texts(driver, "#answer")[0].endswith(answer + ("." if answer[-1] != "." else ""))


@in_browser
def test_a_pair_without_an_environment_is_one_difference(
    site_with_gaps: Path, driver: Chrome
) -> None:
    fragment = f"#from={sites.KERAS_2_15}&to={sites.KERAS_3_6}"
    visit(driver, site_with_gaps / "upgrade.html", fragment)
    assert texts(driver, "#differences tbody tr") == [
        "not installable every case ✓ runs ✗ import-error No module named 'x'"
    ]


@in_browser
def test_the_pairs_are_offered_in_groups(site_with_gaps: Path, driver: Chrome) -> None:
    visit(driver, site_with_gaps / "upgrade.html")

    def options(group: str) -> list[str]:
        label = GROUPS[group]
        return texts(driver, f"select[name=from] optgroup[label='{label}'] option")

    assert len(options("pre-release")) == 1
    (variant,) = options("variant")
    assert variant.endswith("with numpy==1.26.4")
    assert len(options("other")) == 3 and len(options("keras")) == 4
