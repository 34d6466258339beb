"""The command ``ledger``, on recorded ledgers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.exchange.ledger import store as ledger_store
from harness.util.errors import ExitCode
from tests.cli.conftest import RunCommand
from tests.conftest import Checkout
from tests.exchange import ledgers


@pytest.fixture
def stored(checkout: Checkout) -> Checkout:
    """A checkout that holds the recorded ledgers."""
    shutil.copytree(ledgers.FOLDER, checkout.folder / "reports" / "ledger")
    return checkout


def test_two_stored_ledgers_are_compared(stored: Checkout) -> None:
    code, output = stored.harness("ledger", "--from", "3.15.1", "--to", "3.12.4")
    assert code == ExitCode.KNOWN, output
    assert "quantization_config=null: in 1 class" in output
    code, output = stored.harness("ledger", "--from", "3.12.4", "--to", "3.15.1")
    assert code == ExitCode.KNOWN, output
    assert (
        "Keras 3.15.1 reads all 11 default instances of Keras 3.12.4 whose classes it has."
        in output
    )


def test_a_release_without_a_ledger_gets_the_nearest(stored: Checkout) -> None:
    code, output = stored.harness("ledger", "--from", "3.14.1", "--to", "3.12.4")
    assert code == ExitCode.USAGE
    assert "there is no ledger of Keras 3.14.1; the nearest: 3.12.4 and 3.15.1" in output
    assert "nox -s ledger -- --keras 3.14.1" in output


def test_what_is_missing_is_listed(stored: Checkout) -> None:
    path = stored.folder / "reports" / "ledger" / "refusals" / "keras-3.15.1.json"
    path.write_text("{")
    code, output = stored.harness("ledger", "--list", "--keras", ">=3.15")
    assert code == ExitCode.KNOWN, output
    of_3_15_0, of_3_15_1, damage = output.splitlines()
    assert "3.15.0_" in of_3_15_0 and "ledger to be made    2 other" in of_3_15_0
    assert "3.15.1_" in of_3_15_1 and "ledger known         1 other" in of_3_15_1
    assert "refusals/keras-3.15.1.json cannot be trusted" in damage


def test_nothing_is_run_where_everything_is_known(stored: Checkout) -> None:
    code, output = stored.harness("ledger", "--keras", "3.15.1")
    assert code == ExitCode.KNOWN, output
    assert "1 of 1 releases are known" in output
    assert not Path(stored.folder, ".nox", "logs").exists()


@pytest.mark.real
def test_a_new_release_gets_a_ledger_and_reads_the_others(prepared: Checkout) -> None:
    folder = prepared.folder / "reports" / "ledger"
    shutil.copytree(ledgers.FOLDER, folder)
    code, output = prepared.nox("ledger", "--keras", "3.7.0")
    assert code == ExitCode.KNOWN, output
    assert "1 of 1 releases are known" in output
    stored = ledger_store.read_all(folder)
    older, _, newer = stored.ledgers
    assert older.release == "3.7.0" and len(older.classes) > 200
    comparison, trial = stored.compare(newer, older)
    assert trial is not None
    assert {"layers.Dense", "layers.BatchNormalization"} <= comparison.foreseen
    assert set(trial.refused) == comparison.foreseen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "3.15.1"], "--from and --to belong together"),
        (["--from", "3.15.1", "--to", "3.12.4", "--list"], "give them alone"),
        (["--from", "newest", "--to", "3.12.4"], "'newest' is not a version"),
        (["--keras", "3.99"], "keras 3.99 is not a release"),
    ],
)
def test_a_wrong_request_is_explained(run: RunCommand, arguments: list[str], message: str) -> None:
    code, output = run("ledger", *arguments)
    assert code == ExitCode.USAGE
    assert message in output
