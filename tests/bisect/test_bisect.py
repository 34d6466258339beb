"""Bisections through Nox, on real releases of Keras, TensorFlow and NumPy; each test alone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.version import Version

from harness.bisect.sources import sources_of
from harness.releases.catalogue import Catalogue
from harness.util.errors import ExitCode
from harness.util.paths import ROOT
from tests.conftest import DATA, Checkout

SCRIPTS = DATA / "scripts"
REPRO = SCRIPTS / "issue_20307.py"
#: The fix of issue 20307, as the two releases have it.
FIX = ["-                raise ValueError(", "+                raise IndexError("]


def probed(output: str) -> list[str]:
    """The pairs that were probed, in order."""
    return re.findall(r"^  (\w[\w.+-]*_py3\.\d+\S*): ", output, re.MULTILINE)


def fact(output: str, about: str) -> str:
    """What the answer says about a subject, in one line; empty where it says nothing.

    What was asked for is told in sentences, the evidence in lines of its own; both are wrapped.
    """
    for name, indent in ((about, 2), (about.capitalize(), 0)):
        lead, more = " " * indent, " " * (indent + 1)
        wrapped = rf"^{lead}{re.escape(name)}: (.*(?:\n{more}.*)*)$"
        if match := re.search(wrapped, output, re.MULTILINE):
            return " ".join(match[1].split()).removesuffix("." if indent == 0 else "")
    return ""


@pytest.fixture
def checkout(checkout: Checkout) -> Checkout:
    """A checkout that knows nothing from other tests, but has their environments and sources."""
    for kept in (
        "probes",
        "trials",
        "bisect/answers",
        "bisect/commits",
        "bisect/transplants",
        "bisect/trials",
    ):
        shutil.rmtree(checkout.folder / ".nox" / kept, ignore_errors=True)
    return checkout


@pytest.mark.real
def test_a_case_where_it_was_fixed_with_culprit_and_lines(checkout: Checkout) -> None:
    arguments = ("interleaved_dense", "--format=keras", "--old=3.5", "--new=3.8")
    code, output = checkout.nox("bisect", *arguments)
    assert code == ExitCode.KNOWN, output
    assert fact(output, "last old").startswith("3.6.0 (2024-10-03): load-error ValueError: Layer")
    assert fact(output, "first new") == "3.7.0 (2024-11-26): pass"
    assert fact(output, "culprit").startswith("keras 3.6.0 → 3.7.0;")
    assert set(FIX) <= set(output.splitlines())
    page = (checkout.folder / ".nox/bisect/answers/interleaved_dense.keras.md").read_text()
    assert "\n".join(FIX) in page and "nox -s 'pair(keras-3.6.0_" in page

    code, again = checkout.nox("bisect", *arguments)
    assert (code, probed(again)) == (ExitCode.KNOWN, [])


@pytest.mark.real
def test_the_cause_is_proven_both_ways_and_patched(checkout: Checkout, tmp_path: Path) -> None:
    patch = tmp_path / "fix.patch"
    arguments = ("interleaved_dense", "--format=keras", "--old=3.6.0", "--new=3.7.0")
    code, output = checkout.nox("bisect", *arguments, f"--patch={patch}")
    assert code == ExitCode.KNOWN, output
    assert fact(output, "cause") == "keras/src/models/functional.py: deserialize_node"
    proven = re.fullmatch(
        r"by transplant, both ways, (\d+) probes: 3\.6\.0 with this part of 3\.7\.0 behaves like "
        r"3\.7\.0; 3\.7\.0 with this part of 3\.6\.0 behaves like 3\.6\.0",
        fact(output, "proven"),
    )
    assert proven and int(proven[1]) <= 15
    assert fact(output, "changed functions") == ""
    assert fact(output, "patch").endswith("it has been tried on this case alone")
    assert "\n".join(FIX) in patch.read_text()
    assert "\n".join(FIX) in output

    code, again = checkout.nox("bisect", *arguments)
    assert code == ExitCode.KNOWN and "\n0 probes; Markdown" in again
    environments = [*checkout.folder.glob(".nox/pair-keras-3.6.0*/lib/*/site-packages/keras/src")]
    sources = sources_of("keras", "3.7.0", "3.11") / "keras/src/models/functional.py"
    assert environments and all(
        (folder / "models/functional.py").read_text() == sources.read_text()
        for folder in environments
        if "+keras==3.7.0" in str(folder)
    )


@pytest.mark.real
def test_the_script_of_the_issue_where_it_broke_then_replayed(
    checkout: Checkout, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    arguments = (f"--script={REPRO}", "--good=2.15", "--bad=3.0", "--find=broken")
    code, output = checkout.nox("bisect", *arguments, f"--log={log}")
    assert code == ExitCode.KNOWN, output
    assert fact(output, "last good") == "2.15.0 (2023-11-07): pass"
    assert fact(output, "first bad").startswith(
        "3.0.0 (2023-11-28): script-error ValueError: Layer"
    )
    assert fact(output, "culprit").startswith("keras 2.15.0 → 3.0.0 (with dm-tree")
    assert "keras/src/models/functional.py: deserialize_node" in output

    shutil.rmtree(checkout.folder / ".nox" / "probes")
    code, replayed = checkout.nox("bisect", *arguments, f"--replay={log}")
    assert (code, probed(replayed)) == (ExitCode.KNOWN, [])
    assert fact(replayed, "culprit") == fact(output, "culprit")
    code, beyond = checkout.nox("bisect", f"--script={REPRO}", "--old=3.0.1", f"--replay={log}")
    assert code == ExitCode.UNKNOWN and "log.jsonl holds no result of keras-3" in beyond


@pytest.mark.real
def test_the_script_of_the_issue_where_it_was_fixed(checkout: Checkout) -> None:
    code, output = checkout.nox(
        "bisect", f"--script={REPRO}", "--bad=3.6.0", "--good=3.7.0", "--find=fixed"
    )
    assert code == ExitCode.KNOWN, output
    assert fact(output, "first good") == "3.7.0 (2024-11-26): pass"
    assert set(FIX) <= set(output.splitlines())


@pytest.mark.real
@pytest.mark.parametrize(
    ("find", "old", "new"), [("broken", "3.6.0", "3.7.0"), ("fixed", "3.14.0", "3.14.1")]
)
def test_a_hang_that_came_and_went(checkout: Checkout, find: str, old: str, new: str) -> None:
    code, output = checkout.nox(
        "bisect", "contract_node_past_end", "--format=json", f"--find={find}", "--outcome=timeout",
        f"--old={old}", f"--new={new}",
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    assert f"{old}" in fact(output, "last good" if find == "broken" else "last bad")
    assert f"{new}" in fact(output, "first bad" if find == "broken" else "first good")
    assert f"keras {old} → {new}" in fact(output, "culprit")


@pytest.mark.real
def test_a_fix_that_only_a_maintenance_branch_has(checkout: Checkout) -> None:
    code, output = checkout.nox(
        "bisect", "contract_node_past_end", "--format=json", "--find=broken", "--outcome=timeout",
        "--good=3.12.2", "--bad=3.13.0",
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    assert fact(output, "last bad").startswith("3.12.1 ")
    assert fact(output, "first good").startswith("3.12.2 ")
    assert fact(output, "note") == "3.12.2 and 3.13.0 are on two branches, which parted at 3.12.0"
    assert fact(output, "3.12 branch") == ""


@pytest.mark.real
def test_numpy_and_not_keras(checkout: Checkout) -> None:
    code, output = checkout.nox(
        "bisect", f"--script={SCRIPTS / 'numpy_float.py'}", "--old=3.6.0", "--new=3.7.0"
    )
    assert code == ExitCode.KNOWN, output
    assert fact(output, "culprit").startswith("numpy 1.26.4 → 2.0.2;")
    assert "+numpy==2.0.2" in fact(output, "culprit")


@pytest.mark.real
def test_down_to_the_daily_build_and_the_commit(checkout: Checkout, tmp_path: Path) -> None:
    clone = clone_of_wheels(tmp_path / "clone")
    (clone / "keras" / "__init__.py").write_text("dirty")
    arguments = (
        "interleaved_dense", "--format=keras", "--old=3.6.0", "--new=3.7.0", "--level=commit",
        f"--repo={clone}",
    )  # fmt: skip
    code, output = checkout.nox("bisect", *arguments)
    assert code == ExitCode.KNOWN, output
    assert fact(output, "daily build") == (
        "last old 3.6.0.dev2024101603 (2024-10-16), first new 3.7.0.dev2024102503 (2024-10-25); "
        "no build in the 8 days between"
    )
    assert fact(output, "skipped").startswith("1 commit with no result")
    subjects = re.findall(r"one of the commits: \w+ \(\S+\) (.*)", output)
    assert sorted(subjects) == ["does not import", "keras-nightly 3.7.0.dev2024102503"]
    assert (clone / "keras" / "__init__.py").read_text() == "dirty"
    listed = git(clone, "worktree", "list").splitlines()
    assert len(listed) == 1

    code, again = checkout.nox("bisect", *arguments, "--no-probe")
    assert (code, probed(again)) == (ExitCode.KNOWN, [])
    for about in ("culprit", "daily build", "one of the commits", "skipped"):
        assert fact(again, about) == fact(output, about) != ""


def clone_of_wheels(folder: Path) -> Path:
    """A git history with one commit for each of a few published wheels, and one that is broken."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    for package, version in (
        ("keras", "3.6.0"),
        ("keras-nightly", "3.6.0.dev2024101603"),
        ("broken", ""),
        ("keras-nightly", "3.7.0.dev2024102503"),
        ("keras", "3.7.0"),
    ):
        if package == "broken":
            (folder / "keras" / "__init__.py").write_text("import nothing_of_that_name\n")
            day, subject = "2024-10-20T00:00:00+00:00", "does not import"
        else:
            shutil.rmtree(folder / "keras", ignore_errors=True)
            shutil.copytree(sources_of(package, version, "3.11") / "keras", folder / "keras")
            release = Catalogue.load().find(package, Version(version))
            assert release is not None
            day, subject = release.uploaded.isoformat(), f"{package} {version}"
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", f"--message={subject}", day=day)
        if package == "keras":
            git(folder, "tag", f"v{version}")
    return folder


