"""What is told before any release is tried: predictions, vulnerabilities, own classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from harness.exchange.ledger.ledger import Ledger
from harness.userfile.description import describe
from harness.userfile.facts import ClassUse, FileFacts, Hazard, Kind
from harness.userfile.own_classes import own_classes
from harness.userfile.prediction import by_reason, predict
from harness.userfile.vulnerabilities import exposed, read_vulnerabilities
from harness.util.errors import Fault
from tests.exchange import ledgers
from tests.userfile.attempts import pair
from tests.userfile.files import saved


def foreseen(keras: str, format_name: str) -> dict[str, list[str]]:
    predicted = predict(
        describe(saved(keras, format_name)), ledgers.stored().ledgers, Version(keras)
    )
    return {str(each.keras): [str(key) for key in keys] for each, keys in predicted.items()}


@pytest.mark.parametrize("format_name", ["keras", "h5"])
def test_a_key_that_a_release_does_not_know_is_foreseen(format_name: str) -> None:
    told = foreseen("3.15.1", format_name)["3.12.4"]
    assert "Dense does not accept quantization_config (quantization_config=null)" in told


def test_nothing_is_foreseen_of_a_newer_release_that_knows_all_keys() -> None:
    assert foreseen("3.9.0", "keras")["3.15.1"] == []


def test_the_writers_own_release_is_not_predicted() -> None:
    assert "3.15.1" not in foreseen("3.15.1", "keras")


def test_a_class_of_the_writers_own_with_a_name_of_keras_is_not_foreseen() -> None:
    facts = FileFacts("h5", 1, written={"layers.Dense": {"made_up": "1"}})
    known = ledgers.stored().ledgers
    assert not any(predict(facts, known, Version("3.15.1")).values())
    assert all(predict(facts, known, None).values())


@pytest.mark.parametrize(
    ("kind", "name", "key", "reader", "is_foreseen"),
    [
        ("h5", "layers.LeakyReLU", "alpha", "3.0.1", False),
        ("keras", "layers.LeakyReLU", "alpha", "3.15.1", False),
        ("h5", "layers.LeakyReLU", "beta", "3.15.1", True),
        ("h5", "layers.Lambda", "function_type", "3.0.1", False),
        ("keras", "layers.Lambda", "function_type", "3.0.1", True),
        ("h5", "optimizers.SGD", "lr", "2.15.0", False),
        ("h5", "optimizers.Nadam", "schedule_decay", "2.11.0", False),
        ("h5", "optimizers.SGD", "lr", "3.0.1", True),
        ("h5", "optimizers.SGD", "loss_scale_factor", "2.15.0", True),
    ],
)
def test_nothing_is_foreseen_where_a_loader_converts(
    kind: Kind, name: str, key: str, reader: str, is_foreseen: bool
) -> None:
    facts = FileFacts(kind, 1, written={name: {key: "1"}})
    known = Ledger(pair(reader), {name: ledgers.entry(name, {"config": {}})})
    assert any(predict(facts, [known], None).values()) is is_foreseen


def test_releases_are_put_together_by_their_reason() -> None:
    facts = FileFacts("h5", 1, written={"layers.Dense": {"made_up": "1"}})
    (reason,) = by_reason(predict(facts, ledgers.stored().ledgers, None))
    assert [str(each) for each in reason] == ["Dense does not accept made_up (made_up=1)"]


# ---------------------------------------------------------------- vulnerabilities


def exposure(kind: str, *hazards: str) -> dict[str, list[str]]:
    facts = FileFacts(kind, 1, hazards=[Hazard(each, "x") for each in hazards])  # type: ignore[arg-type]
    pairs = [pair(each) for each in ("2.12.0", "2.15.0", "3.8.0", "3.10.0", "3.11.2", "3.15.1")]
    return {each.id: [str(one.keras) for one in found] for each, found in exposed(facts, pairs)}


def test_every_entry_of_the_list_can_be_triggered_and_has_a_source() -> None:
    found = read_vulnerabilities()
    assert len({each.id for each in found}) == len(found) >= 10
    for each in found:
        assert each.source.startswith("https://")
        assert exposure(each.kinds[0], *each.triggers) or not any(
            each.affects(pair(release)) for release in ("2.12.0", "3.8.0", "3.11.2")
        )


def test_code_of_a_lambda_is_run_by_some_releases() -> None:
    assert exposure("keras", "lambda-code") == {"CVE-2024-3660": ["2.12.0"]}
    assert exposure("h5", "lambda-code") == {
        "CVE-2024-3660": ["2.12.0"],
        "CVE-2025-9905": ["3.8.0", "3.10.0", "3.11.2"],
    }


def test_a_vulnerability_that_needs_two_things_needs_both() -> None:
    assert "CVE-2025-9906" not in exposure("keras", "keras-utility")
    assert "CVE-2025-9906" in exposure("keras", "keras-utility", "lambda-code")


def test_a_file_without_hazards_makes_use_of_none() -> None:
    assert exposure("keras") == {}


def test_tf_keras_is_not_the_package_that_the_list_is_about() -> None:
    assert not any(each.affects(pair("2.12.0", "tf-keras")) for each in read_vulnerabilities())


@pytest.mark.parametrize("change", ['triggers = ["made-up"]', 'affected = "new"', "extra = 1"])
def test_a_wrong_entry_is_a_fault(tmp_path: Path, change: str) -> None:
    fields = {
        "id": '"CVE-1"',
        "says": '"x"',
        "kinds": '["keras"]',
        "triggers": '["pickle"]',
        "affected": '"<3"',
        "fixed": '"3"',
        "source": '"https://x"',
    }
    name, _, value = change.partition(" = ")
    lines = [f"{key} = {text}" for key, text in {**fields, name: value}.items()]
    path = tmp_path / "list.toml"
    path.write_text("[[vulnerability]]\n" + "\n".join(lines))
    with pytest.raises(Fault, match=r"list\.toml"):
        read_vulnerabilities(path)


# ---------------------------------------------------------------- own classes


@pytest.mark.parametrize(
    ("use", "is_own"),
    [
        (ClassUse("layers", "Dense", "keras.layers"), False),
        (ClassUse("layers", "Dense"), False),
        (ClassUse("layers", "Gate"), True),
        (ClassUse("", "Gate", "my.code", "my>Gate"), True),
        (ClassUse("", "my>Gate"), True),
        (ClassUse("losses", "mean_squared_error"), False),
        (ClassUse("losses", "MSE"), False),
        (ClassUse("losses", "my_loss"), True),
        (ClassUse("metrics", "MeanMetricWrapper"), False),
        (ClassUse("optimizers", "Custom>SGD"), False),
        (ClassUse("optimizers", "Custom>MySGD"), True),
        (ClassUse("layers", "Custom>Dense"), True),
        (ClassUse("", "Functional", "keras.src.models.functional"), False),
        (ClassUse("layers", "Functional"), False),
        (ClassUse("", "__keras_tensor__"), False),
        (ClassUse("", "half_square", "builtins", "lab>half_square"), True),
    ],
)
def test_own_classes_are_told_from_those_of_keras(use: ClassUse, is_own: bool) -> None:
    facts = FileFacts("h5", 1, classes=[use])
    assert bool(own_classes(facts, ledgers.stored().ledgers)) is is_own


def test_a_name_without_anything_after_its_package_is_told_in_full() -> None:
    facts = FileFacts("h5", 1, classes=[ClassUse("layers", "Odd<i>")])
    assert own_classes(facts, ledgers.stored().ledgers) == ["Odd<i>"]
