"""The builder of environments, with an installer that only makes folders."""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from harness.environments import builder as builder_module
from harness.environments import bytecode_cache, installer, resolutions
from harness.environments.builder import (
    BESIDE_BYTES,
    INSTALL_RULES,
    MARGIN,
    READY,
    UNPACKED,
    EnvironmentBuilder,
    is_in_use,
)
from harness.environments.wheels import wheel_size
from harness.releases.pair import Edit, Pair
from harness.releases.pair_rules import PairRules
from harness.util.errors import Fault

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")
BESIDE = Pair.parse("keras-3.5.0_tensorflow-2.17.0_py3.11")
INSTALLED = ["keras==3.6.0", "tensorflow-cpu==2.17.0"]


class FakeInstaller:
    """Stands in for the functions of `installer`; counts the environments."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.created = 0
        self.resolved = 0
        self.again: list[list[str]] = []
        self.is_cached = True

    def create(self, folder: Path, interpreter: str, python: str) -> str:
        (folder / "lib" / f"python{python}" / "site-packages").mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "bin" / "python").touch()
        self.created += 1
        return "virtualenv"

    def install(self, folder: Path, pair: Pair, wheel: str, cutoff: datetime, file: str) -> bool:
        if self.fault:
            raise Fault(self.fault)
        self.resolved += 1
        return True

    def apply_edits(self, folder: Path, edits: Sequence[Edit]) -> None:
        pass

    def install_again(self, folder: Path, installed: Sequence[str], cutoff: datetime) -> bool:
        self.again.append(list(installed))
        return self.is_cached

    def installed_distributions(self, folder: Path) -> list[str]:
        return INSTALLED


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeInstaller:
    fake = FakeInstaller()
    for name in (
        "create", "install", "install_again", "apply_edits", "installed_distributions",
    ):  # fmt: skip
        monkeypatch.setattr(installer, name, getattr(fake, name))
    monkeypatch.setattr(builder_module, "find_interpreter", lambda _: "python")
    monkeypatch.setattr(bytecode_cache, "STORE", tmp_path / "bytecode")
    monkeypatch.setattr(resolutions, "STORE", tmp_path / "resolutions")
    return fake


@pytest.fixture
def builder(rules: PairRules, tmp_path: Path) -> EnvironmentBuilder:
    return EnvironmentBuilder(rules, tmp_path)


def test_the_install_rules_have_not_changed() -> None:
    """A higher number makes every stored outcome of a pair unknown: change it on purpose only."""
    assert INSTALL_RULES == 2


def test_a_new_environment_records_how_it_was_made(
    builder: EnvironmentBuilder, fake: FakeInstaller, rules: PairRules
) -> None:
    facts = dict(builder.make(PAIR, "tensorflow").facts)
    assert facts.pop("install_seconds") >= 0
    assert facts == {
        "wheel": "tensorflow",
        "made_by": "virtualenv",
        "as_of": (rules.day(PAIR) + MARGIN).isoformat(),
        "overridden": True,
        "installed": INSTALLED,
    }


def test_an_environment_is_made_once(builder: EnvironmentBuilder, fake: FakeInstaller) -> None:
    assert builder.ready(PAIR) is None
    made = builder.make(PAIR)
    assert builder.make(PAIR) == builder.ready(PAIR) == made
    assert made.installed == INSTALLED
    assert fake.created == 1


def test_an_environment_that_is_made_again_is_the_same_without_asking_the_index(
    builder: EnvironmentBuilder, fake: FakeInstaller
) -> None:
    first = dict(builder.make(PAIR).facts)
    builder.remove(PAIR)
    second = dict(builder.make(PAIR).facts)
    assert (fake.resolved, fake.again) == (1, [INSTALLED])
    del first["install_seconds"], second["install_seconds"]
    assert second == first
    builder.remove(PAIR)
    fake.is_cached = False
    builder.make(PAIR)
    assert fake.resolved == 2


def test_another_wheel_makes_another_environment(
    builder: EnvironmentBuilder, fake: FakeInstaller
) -> None:
    builder.make(PAIR, "tensorflow-cpu")
    assert builder.ready(PAIR, "tensorflow") is None
    assert builder.make(PAIR, "tensorflow").facts["wheel"] == "tensorflow"
    assert fake.created == 2


def test_an_environment_that_failed_to_install_is_not_ready(
    builder: EnvironmentBuilder, fake: FakeInstaller
) -> None:
    fake.fault = "no network"
    with pytest.raises(Fault, match="no network"):
        builder.make(PAIR)
    assert builder.ready(PAIR) is None
    fake.fault = ""
    builder.make(PAIR)
    assert builder.ready(PAIR) is not None


def test_an_environment_without_its_interpreter_is_not_ready(
    builder: EnvironmentBuilder, fake: FakeInstaller
) -> None:
    builder.make(PAIR).python.unlink()
    assert builder.ready(PAIR) is None


def test_an_environment_in_use_is_neither_removed_nor_replaced(
    builder: EnvironmentBuilder, fake: FakeInstaller
) -> None:
    folder = builder.make(PAIR, "tensorflow").folder
    with (folder / READY).open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert is_in_use(folder)
        builder.remove(PAIR)
        with pytest.raises(Fault, match="another run is using it"):
            builder.make(PAIR, "tensorflow-cpu")
        assert builder.ready(PAIR) is not None
    builder.remove(PAIR)
    assert not folder.exists()


def test_a_tensorflow_is_downloaded_once_for_all_pairs_with_it(
    builder: EnvironmentBuilder, fake: FakeInstaller, rules: PairRules
) -> None:
    size = wheel_size(rules.catalogue, PAIR, "tensorflow")
    assert size > 0
    unpacked = int(size * UNPACKED)
    needs = builder.needs([PAIR, BESIDE], "tensorflow")
    assert needs == (size, 2 * BESIDE_BYTES + unpacked)
    builder.make(PAIR, "tensorflow")
    assert builder.needs([PAIR], "tensorflow") == (0, 0)
