"""What one release writes and another does not accept, as it is printed."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from harness.exchange.ledger.compare import compare_ledgers, judge
from harness.exchange.ledger.ledger import Failure
from harness.report.ledger_text import comparison_lines, print_comparison, trial_sentence
from tests.exchange import ledgers
from tests.exchange.ledgers import NEWER, OLDER, entry, ledger_of, with_classes


def test_the_keys_that_affect_most_classes_come_first() -> None:
    lines = list(comparison_lines(*ledgers.stored().compare(ledger_of(NEWER), ledger_of(OLDER))))
    assert lines[:5] == [
        "Keras 3.15.1 writes keys that Keras 3.12.4 does not accept, in 5 of the 11 classes that "
        "both have:",
        "",
        "input_axes=null, output_axes=null: in 4 classes",
        "  written by initializers.GlorotUniform",
        "  contained in layers.Conv2D, layers.Dense, layers.MultiHeadAttention",
    ]
    assert "quantization_config=null: in 1 class" in lines
    assert lines[-3:] == [
        "Keras 3.12.4 does not have: layers.ContrastLimitedAdaptiveHistogramEqualization",
        "",
        "Keras 3.12.4 refuses 5 of the 11 default instances of Keras 3.15.1 whose classes it has.",
    ]


def test_a_release_that_accepts_everything() -> None:
    lines = list(comparison_lines(*ledgers.stored().compare(ledger_of(OLDER), ledger_of(NEWER))))
    assert lines == [
        "Keras 3.15.1 accepts every key that Keras 3.12.4 writes, in all 11 classes that both "
        "have.",
        "",
        "Keras 3.15.1 reads all 11 default instances of Keras 3.12.4 whose classes it has.",
    ]


def test_what_was_not_foreseen_is_told_with_its_exception() -> None:
    comparison = compare_ledgers(ledger_of(NEWER), ledger_of(OLDER))
    failure = Failure("ValueError", "why\nso")
    refused = {"layers.Dense": failure, "layers.Dropout": failure, "regularizers.L2": failure}
    lines = list(comparison_lines(comparison, judge(comparison, refused)))
    assert lines[-3:] == [
        "Keras 3.12.4 refuses 3 of the 11 default instances of Keras 3.15.1 whose classes it has, "
        "2 of them for another reason than a key, and reads 4 although they have such a key.",
        "  read although they have such a key: initializers.GlorotUniform, "
        "layers.BatchNormalization, layers.Conv2D, layers.MultiHeadAttention",
        "  ValueError: why so: layers.Dropout, regularizers.L2",
    ]


def test_one_instance_is_told_in_the_singular() -> None:
    comparison = compare_ledgers(ledger_of(NEWER), ledger_of(OLDER))
    refused = dict.fromkeys(comparison.foreseen - {"layers.Dense"}, Failure("ValueError", "why"))
    assert trial_sentence(comparison, judge(comparison, refused)).endswith(
        ", and reads 1 although it has such a key."
    )


def test_what_was_not_tried_is_not_claimed() -> None:
    comparison = compare_ledgers(ledger_of(NEWER), ledger_of(OLDER))
    sentence = trial_sentence(comparison, None)
    assert sentence == "Keras 3.12.4 has not been asked to read what Keras 3.15.1 writes."


def test_the_text_is_wrapped_and_never_markup() -> None:
    hostile = entry("layers.Dense", {"config": {"[bold]\x1b": "[/]"}})
    comparison = compare_ledgers(with_classes(ledger_of(NEWER), hostile), ledger_of(OLDER))
    output = StringIO()
    print_comparison(Console(file=output, width=60), comparison, None)
    lines = output.getvalue().splitlines()
    assert '[bold]�="[/]": in 1 class' in lines
    assert max(map(len, lines)) <= 60
    assert "  in 5 of the 11 classes that both have:" in lines
