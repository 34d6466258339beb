"""The command ``exchange``: its options, and a file of one real release read by another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from harness.cli.exchange import command
from harness.environments.builder import Environment
from harness.results import store
from harness.util.errors import ExitCode
from tests.cli.clones import PAIR_IDS, lend_all
from tests.cli.conftest import RunCommand
from tests.conftest import Checkout

ASKED = ["--writer=3.7.0", "--reader=3.8.0", "--format=keras", "--format=weights"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--writer=3.99.0"], "the nearest"),
        (["--reader=3.6.9"], "3.6.0 and 3.7.0"),
        (["--all", "--reader=3.6.0"], "leave out --writer and --reader"),
        (["--neighbours", "--writer=3.6.0"], "leave out --writer and --all"),
        (["--neighbours", "--all"], "leave out --writer and --all"),
        (["--format=clone"], "only these formats are exchanged: keras, h5, weights, json"),
        (["--shard=3/2"], "is no shard"),
        (["--reader=tf-keras 2.99"], "tf-keras 2.99 is not a release; the nearest: 2."),
    ],
)
def test_what_cannot_be_asked_is_refused(
    run: RunCommand, arguments: list[str], message: str
) -> None:
    code, output = run("exchange", *arguments, "--list")
    assert code == ExitCode.USAGE
    assert message in " ".join(output.split())


@pytest.mark.parametrize(
    ("spec", "releases"), [("tf-keras", 9), ("tf-keras 2.15", 2), ("tf-keras>=2.18,<2.20", 2)]
)
def test_releases_of_tf_keras_are_selected_by_the_name_of_the_package(
    run: RunCommand, spec: str, releases: int
) -> None:
    code, output = run("exchange", f"--reader={spec}", "--case=dense_twice", "--list", "--rerun")
    assert code == ExitCode.KNOWN
    assert f"by {releases} releases" in output and "\ntf-keras-2.1" in output


def test_all_neighbours_are_stored() -> None:
    """Nothing is left to read for a release that has read its own files and its neighbours'."""
    options = ["--neighbours", "--reader=3.9.1", "--list"]
    finished = CliRunner().invoke(command, options, catch_exceptions=False)
    assert finished.exit_code == ExitCode.KNOWN
    assert "0 readings by 1 release" in finished.output


@pytest.mark.parametrize(("format_name", "is_worse"), [("keras", True), ("export", False)])
def test_what_is_told_is_of_the_formats_asked_for(format_name: str, is_worse: bool) -> None:
    """3.14.1 refuses the model of 3.15.0, and TensorFlow reads its graph as it did before."""
    asked = ["--writer=3.15.0", "--reader=3.14.1", "--case=dense_twice"]
    options = [*asked, f"--format={format_name}"]
    finished = CliRunner().invoke(command, options, catch_exceptions=False)
    assert finished.exit_code == ExitCode.KNOWN
    assert f"{format_name}: files that are read" in finished.output
    assert ("regression" in finished.output) == is_worse


def exchange(checkout: Checkout, *arguments: str) -> tuple[int, str]:
    return checkout.harness("exchange", *ASKED, *arguments)


@pytest.fixture
def two_releases(checkout: Checkout, environments: Callable[[str], Environment]) -> Checkout:
    """A checkout with one case and the environments of two releases."""
    checkout.use_cases("good")
    lend_all(checkout, map(environments, PAIR_IDS))
    return checkout


@pytest.mark.real
def test_a_file_is_written_once_read_once_and_never_trusted_when_altered(
    two_releases: Checkout,
) -> None:
    checkout = two_releases
    code, output = exchange(checkout, "--list")
    assert "1 writer to run" in output, output
    code, output = exchange(checkout)
    assert code == ExitCode.KNOWN, output
    assert "Every file is read as it should be." in output
    (result,) = store.read_all(checkout.results.parent / "exchange")[0]
    assert sorted(name.partition("@")[0] for _, name in result.cells) == ["keras", "weights"]
    assert {cell.outcome for cell in result.cells.values()} == {"pass"}

    code, output = exchange(checkout, "--list")
    assert "0 writers to run, 0 readings" in output

    (altered,) = (checkout.folder / ".nox" / "corpus").glob("*/good/keras/*/model.keras")
    altered.write_bytes(altered.read_bytes()[:-1])
    code, output = exchange(checkout, "--list")
    assert "0 writers to run, 0 readings" in output  # the archive has the file

    archive = checkout.results.parent / "corpus" / "files.tar.xz"
    whole = archive.stat().st_size
    archive.write_bytes(archive.read_bytes()[:200])
    altered.write_bytes(b"")
    code, output = exchange(checkout, "--list")
    assert "1 writer to run" in output  # nobody has it any more
    code, output = exchange(checkout)
    assert code == ExitCode.KNOWN, output
    assert archive.stat().st_size > whole / 2
