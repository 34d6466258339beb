"""A bisection of a person's own file, with stand-ins for releases in the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.bisect.observation import Observation
from harness.bisect.oracles.oracle import NotRun
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.environments.sandbox import Limits, Trusted, find_sandbox
from harness.releases.pair import Pair
from harness.userfile.attempts import Attempt, InputSpec, Read
from harness.userfile.file_oracle import FileOracle, UserFile, cell_from
from harness.userfile.reader_process import ReadingJob
from harness.userfile.verdicts import Verdict
from harness.util.errors import Fault
from tests.userfile.attempts import error, pair, read
from tests.userfile.fake_release import KERAS, fake_environment

#: Refuses in 3.7.0, and computes something else in 3.8.0.
CONTENT = """
import sys
version = sys.modules["keras"].__version__
if version == "3.7.0":
    raise ValueError("no such key")
class Other(Model):
    def predict_on_batch(self, inputs):
        return inputs * 3
model = Other() if version == "3.8.0" else Model()
"""


class FakeBuilder(EnvironmentBuilder):
    """Has the stand-ins of some releases."""

    def __init__(self, folder: Path, *versions: str) -> None:
        self.environments = {
            environment.pair: environment
            for environment in (fake_environment(folder / each, each) for each in versions)
        }

    def make(self, pair: Pair, wheel: str | None = None) -> Environment:
        if pair not in self.environments:
            raise NoEnvironment("no-interpreter", "this machine has no Python 3.6")
        return self.environments[pair]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., FileOracle]:
    """Makes an oracle of a file with this content."""

    def make(content: str, *versions: str) -> FileOracle:
        file = tmp_path / "model.keras"
        file.write_text(content)
        job = ReadingJob(
            file, "keras", "model.keras", inputs=(InputSpec((2,)),), limits=Limits(patience=120)
        )
        return FileOracle(
            UserFile("model", file, "keras"), job, find_sandbox() or Trusted(),
            FakeBuilder(tmp_path / "environments", *versions), lambda origin, seen: None,
        )  # fmt: skip

    return make


def labels(oracle: FileOracle, *versions: str) -> list[str]:
    pairs = [pair(each) for each in versions]
    oracle.ask(pairs)
    seen = [oracle.known(each) for each in pairs]
    return [each.signature.label if each and each.signature else "" for each in seen]


def test_each_release_reads_the_file_and_is_compared_with_the_writer(
    make: Callable[..., FileOracle],
) -> None:
    versions = ("3.6.0", "3.7.0", "3.8.0", "3.9.0")
    oracle = make(CONTENT, *versions)
    oracle.compare_with(pair("3.6.0"))
    assert labels(oracle, *versions) == ["pass", "load-error ValueError", "mismatch", "pass"]
    assert oracle.probes == 4
    seen = oracle.known(pair("3.7.0"))
    assert seen is not None and seen.message == "no such key"


def test_a_release_without_an_interpreter_has_no_result(make: Callable[..., FileOracle]) -> None:
    oracle = make(CONTENT, "3.6.0")
    missing = [pair(f"2.{minor}.0") for minor in range(5)]
    oracle.ask([*missing, pair("3.6.0")])
    seen = [oracle.known(each) for each in missing]
    assert {each.reason for each in seen if each} == {"it has no environment"}
    assert oracle.known(pair("3.6.0")).cell is not None  # type: ignore[union-attr]


def test_the_same_fault_again_and_again_ends_it(
    make: Callable[..., FileOracle], monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = ("3.6.0", "3.7.0", "3.8.0")
    oracle = make(CONTENT, *versions)

    def unread(environment: Environment, *_: Any) -> Attempt:
        return Attempt(environment.pair, unknown="the disk is full")

    monkeypatch.setattr("harness.userfile.file_oracle.read_with", unread)
    with pytest.raises(Fault, match="3 pairs gave no result for the same reason: the disk is full"):
        oracle.ask([pair(each) for each in versions])


def test_a_transplant_is_run_in_the_sandbox_and_its_calls_are_recorded(
    make: Callable[..., FileOracle], tmp_path: Path
) -> None:
    sources = tmp_path / "sources" / "keras-3.9.0"
    (sources / "keras").mkdir(parents=True)
    (sources / "keras" / "__init__.py").write_text(KERAS.format(version="3.9.0"))
    oracle = make(CONTENT, "3.7.0")
    assert labels(oracle, "3.7.0") == ["load-error ValueError"]
    seen = oracle.with_overlay(
        pair("3.7.0"), Overlay(sources, "keras", title="3.9.0"), 60, is_traced=True
    )
    assert seen.signature is not None and seen.signature.label == "pass"
    assert any(line.startswith("keras/__init__.py:") for line in seen.executed)
    changed = {"keras/__init__.py": KERAS.format(version="3.7.0")}
    seen = oracle.with_overlay(pair("3.7.0"), Overlay(sources, "keras", changed), 60)
    assert seen.message == "no such key"
    assert seen.executed == ()


def test_the_command_for_one_pair_is_not_offered_for_a_file() -> None:
    assert UserFile("model", Path("model.keras"), "keras").pair_options("keras") == ()


def test_commits_are_not_run_with_a_strangers_file(make: Callable[..., FileOracle]) -> None:
    with pytest.raises(NotRun):
        make(CONTENT).at_commit(pair("3.7.0"), "abc", Path())


def cell(attempt: Attempt, kind: str, usual: str = "same") -> Observation:
    made = cell_from(
        UserFile("model", Path("model.keras"), "keras"), attempt, Verdict(kind, "so"), usual, 60
    )
    return Observation(attempt.pair, made)


@pytest.mark.parametrize(
    ("kind", "usual", "outcome"),
    [
        ("same", "same", "pass"),
        ("named", "same", "load-error"),
        ("named", "named", "pass"),
        ("uncompiled", "same", "load-error"),
        ("uncompiled", "uncompiled", "pass"),
        ("unsafe", "same", "load-error"),
        ("differs", "same", "mismatch"),
        ("unsupported", "same", "unsupported"),
    ],
)
def test_help_that_the_writer_does_not_need_is_a_failure(
    kind: str, usual: str, outcome: str
) -> None:
    seen = cell(read("3.7.0", 1.0, error=error("no such class")), kind, usual)
    assert seen.cell is not None and seen.cell.outcome == outcome


def test_a_hang_and_a_crash_are_told_apart() -> None:
    hang = Attempt(pair("3.7.0"), ended="needs more than 60 s of processor time")
    crash = Attempt(pair("3.7.0"), ended="ended by signal 11")
    forged = Attempt(pair("3.7.0"), ended="gave an answer that is none (processor time)")
    seen = [cell(each, "ended").cell for each in (hang, crash, forged)]
    assert [(each.outcome, each.limit) for each in seen if each] == [
        ("timeout", 60), ("crash", 0), ("crash", 0)
    ]  # fmt: skip
    unread = Attempt(pair("3.7.0"), Read("predict-error", predict_error=error("no shape")))
    assert cell(unread, "no-prediction").message == "no shape"