def git(folder: Path, *arguments: str, day: str = "") -> str:
    who = {"NAME": "test", "EMAIL": "test@example.org", "DATE": day}
    env = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()
    }
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={**os.environ, **env}, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


@pytest.mark.real
def test_a_flaky_script_is_asked_until_it_is_sure(checkout: Checkout) -> None:
    code, output = checkout.nox(
        "bisect", f"--script={SCRIPTS / 'now_and_then.py'}", "--flaky", "--confidence=0.99",
        "--old=3.5.0", "--new=3.8.0", "--exit-code=3",
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    assert fact(output, "first bad") == "3.7.0 (2024-11-26)"
    assert float(fact(output, "confidence").rstrip("%")) >= 99


@pytest.mark.real
def test_a_missing_package_is_named_and_can_be_added(checkout: Checkout) -> None:
    arguments = (f"--script={SCRIPTS / 'needs_yaml.py'}", "--old=3.6.0", "--new=3.7.0")
    code, output = checkout.nox("bisect", *arguments)
    assert code == ExitCode.USAGE
    assert (
        "needs_yaml.py needs yaml, which is not in the environments; add it with --with" in output
    )
    code, output = checkout.nox("bisect", *arguments, "--with=pyyaml")
    assert code == ExitCode.UNKNOWN
    assert fact(output, "not found").startswith("both bounds behave the same")
    assert fact(output, "3.6.0 to 3.7.0") == "pass"


@pytest.mark.real
def test_an_interrupted_bisection_goes_on_where_it_was(checkout: Checkout) -> None:
    script = checkout.folder / "slow.py"
    # a change of TensorFlow, in which no cause can be looked for
    text = "import tensorflow, time\ntime.sleep(1)\nassert tensorflow.__version__ < '2.18'\n"
    script.write_text(text)
    probes = checkout.folder / ".nox" / "probes"
    arguments = (f"--script={script}", "--old=3.5.0", "--new=3.8.0", "-j1")
    run = checkout.start("bisect", *arguments)
    while not any(probes.glob("*.json")):
        assert run.poll() is None
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGINT)
    run.communicate()
    assert run.returncode == ExitCode.INTERRUPTED
    known = [path.stem for path in probes.glob("*.json")]
    assert known
    code, output = checkout.nox("bisect", *arguments)
    assert code == ExitCode.KNOWN, output
    assert not set(known) & set(probed(output))
    assert fact(output, "first new").startswith("3.7.0")


def run_here(*arguments: str) -> tuple[int, str]:
    """Exit code and output of the command alone, in this checkout."""
    process = subprocess.run(
        [sys.executable, "-m", "harness", "bisect", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return process.returncode, process.stdout + process.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("interleaved_dens", ExitCode.USAGE, "error: "),
        (f"interleaved_dense --replay={SCRIPTS}/no_syntax.txt", ExitCode.UNKNOWN, "fault: "),
    ],
)
def test_refusals_and_faults_have_their_exit_codes(
    arguments: str, code: ExitCode, message: str
) -> None:
    assert run_here(*arguments.split())[0] == code
    assert run_here(*arguments.split())[1].startswith(message)
