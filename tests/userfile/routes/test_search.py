"""The search for a route: which releases are asked, in which order, and what counts as found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.releases.pair import Pair
from harness.userfile.routes.route import ModelFile, Reached
from harness.userfile.routes.search import MOST_STEPS, RouteSearch, helpers_for
from harness.userfile.verdicts import Verdict
from tests.userfile.attempts import pair

SAME, REFUSED, DIFFERS = Verdict("same"), Verdict("refused", "no"), Verdict("differs", "other")
TARGET, BRIDGE, WRITER = pair("3.15.1"), pair("2.15.0"), pair("2.6.0")
FILE = ModelFile(Path("model.h5"), "h5")


@dataclass
class FakeSteps:
    """Releases that read the kinds of files named for them, some with their config rewritten.

    A file that a release has saved is named by the releases and forms it has passed through.
    """

    reads: Mapping[Pair, Sequence[str]]
    rewrites: Mapping[Pair, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    verdict: Mapping[Pair, Verdict] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(
        self, pair: Pair, file: ModelFile, saves: Sequence[str] = (), *, rewrite: bool = False
    ) -> Reached:
        name = file.path.name
        self.asked.append(f"{pair.keras} {name}")
        is_read = name in self.reads.get(pair, ())
        rewrites = () if is_read else self.rewrites.get(pair, {}).get(name, ())
        if not is_read and not (rewrite and rewrites):
            return Reached(REFUSED)
        files = {
            form: ModelFile(
                Path(f"{name}>{pair.keras}.{form}"), file.kind if form == "rewritten" else form
            )
            for form in saves
        }
        return Reached(self.verdict.get(pair, SAME), rewrites, self.needs.get(name, ()), files)


def search(
    steps: FakeSteps, form: str = "", helpers: Sequence[Pair] = (BRIDGE, WRITER)
) -> RouteSearch:
    return RouteSearch(TARGET, helpers, steps, form)


def test_a_file_that_is_read_as_it_is_needs_one_process() -> None:
    steps = FakeSteps({TARGET: ["model.h5"]})
    route = search(steps).find(FILE)
    assert route is not None and route.is_as_it_is and route.file == FILE
    assert steps.asked == ["3.15.1 model.h5"]


def test_a_rewritten_file_counts_once_a_new_process_has_read_it_as_it_is() -> None:
    rewrites = {TARGET: {"model.h5": ("drop defaults",)}}
    steps = FakeSteps({TARGET: ["model.h5>3.15.1.rewritten"]}, rewrites)
    route = search(steps).find(FILE)
    assert route is not None
    assert [(hop.rewrites, hop.saves) for hop in route.hops] == [
        (("drop defaults",), "rewritten"),
        ((), ""),
    ]
    assert route.file.kind == "h5"
    assert steps.asked == ["3.15.1 model.h5", "3.15.1 model.h5>3.15.1.rewritten"]


def test_a_rewritten_file_that_a_new_process_refuses_is_no_way() -> None:
    steps = FakeSteps({}, {TARGET: {"model.h5": ("drop defaults",)}})
    found = search(steps, helpers=())
    assert found.find(FILE) is None
    assert [way.verdict for way in found.attempted] == [SAME, REFUSED]


def test_other_outputs_are_no_way() -> None:
    steps = FakeSteps({TARGET: ["model.h5"]}, verdict={TARGET: DIFFERS})
    found = search(steps, helpers=())
    assert found.find(FILE) is None
    assert [way.verdict for way in found.attempted] == [DIFFERS]


def test_one_release_in_between_is_tried_before_two() -> None:
    steps = FakeSteps({BRIDGE: ["model.h5"], TARGET: ["model.h5>2.15.0.h5"]})
    route = search(steps).find(FILE)
    assert route is not None
    assert [str(hop.pair.keras) for hop in route.hops] == ["2.15.0", "3.15.1"]
    assert steps.asked[:2] == ["3.15.1 model.h5", "2.15.0 model.h5"]
    assert not any(asked.startswith("2.6.0") for asked in steps.asked)


def test_two_releases_in_between_and_what_was_saved_is_used_again() -> None:
    chain = "model.h5>2.6.0.h5"
    steps = FakeSteps(
        {WRITER: ["model.h5"], BRIDGE: [chain], TARGET: [f"{chain}>2.15.0.parts"]},
        {TARGET: {f"{chain}>2.15.0.parts": ()}},
    )
    found = search(steps)
    route = found.find(FILE)
    assert route is None, "what the wanted release loads from parts must be saved and read again"
    steps = FakeSteps(
        {
            WRITER: ["model.h5"],
            BRIDGE: [chain],
            TARGET: [f"{chain}>2.15.0.parts", f"{chain}>2.15.0.parts>3.15.1.keras"],
        }
    )
    route = search(steps).find(FILE)
    assert route is not None and route.file.kind == "keras"
    assert [str(hop.pair.keras) for hop in route.hops] == ["2.6.0", "2.15.0", "3.15.1", "3.15.1"]
    assert steps.asked.count("2.6.0 model.h5") == 1


def test_a_new_file_has_the_format_that_was_asked_for() -> None:
    steps = FakeSteps({TARGET: ["model.h5", "model.h5>3.15.1.keras"]})
    route = search(steps, form="keras").find(FILE)
    assert route is not None and route.file.kind == "keras"


def test_what_it_took_to_load_each_file_is_kept() -> None:
    steps = FakeSteps(
        {TARGET: ["model.h5", "model.h5>3.15.1.keras"]}, needs={"model.h5": ("uncompiled",)}
    )
    route = search(steps, form="keras").find(FILE)
    assert route is not None
    assert [(hop.saves, hop.needs) for hop in route.hops] == [("keras", ("uncompiled",)), ("", ())]


def test_what_stopped_each_way_is_kept() -> None:
    steps = FakeSteps({BRIDGE: ["model.h5"]})
    found = search(steps)
    assert found.find(FILE) is None
    ways = {" ".join(str(hop.pair.keras) for hop in way.hops) for way in found.attempted}
    assert ways >= {"3.15.1", "2.15.0 3.15.1", "2.6.0"}


@dataclass
class Willing(FakeSteps):
    """Releases that read everything, but for the wanted one."""

    def __call__(
        self, pair: Pair, file: ModelFile, saves: Sequence[str] = (), *, rewrite: bool = False
    ) -> Reached:
        reads = {} if pair == TARGET else {pair: [file.path.name]}
        made = FakeSteps(reads)(pair, file, saves, rewrite=rewrite)
        self.asked.append(f"{pair.keras} {file.path.name}")
        return made


def test_a_search_that_leads_nowhere_comes_to_an_end() -> None:
    steps = Willing({})
    found = search(steps, helpers=[pair(each) for each in ("2.15.0", "3.0.5", "2.6.0", "3.6.0")])
    assert found.find(FILE) is None
    assert found.was_cut_short
    assert len(steps.asked) <= MOST_STEPS + 1


ORDER = [
    pair(each)
    for each in ("2.6.0", "2.14.0", "2.15.0", "3.0.5", "3.6.0", "3.12.4", "3.14.1", "3.15.1")
]


@pytest.mark.parametrize(
    ("writer", "target", "expected"),
    [
        ("2.6.0", "3.15.1", ["2.15.0", "3.0.5", "2.6.0", "3.6.0"]),
        ("3.15.1", "2.14.0", ["3.0.5", "2.15.0", "3.15.1", "3.6.0"]),
        ("3.6.0", "3.15.1", ["3.6.0", "3.14.1"]),
        ("3.15.1", "3.15.1", []),
    ],
)
def test_the_releases_at_the_border_of_two_majors_come_first(
    writer: str, target: str, expected: list[str]
) -> None:
    found = helpers_for(ORDER, pair(writer), pair(target))
    assert [str(each.keras) for each in found] == expected
