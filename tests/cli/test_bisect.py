"""The command ``bisect`` on recorded results: nothing is run here."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from harness.analysis.bisections import read_bisections, store_bisection
from harness.bisect.oracles import sessions as session_oracle
from harness.cli import bisect
from harness.util.errors import ExitCode, Fault, UsageError
from tests import recorded
from tests.conftest import DATA
from tests.exchange import graphs
from tests.userfile.files import saved

SCRIPTS = DATA / "scripts"
EXPORTED = graphs.inside(graphs.first(graphs.EXPORTED))


@pytest.fixture(autouse=True)
def recorded_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command see the recorded results, and no others."""
    monkeypatch.setattr(bisect, "all_cases", recorded.cases)
    monkeypatch.setattr(bisect, "ANSWERS", tmp_path / "answers")
    monkeypatch.setattr(session_oracle, "RESULTS", recorded.FOLDER)
    monkeypatch.setattr(session_oracle, "PROBES", tmp_path / "probes")


def run(*arguments: str) -> int:
    """The exit code of the command; it raises what `harness.cli.main` turns into messages."""
    try:
        bisect.command.main(list(arguments), standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("interleaved_dense --good=3.7 --bad=3.6", "exchange the two, or give --find fixed"),
        (
            "interleaved_dense --good=3.6 --bad=3.7 --find=fixed",
            "exchange the two, or give --find broken",
        ),
        ("interleaved_dense --old=3.7 --new=3.6", "3.7.0, is newer than 3.6.0; exchange the two"),
        ("interleaved_dense --old=3.6.0 --new=3.6", "there is nothing between"),
        ("interleaved_dense --old=2099-01-01", "is the newest release: nothing is newer"),
        ("*dense*", "is more than one case; name one of "),
        ("interleaved_dense --format=*e*", "more than one format; name one of keras, weights, "),
        ("interleaved_dense --old=3.6.7", "the nearest: 3.6.0 and 3.7.0"),
        ("interleaved_dense --old=yesterday", "neither a version nor a date"),
        ("interleaved_dense --old=", "neither a version nor a date"),
        ("interleaved_dense --old=2001-01-01", "the oldest release is keras"),
        ("interleaved_dense --old=2001-02-30", "not a day of the calendar"),
        ("interleaved_dense --old=3.6.0rc1", "the nearest: 3.5.0 and 3.6.0"),
        ("interleaved_dense --flaky --all", "--all cannot go with --flaky"),
        ("interleaved_dens", "did you mean interleaved_dense"),
        ("interleaved_dense --format=kers", "did you mean keras"),
        ("interleaved_dense --message=(", "not a regular expression"),
        ("interleaved_dense --with=../x", "takes the name of a package"),
        (f"--script={SCRIPTS}/no_syntax.txt", "no_syntax.txt, line 4"),
        (f"--file={saved('3.15.1', 'weights')}", "model.weights.h5 holds weights alone; give"),
        (f"--file={EXPORTED}", "is a graph, not a model: no release reads it"),
        (f"interleaved_dense --level=commit --repo={DATA}/nothing", "is neither a folder nor"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(arguments: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        run(*arguments.split())
    assert message in str(refusal.value)


def test_a_failure_outside_the_releases_is_a_fault() -> None:
    with pytest.raises(Fault, match="not a line of a log"):
        run("interleaved_dense", f"--replay={SCRIPTS}/no_syntax.txt")


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ("--good=3.6 --bad=3.7", "swapped, or --find fixed is meant"),
        ("--bad=3.8", "the newer bound is not bad"),
        ("--good=3.7 --bad=3.8", "note: 3.8.0 was given as bad, and is not"),
    ],
)
def test_bounds_that_contradict_the_question_are_refused_with_what_was_seen(
    bounds: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"interleaved_dense --format=keras --no-probe --find=broken {bounds}"
    assert run(*line.split()) == ExitCode.USAGE
    output = capsys.readouterr().out
    assert message in output
    assert any(f"  {seen}: pass\n" in output for seen in ("3.7.0", "3.8.0", "3.7.0 to 3.8.0"))


def test_bounds_by_behaviour_without_find_search_for_what_broke(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "interleaved_dense --format=keras --no-probe --good=2.15 --bad=3.7"
    assert run(*line.split()) == ExitCode.KNOWN
    output = capsys.readouterr().out
    assert "last good: 2.15.0" in output
    assert "note: 3.7.0 was given as bad, and is not" in output


def test_stored_results_answer_without_a_probe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"interleaved_dense --format=keras --find=broken --no-probe --markdown={tmp_path}/page"
    assert run(*line.split()) == ExitCode.KNOWN
    output = capsys.readouterr().out
    assert "last good: 2.15.0 (2023-11-07): pass" in output
    assert "another change: 3.6.0 → 3.7.0" in output
    assert "\n0 probes; Markdown: " in output
    page = (tmp_path / "page").read_text()
    assert "nox -s bisect -- interleaved_dense --format=keras --find=broken\n" in page


def test_a_log_replays_to_the_same_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["interleaved_dense", "--format=keras", "--old=3.5", "--new=3.8"]
    assert run(*line, "--no-probe", f"--log={tmp_path}/log") == ExitCode.KNOWN
    logged = capsys.readouterr().out
    assert run(*line, f"--replay={tmp_path}/log") == ExitCode.KNOWN
    assert capsys.readouterr().out.splitlines()[-8:] == logged.splitlines()[-8:]
    with pytest.raises(UsageError, match=r"log belongs to interleaved_dense \(keras\)"):
        run("dense_twice", f"--replay={tmp_path}/log")


def test_an_answer_is_published_only_where_a_change_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bisect, "store_bisection", partial(store_bisection, folder=tmp_path))
    line = "interleaved_dense --format=keras --old=3.5 --new=3.8 --no-probe --publish"
    assert run(*line.split()) == ExitCode.KNOWN
    (answer,) = read_bisections(tmp_path)
    assert (answer.start, answer.end, answer.case) == ("3.6.0", "3.7.0", "interleaved_dense")
    assert answer.command == (
        "nox -s bisect -- interleaved_dense --format=keras --old=3.5 --new=3.8"
    )
    with pytest.raises(UsageError, match="no change between two releases was found"):
        run(*line.replace("3.8", "3.6").replace("3.5", "3.4").split())
