"""Verdicts: what attempts amount to, and which releases agree."""

from __future__ import annotations

import pytest

from harness.userfile.attempts import Attempt, Output, Read, difference
from harness.userfile.verdicts import NOT_FINITE, Verdict, are_assumed, grouped, verdict_of
from tests.userfile.attempts import error, output, pair, read, refused

WRITER = read("3.6.0", 1.0, 2.0)


def test_equal_outputs_are_the_same() -> None:
    assert verdict_of(read("3.7.0", 1.0, 2.000001), WRITER) == Verdict("same")


def test_other_outputs_are_told_with_the_size_of_the_difference() -> None:
    verdict = verdict_of(read("3.7.0", 1.0, 2.5), WRITER)
    assert verdict == Verdict("differs", "output 0 differs by up to 0.5")


def test_differences_that_round_alike_are_one_verdict() -> None:
    one, other = (verdict_of(read("3.7.0", 1.0, 2 + by), WRITER) for by in (1.31, 1.34))
    assert one == other


def test_outputs_of_new_weights_are_not_compared() -> None:
    verdict = verdict_of(read("3.7.0", 7.0, 8.0), WRITER, has_weights=False)
    assert verdict == Verdict("weightless")
    assert verdict_of(read("3.7.0", 7.0), WRITER, has_weights=False).kind == "differs"


def test_an_exception_refuses_the_file() -> None:
    assert verdict_of(refused("3.7.0"), WRITER) == Verdict("refused", "ValueError: unknown key")


def test_given_code_that_builds_no_model_says_nothing_about_the_file() -> None:
    raised = error("no attribute 'ops'", "AttributeError")
    raised["frames"] = [["__main__", "load_with", 160], ["own_code", "build", 3]]
    attempt = Attempt(pair("3.7.0"), Read("load-error", error=raised))
    assert verdict_of(attempt, WRITER) == Verdict("no-model", "AttributeError: no attribute 'ops'")
    raised["frames"].insert(1, ["keras.src.layers.layer", "build_wrapper", 230])  # of a layer
    assert verdict_of(attempt, WRITER).kind == "refused"


def test_a_missing_class_of_the_writers_own_is_no_fault_of_the_release() -> None:
    attempt = refused("3.7.0", "Could not locate class 'Gate'. Make sure")
    assert verdict_of(attempt, WRITER, ["Gate"]) == Verdict("needs-code", "Gate", ("Gate",))
    assert verdict_of(attempt, WRITER).kind == "refused"
    assert verdict_of(attempt, WRITER, ["Gat"]).kind == "refused"


def test_a_missing_class_can_be_told_by_a_cause() -> None:
    raised = error("cannot be loaded")
    raised["causes"] = [error("no Gate")]
    attempt = Attempt(pair("3.7.0"), Read("load-error", error=raised))
    assert verdict_of(attempt, WRITER, ["Gate"]).kind == "needs-code"


def test_a_file_that_is_read_without_its_training_state_is_told_so() -> None:
    attempt = read("3.7.0", 1.0, 2.0, uncompiled=True, error=error("no half_square"))
    assert verdict_of(attempt, WRITER, ["half_square"]) == Verdict(
        "uncompiled", "needs half_square", ("half_square",)
    )


def test_a_file_that_needs_its_classes_by_name_is_told_so() -> None:
    attempt = read("3.7.0", 1.0, 2.0, named=True, error=error("Could not locate function"))
    assert verdict_of(attempt, WRITER).kind == "named"


def test_wrong_outputs_count_more_than_the_way_of_loading() -> None:
    assert verdict_of(read("3.7.0", 9.0, 9.0, unsafe=True), WRITER).kind == "differs"


