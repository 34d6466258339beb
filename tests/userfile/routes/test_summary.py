"""Routes in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.userfile.routes.route import Attempted, Hop, ModelFile, Route
from harness.userfile.routes.summary import as_object, summarise
from harness.userfile.verdicts import Verdict
from tests.userfile.attempts import pair

OLD, NEW = pair("2.15.0"), pair("3.15.1")
SOURCE = "those of Keras 2.15.0"
FILE = ModelFile(Path("model.h5"), "h5")


def test_a_file_that_needs_nothing() -> None:
    told = summarise(NEW, Route((Hop(NEW, "h5"),), FILE, Verdict("same")), [], SOURCE, [])
    assert told.is_found and not told.steps
    assert told.result == (
        "Keras 3.15.1 reads the file as it is, and its outputs are the same as those of Keras "
        "2.15.0."
    )


def test_what_a_release_needs_to_load_is_told() -> None:
    needs = ("named", "uncompiled")
    route = Route((Hop(NEW, "h5", needs=needs),), FILE, Verdict("uncompiled"))
    assert summarise(NEW, route, [], SOURCE, []).result == (
        "Keras 3.15.1 reads the file with its own classes in custom_objects and with "
        "compile=False, and its outputs are the same as those of Keras 2.15.0. The training state "
        "(loss and optimizer) is lost."
    )
    hops = Hop(NEW, "h5", ("move modules",), "keras", ("uncompiled",)), Hop(NEW, "keras")
    told = summarise(NEW, Route(hops, FILE, Verdict("same")), [], SOURCE, [])
    assert told.steps == [
        "Read the file with Keras 3.15.1, with compile=False, its config rewritten (name the "
        "module in which it has the class), and save a .keras file."
    ]
    assert "reads the new file as it is" in told.result
    assert told.result.endswith("The training state (loss and optimizer) is lost.")


@pytest.mark.parametrize(
    ("hop", "is_compiled", "is_lost"),
    [
        (Hop(OLD, "h5", saves="parts"), True, True),
        (Hop(OLD, "h5", saves="parts"), False, False),
        (Hop(OLD, "h5", ("drop training state",), "h5"), True, True),
        (Hop(OLD, "h5", saves="h5"), True, False),
    ],
)
def test_a_way_that_drops_the_training_state_is_told(
    hop: Hop, is_compiled: bool, is_lost: bool
) -> None:
    route = Route((hop, Hop(NEW, "h5")), FILE, Verdict("same"))
    told = summarise(NEW, route, [], SOURCE, [], is_compiled=is_compiled)
    assert ("training state" in told.result) is is_lost


def test_new_weights_of_a_config_are_told() -> None:
    hops = Hop(NEW, "json", saves="keras"), Hop(NEW, "keras")
    new = ModelFile(Path("saved.keras"), "keras")
    result = summarise(NEW, Route(hops, new, Verdict("weightless")), [], SOURCE, []).result
    assert "A config has no weights: the shapes of outputs alone were compared." in result
    assert "made anew, at random: it is not trained" in result
    assert "the same" not in result
    config = ModelFile(Path("config.json"), "json")
    route = Route((Hop(NEW, "json"),), config, Verdict("weightless"))
    assert "at random" not in summarise(NEW, route, [], SOURCE, []).result


def test_a_rewritten_file_and_the_keys_that_it_lacks() -> None:
    hops = Hop(NEW, "h5", ("drop defaults", "move modules"), "rewritten"), Hop(NEW, "h5")
    told = summarise(NEW, Route(hops, FILE, Verdict("same")), [], SOURCE, ["GRU: a=1"])
    assert told.steps == [
        "Rewrite the config of the file for Keras 3.15.1: drop keys that it does not accept and "
        "that hold their default (GRU: a=1); name the module in which it has the class."
    ]
    assert told.result.startswith("Keras 3.15.1 reads the new file as it is")


def test_each_release_in_between_is_a_step() -> None:
    hops = (
        Hop(OLD, "savedmodel", saves="h5"),
        Hop(NEW, "h5", ("move modules",), "keras"),
        Hop(NEW, "keras"),
    )
    told = summarise(NEW, Route(hops, FILE, Verdict("same")), [], SOURCE, [])
    assert told.steps == [
        "Read the file with Keras 2.15.0 and save an HDF5 file.",
        "Read the saved file with Keras 3.15.1, its config rewritten (name the module in which it "
        "has the class), and save a .keras file.",
    ]


def test_how_far_each_way_got() -> None:
    hops = Hop(OLD, "h5", saves="keras"), Hop(NEW, "keras", ("move modules",))
    way = Attempted(hops, Verdict("refused", "ValueError: \x1b[2Jno"))
    told = summarise(NEW, None, [way], SOURCE, [])
    assert not told.is_found
    assert told.attempted == [
        (
            "2.15.0 saves a .keras file → 3.15.1 (move modules)",
            "refuses it: ValueError: \x1b[2Jno",
        )
    ]
    assert as_object(told)["attempted"][0]["came_to"].startswith("refuses it")
