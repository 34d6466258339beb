"""What 3.12.4 does not accept of what 3.15.1 writes, from their recorded ledgers."""

from __future__ import annotations

from dataclasses import replace

from harness.exchange.ledger.compare import compare_ledgers, judge
from harness.exchange.ledger.ledger import Failure
from tests.exchange import ledgers
from tests.exchange.ledgers import NEWER, OLDER, entry, ledger_of, with_classes


def test_keys_that_the_older_release_does_not_accept() -> None:
    comparison = compare_ledgers(ledger_of(NEWER), ledger_of(OLDER))
    assert [(keys.names, keys.classes) for keys in comparison.unaccepted] == [
        (
            ("input_axes", "output_axes"),
            (
                "initializers.GlorotUniform",
                "layers.Conv2D",
                "layers.Dense",
                "layers.MultiHeadAttention",
            ),
        ),
        (("quantization_config",), ("layers.Dense",)),
        (("renorm", "renorm_clipping", "renorm_momentum"), ("layers.BatchNormalization",)),
        (("sliding_window", "use_gate"), ("layers.MultiHeadAttention",)),
    ]
    first = comparison.unaccepted[0]
    assert first.owners == ("initializers.GlorotUniform",)
    assert first.containers == first.classes[1:]
    assert first.keys == (("input_axes", "null"), ("output_axes", "null"))
    assert len(comparison.common) == 11
    assert comparison.absent == ("layers.ContrastLimitedAdaptiveHistogramEqualization",)


def test_the_newer_release_accepts_every_key() -> None:
    comparison = compare_ledgers(ledger_of(OLDER), ledger_of(NEWER))
    assert comparison.unaccepted == ()
    assert comparison.absent == ()


def test_what_is_foreseen_is_what_was_refused() -> None:
    stored = ledgers.stored()
    comparison, trial = stored.compare(ledger_of(NEWER), ledger_of(OLDER))
    assert trial is not None
    assert set(trial.refused) == comparison.foreseen
    assert not trial.other_reasons and not trial.accepted
    assert "input_axes" in trial.refused["layers.Conv2D"].message


def test_a_trial_tells_what_no_key_foretold_and_what_did_not_happen() -> None:
    comparison = compare_ledgers(ledger_of(NEWER), ledger_of(OLDER))
    failure = Failure("ValueError", "why")
    refused = {"layers.Dense": failure, "layers.Dropout": failure}
    trial = judge(comparison, refused)
    assert trial.other_reasons == {"layers.Dropout": failure}
    assert trial.accepted == comparison.foreseen - {"layers.Dense"}


def test_a_trial_of_another_ledger_does_not_count() -> None:
    remade = with_classes(ledger_of(NEWER), entry("layers.New", {"config": {"key": 1}}))
    assert ledgers.stored().compare(remade, ledger_of(OLDER))[1] is None


def test_a_class_that_accepts_any_key_accepts_a_new_one() -> None:
    writer = with_classes(ledger_of(NEWER), entry("layers.Dense", {"config": {"new": 1}}))
    dense = ledger_of(OLDER).classes["layers.Dense"]
    for accepts_any, names in ((True, []), (False, ["new"])):
        reader = with_classes(ledger_of(OLDER), replace(dense, accepts_any=accepts_any))
        found = compare_ledgers(writer, reader).unaccepted
        assert [keys.names for keys in found if "layers.Dense" in keys.classes] == [
            (name,) for name in names
        ]


def test_a_key_that_a_class_accepts_and_does_not_write_is_accepted() -> None:
    writer = with_classes(ledger_of(NEWER), entry("regularizers.L2", {"config": {"l2": 1, "x": 2}}))
    reader = with_classes(ledger_of(OLDER), entry("regularizers.L2", {"config": {"l2": 1}}, "x"))
    assert "regularizers.L2" not in compare_ledgers(writer, reader).foreseen


def test_objects_of_keras_2_are_found_without_their_kind() -> None:
    within = {"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}}
    dense = {"class_name": "Dense", "config": {"units": 2, "kernel_initializer": within}}
    writer = with_classes(ledger_of(OLDER), entry("layers.Dense", dense))
    (keys,) = compare_ledgers(writer, ledger_of(NEWER)).unaccepted
    assert keys.keys == (("dtype", '"float32"'),)
    assert keys.owners == ("initializers.GlorotUniform",)
    assert keys.classes == ("layers.Dense",)


def test_objects_in_lists_count_and_unknown_ones_do_not() -> None:
    known = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 1, "new": 2}}
    unknown = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}
    dense = {"config": {"units": [known, {"deep": known}], "dtype": unknown}}
    writer = with_classes(ledger_of(NEWER), entry("layers.Dense", dense))
    found = compare_ledgers(writer, ledger_of(NEWER)).unaccepted
    assert [(keys.names, keys.owners) for keys in found] == [(("new",), ("regularizers.L2",))]


def test_values_that_differ_are_not_told() -> None:
    writer = with_classes(
        ledger_of(NEWER),
        entry("layers.Dense", {"config": {"new": 1}}),
        entry("layers.Dropout", {"config": {"new": 2}}),
    )
    found = compare_ledgers(writer, ledger_of(NEWER)).unaccepted
    assert [keys.keys for keys in found] == [(("new", ""),)]


def test_what_the_writer_cannot_read_itself_says_nothing_about_others() -> None:
    newer, older = ledger_of(NEWER), ledger_of(OLDER)
    failure = Failure("ValueError", "why")
    dense = replace(newer.classes["layers.Dense"], own_error=failure)
    newer = with_classes(newer, dense)
    comparison, trial = ledgers.stored().compare(newer, older)
    assert "layers.Dense" not in comparison.common + comparison.absent
    assert trial is not None
    assert "layers.Dense" not in trial.refused
    assert set(trial.refused) == comparison.foreseen