@pytest.mark.parametrize(
    ("attempt", "kind"),
    [
        (Attempt(pair("3.7.0"), unknown="no disk"), "unknown"),
        (Attempt(pair("3.7.0"), ended="ended by signal 11"), "ended"),
        (Attempt(pair("3.7.0"), Read("unsupported")), "unsupported"),
        (Attempt(pair("3.7.0"), Read("code-error", "1 / 0")), "code-error"),
        (Attempt(pair("3.7.0"), Read("predict-error", predict_error=error("x"))), "no-prediction"),
        (Attempt(pair("3.7.0"), Read("read", "no inputs")), "read"),
        (Attempt(pair("3.7.0"), Read("made up by the file")), "ended"),
    ],
)
def test_every_end_has_a_verdict(attempt: Attempt, kind: str) -> None:
    assert verdict_of(attempt, WRITER).kind == kind


def test_other_lengths_of_inputs_are_not_compared() -> None:
    attempt = Attempt(pair("3.7.0"), Read("read", free=64, outputs=(output(5.0),)))
    assert verdict_of(attempt, WRITER).kind == "read"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((output(1.0, 2.0), output(1.0)), "2 outputs instead of 1"),
        ((output(1.0),), "output 0 has the shape (1,) instead of (2,)"),
        ((output(1.0, float("nan")),), "output 0 is not finite"),
        ((output(1.0, float("inf")),), "output 0 is not finite"),
        ((Output("<f4", (2,), 1, "not base64"),), "output 0 cannot be compared"),
        ((Output("|O", (2,), 1, ""),), "output 0 cannot be compared"),
    ],
)
def test_differences_are_told(found: tuple[Output, ...], words: str) -> None:
    assert difference((output(1.0, 2.0),), found).startswith(words)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ((1.0, float("nan")), ""),
        ((1.5, float("nan")), "output 0 differs by up to 0.5"),
        ((1.0, 2.0), "output 0 is finite at other places"),
        ((float("nan"), 2.0), "output 0 is finite at other places"),
    ],
)
def test_differences_from_outputs_that_are_not_finite(found: tuple[float, ...], words: str) -> None:
    assert difference((output(1.0, float("nan")),), (output(*found),)) == words


def test_equal_outputs_that_are_not_finite_prove_nothing() -> None:
    writer = read("3.6.0", 1.0, float("nan"), finite=False)
    for attempt in (writer, read("3.7.0", 1.0, float("nan"), finite=False)):
        assert verdict_of(attempt, writer) == Verdict("read", NOT_FINITE)
    assert verdict_of(read("3.7.0", 1.0, 2.0), writer).kind == "differs"


def test_releases_that_agree_are_grouped_in_spans() -> None:
    pairs = [pair(each) for each in ("3.0.0", "3.1.0", "3.2.0", "3.3.0", "3.4.0")]
    kinds = ("same", "same", "refused", "same", "refused")
    groups = grouped(pairs, {each: Verdict(kind) for each, kind in zip(pairs, kinds, strict=True)})
    assert [(group.verdict.kind, group.spans) for group in groups] == [
        ("same", ("3.0.0 to 3.1.0", "3.3.0")),
        ("refused", ("3.2.0", "3.4.0")),
    ]


def test_releases_that_were_not_tried_do_not_break_a_span() -> None:
    pairs = [pair(each) for each in ("3.0.0", "3.1.0", "3.2.0")]
    (group,) = grouped(pairs, {pairs[0]: Verdict("same"), pairs[2]: Verdict("same")})
    assert group.spans == ("3.0.0 to 3.2.0",)


@pytest.mark.parametrize(
    ("kinds", "is_assumed"),
    [
        (("same", None, "same"), True),
        (("same", "same", None), False),
        (("same", "same", "refused"), False),
    ],
)
def test_releases_between_two_that_agree_are_assumed_to_agree(
    kinds: tuple[str | None, ...], is_assumed: bool
) -> None:
    pairs = [pair(each) for each in ("3.0.0", "3.1.0", "3.2.0")]
    verdicts = {each: Verdict(kind) for each, kind in zip(pairs, kinds, strict=True) if kind}
    assert are_assumed(pairs, verdicts) is is_assumed


def test_one_output_is_told_in_the_singular() -> None:
    two = (output(1.0), output(2.0))
    assert difference(two, (output(1.0),)) == "1 output instead of 2"
