"""What is left out of messages: the examples of each rule, and properties of all of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.results import messages
from harness.results.messages import COMPARED, CUT, RULES, Rule, normalise

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.pattern.pattern[:20])
#: Pieces of what the rules look for, complete and not.
PIECES = (
    "\x1b", "\x1b[1m", "\\x1b", "[0m", 'File "', '", line 3, in f\n', "<a>/b:3 x\n", "\n", " ",
    "_1", "a", "3", "differ", " by up to ", "eof = ", "config=", "config: ", "{", "}", "}.",
    "array(", "Tensor(", "KerasTensor", "<tf.Tensor ", "(", ")", "<", ">", "[", "[[", "]", "]]",
    "0.5", "1e-3", "-", ",", "...", "/", "/a", "<a>", "0x", "f", "id=", "object_id': ", "Resource-",
    "123456789012", "line ", "…", "[cut]", "'", ":", "=", "\ud800", "é", "\u2028",
)  # fmt: skip
hostile_messages = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)
cut_messages = hostile_messages.map(lambda message: message + CUT)


# ---------------------------------------------------------------- the rules


@each_rule
def test_messages_that_differ_by_chance_become_equal(rule: Rule) -> None:
    one, other = rule.equal
    assert normalise(one) == normalise(other)


@each_rule
def test_messages_that_differ_in_substance_stay_apart(rule: Rule) -> None:
    one, other = rule.apart
    assert normalise(one) != normalise(other)


@each_rule
def test_no_rule_can_be_left_out(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "RULES", [other for other in RULES if other is not rule])
    one, other = rule.equal
    assert normalise.__wrapped__(one) != normalise.__wrapped__(other)


def test_an_array_ends_at_the_parenthesis_that_closes_it() -> None:
    message = "inputs=array([(1, 2.5)], dtype=[('a', '<i4'), ('b', '<f4')]) • mask=None"
    assert normalise(message) == "inputs=<array> • mask=None"


@pytest.mark.parametrize("name", ["array", "Tensor", "KerasTensor"])
def test_what_follows_a_call_that_nothing_closes_is_kept(name: str) -> None:
    assert normalise(f"{name}([1, 2 is no layer").endswith("[1, 2 is no layer")


def test_the_end_of_weights_that_keras_has_cut_is_left_out() -> None:
    one = "Provided weights: [array([[-0.36088973,  0.5040455 ,  0.21987955, -0..."
    other = "Provided weights: [array([[-0.5708177 ,  0.75573224,  0.3019866 ],\n ..."
    assert normalise(one) == normalise(other) == "Provided weights: [<array><array>"


# ---------------------------------------------------------------- messages that the runner has cut


@pytest.mark.parametrize(
    "message",
    [
        f"no layer config={{{'x' * 30000}",
        "config={0}\n" * 1700 + "Exception encountered: no layer " + "of any kind " * 500,
        f"config={{{'x' * 19000}}}\nException encountered: no layer {'of any kind ' * 50}",
        f"inputs=array([{'1, ' * 10000}",
        f"expected {'(None, 4) or ' * 2000}",
        f"expected {'KerasTensor((4, 2)), ' * 2000}",
        "x" * 30000,
    ],
    ids=lambda message: message[:20],
)
def test_it_makes_no_difference_where_exactly_a_message_was_cut(message: str) -> None:
    cut = {normalise(message[:length] + CUT) for length in range(19500, 19700, 7)}
    (normalised,) = cut
    assert 0 < len(normalised) <= COMPARED + 201


def test_a_message_cut_in_a_config_equals_a_shorter_one_that_was_not_cut() -> None:
    whole = "no layer, config={'units': 1}"
    assert normalise(f"no layer, config={{{'x' * 20000}"[:20000] + CUT) == normalise(whole)


def test_a_long_message_that_was_not_cut_counts_as_a_whole() -> None:
    lead = "word " * 3000
    assert normalise(f"{lead}one") != normalise(f"{lead}two")


# ---------------------------------------------------------------- properties


@given(hostile_messages | cut_messages)
def test_normalising_twice_is_normalising_once(message: str) -> None:
    normalised = normalise(message)
    assert normalise(normalised) == normalised


@pytest.mark.parametrize(
    "piece", [*PIECES, "array(()", "array(Tensor()", "config={} a", "[[0.5],", "/a", ":1 ", "a_1"]
)
def test_no_message_takes_long(piece: str) -> None:
    """In seconds of processor time: a rule of quadratic time takes a second and more."""
    for start in ("", "config={", "array(", "[[0.5", 'File "'):
        message = start + piece * (40_000 // len(piece)) + CUT
        begun = time.process_time()
        normalise.__wrapped__(message)
        assert time.process_time() - begun < 0.5
