"""Options of ``bisect`` that do not go together are refused, and the others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.bisect_checks import EXCLUSIONS, check_options
from harness.cli.bisect_options import declared_fields
from harness.util.errors import UsageError
from tests.cli.test_bisect_options import parse


@pytest.fixture(autouse=True)
def folder_with_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.py").write_text("")
    (tmp_path / "log").write_text("")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "name a case, or give a script with --script"),
        ("x --script=s.py", "name a case, or give a script with --script, or a saved model"),
        ("x --file=s.py", "name a case, or give a script with --script, or a saved model"),
        ("--file=s.py --format=h5", "--format cannot go with --file: a file has one format"),
        ("--file=s.py --publish", "--publish cannot go with --file"),
        ("--file=s.py --log=other", "--log cannot go with --file: nothing of a file is stored"),
        ("--file=s.py --flaky", "--flaky cannot go with --file"),
        ("--file=s.py --level=nightly", "--level nightly cannot go with --file"),
        ("--file=s.py --axis=reader --writer=3.6", "--axis reader needs a case"),
        ("x --code=s.py", "--code needs --file"),
        ("x --trust", "--trust needs --file"),
        ("--script=s.py --format=keras", "--format cannot go with --script"),
        ("--script=s.py --publish", "--publish cannot go with --script"),
        ("--script=s.py --outcome=mismatch", "the outcome of a script is"),
        ("x --outcome=script-exit", "script-error and script-exit need --script"),
        ("x --exit-code=3", "--exit-code needs --script"),
        ("--script=s.py --exit-code=3 --outcome=pass", "--exit-code needs --outcome script-exit"),
        ("x --outcome=pass --type=E", "need an outcome with an exception"),
        ("x --outcome=accepted --outcome=pass --message=m", "need an outcome with an exception"),
        ("x --good=3.6 --old=3.5 --new=3.7", "--good cannot go with --old"),
        ("x --good=3.6 --new=3.7", "--good cannot go with --new"),
        ("x --old=3.6 --bad=3.7", "--bad cannot go with --old"),
        ("x --replay=log --log=other", "--log cannot go with --replay"),
        ("x --replay=log --rerun", "--rerun cannot go with --replay"),
        ("x --replay=log --no-probe", "--no-probe cannot go with --replay"),
        ("x --replay=log -j2", "--jobs cannot go with --replay"),
        ("x --replay=log --timeout=60", "--timeout cannot go with --replay"),
        ("x --replay=log --no-fork-server", "--no-fork-server cannot go with --replay"),
        ("x --no-probe --rerun", "--rerun cannot go with --no-probe"),
        ("x --no-probe --jobs=2", "--jobs cannot go with --no-probe"),
        ("x --no-probe --no-fork-server", "--no-fork-server cannot go with --no-probe"),
        ("x --flaky --log=other", "--log cannot go with --flaky"),
        ("x --flaky --replay=log", "--replay cannot go with --flaky"),
        ("x --flaky --no-probe", "--no-probe cannot go with --flaky"),
        ("x --flaky --rerun", "--rerun cannot go with --flaky"),
        ("x --flaky --all", "--all cannot go with --flaky"),
        ("x --flaky --publish", "--publish cannot go with --flaky"),
        ("x --flaky --level=nightly", "--level cannot go with --flaky"),
        ("x --confidence=0.9", "--confidence needs --flaky"),
        ("x --trials=200", "--trials needs --flaky"),
        ("x --axis=reader", "--axis reader needs --writer VERSION"),
        ("x --axis=writer", "--axis writer needs --reader VERSION"),
        ("x --writer=3.6", "--writer needs --axis reader"),
        ("x --reader=3.6", "--reader needs --axis writer"),
        ("--script=s.py --axis=reader --writer=3.6", "--axis reader needs a case"),
        ("x --axis=reader --writer=3.6 --flaky", "--flaky cannot go with --axis reader"),
        ("x --axis=writer --reader=3.6 --no-probe", "--no-probe cannot go with --axis writer"),
        ("x --axis=reader --writer=3.6 --level=nightly", "--level nightly cannot go with"),
        ("x --axis=reader --writer=3.6 --publish", "--publish needs --axis keras"),
        ("x --keras=3.6.0", "--keras cannot go with --axis keras"),
        ("x --axis=tf-keras --keras=3.6.0", "--keras cannot go with --axis tf-keras"),
        ("x --axis=keras-nightly --keras=3.6.0", "--keras cannot go with --axis keras-nightly"),
        ("x --axis=tensorflow --tensorflow=2.18.0", "--tensorflow cannot go with"),
        ("x --axis=python --python=3.11", "--python cannot go with --axis python"),
        ("x --axis=tensorflow --publish", "--publish needs --axis keras or tf-keras"),
        ("x --level=commit", "--level commit needs --repo"),
        ("x --level=commit --repo=r --axis=tf-keras", "--level commit needs --axis keras"),
        ("x --repo=r", "--repo needs --level commit"),
        ("x --repo=r --level=nightly", "--repo needs --level commit"),
        ("x --axis=python --level=nightly", "daily builds, which python is not"),
        ("x --axis=keras-nightly --level=nightly", "daily builds, which keras-nightly is not"),
    ],
)
def test_options_that_do_not_go_together_are_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check_options(parse(line))
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "x --format=keras --find=broken --old=3.6 --new=3.7 --all --publish --markdown=page",
        "x --good=3.6 --bad=3.7 --level=nightly --log=other --rerun -j2 --timeout=9",
        "x --flaky --confidence=0.9 --trials=5 --level=release -j2 --no-fork-server",
        "x --axis=tensorflow --keras=3.6.0 --python=3.11 --level=nightly",
        "x --axis=python --keras=3.6.0 --tensorflow=2.18.0",
        "x --axis=tf-keras --tensorflow=2.18.0 --publish",
        "x --level=commit --repo=r --replay=log --publish",
        "x --no-probe --level=commit --repo=r",
        "x --no-probe --timeout=9 --log=other --with=a --publish",
        "x --outcome=pass --find=broken",
        "x --outcome=crash --message=m",
        "--file=s.py --code=s.py --trust --find=fixed --all --old=3.6 --patch=other",
        "--script=s.py --outcome=script-exit --exit-code=3 --flaky",
        "--script=s.py --exit-code=3 --replay=log --with=a",
    ],
)
def test_options_that_go_together_are_accepted(line: str) -> None:
    check_options(parse(line))


def test_the_exclusions_name_fields_that_exist() -> None:
    names = {field.name for field in declared_fields()}
    assert all({rule.option, *rule.excluded} <= names for rule in EXCLUSIONS)
