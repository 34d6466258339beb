"""The answer: what it says, what it advises, and how untrusted text is shown."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from harness.releases.pair import Pair
from harness.userfile.advice import about_endpoints, advise, convert_with
from harness.userfile.answer import Answer, as_document, as_markdown, size_in_words
from harness.userfile.console import print_description, print_findings
from harness.userfile.facts import FileFacts, Hazard, Kind, Layer
from harness.userfile.prediction import Unaccepted
from harness.userfile.routes.summary import RouteSummary
from harness.userfile.verdicts import Verdict, grouped
from harness.userfile.vulnerabilities import exposed
from harness.util.errors import ExitCode
from tests.report.screens import assert_as_kept
from tests.userfile.attempts import pair

EVIL = "\x1b[2J<script>alert(1)</script>|`@somebody #1 [x](http://evil)"
PAIRS = [pair(each) for each in ("3.6.0", "3.7.0", "3.8.0", "3.9.0")]


def verdicts(*kinds: str) -> dict[Pair, Verdict]:
    return {each: Verdict(kind, f"about {kind}") for each, kind in zip(PAIRS, kinds, strict=True)}


def answer(*kinds: str, name: str = "model.keras", **facts: Any) -> Answer:
    known = FileFacts("keras", 13_625, writer="3.6.0", **facts)
    groups = grouped(PAIRS, verdicts(*kinds)) if kinds else []
    return Answer(
        name,
        known,
        sandbox="bubblewrap 0.8.0",
        groups=groups,
        tried=len(kinds),
        reference=PAIRS[0] if kinds else None,
        advice=advise("model.keras", known, groups, PAIRS[-1], ["Gate"]),
    )


def advice(*kinds: str, **facts: Any) -> list[str]:
    return [f"{each.says} {each.command}".strip() for each in answer(*kinds, **facts).advice]


def print_answer(console: Console, shown: Answer) -> None:
    print_description(console, shown)
    print_findings(console, shown)


def printed(shown: Answer) -> str:
    console = Console(file=io.StringIO(), width=100)
    print_answer(console, shown)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_answer_says_who_wrote_it_who_reads_it_and_what_the_others_say() -> None:
    text = " ".join(printed(answer("same", "refused", "same", "same")).split())
    assert "model.keras: .keras archive, written by Keras 3.6.0" in text
    assert "3.6.0, 3.8.0 to 3.9.0: reads it, and computes the same" in text
    assert "3.7.0: refuses it" in text
    assert "about refused" in text
    assert "compared with those of Keras 3.6.0, the writer's own release" in text
    assert "bubblewrap 0.8.0" in text


def test_an_answer_at_two_widths() -> None:
    layers = [Layer("encoder/dense", "Dense", 2, "[?, 4]", 20), Layer("head", "Dense", 1)]
    shown = answer(
        "same", "refused", "differs", "uncompiled",
        layers=layers, hazards=[Hazard("lambda-code", "squash")],
    )  # fmt: skip
    assert_as_kept("file", lambda console: print_answer(console, shown))


def test_a_way_at_two_widths() -> None:
    shown = answer("same", "same", "same", "same")
    shown.groups = ()
    shown.way = RouteSummary(
        PAIRS[-1],
        True,
        "Keras 3.9.0 reads the new file as it is, and its outputs are the same as those of Keras "
        "2.15.0.",
        ["Rewrite the config of the file for Keras 3.9.0: drop keys that it does not accept."],
    )
    assert_as_kept("way", lambda console: print_answer(console, shown))


def test_a_way_of_a_config_is_not_called_verified() -> None:
    shown = answer()
    shown.way = RouteSummary(PAIRS[-1], True, "Keras 3.9.0 reads the file as it is.")
    assert shown.way_title == "a verified way into Keras 3.9.0"
    assert "**A verified way into Keras 3.9.0:**" in as_markdown(shown, "x")
    shown.facts.kind = "json"
    assert "verified" not in printed(shown)


def test_an_answer_of_real_size_fits_on_a_screen() -> None:
    layers = [Layer(f"layer_{number}", "Dense", 1, "[?, 4]", 20) for number in range(200)]
    text = printed(answer("same", "refused", "differs", "same", layers=layers))
    assert "… and 188 more layers" in text
    assert len(text.splitlines()) < 45


def test_the_newest_release_that_reads_it_is_advised() -> None:
    assert advice("same", "same", "same", "same") == [
        "Load it as it is with Keras 3.9.0, the newest release."
    ]
    told, way = advice("same", "same", "refused", "refused")
    assert told.startswith("Keras 3.7.0 is the newest release tried that reads it")
    assert told.endswith("python -m pip install keras==3.7.0 tensorflow==2.18.0")
    assert way.endswith("nox -s file -- model.keras --to 3.9.0")


def test_tf_keras_is_advised_where_keras_3_does_not_read_the_file() -> None:
    pairs = [pair("2.15.0"), pair("3.9.0"), pair("2.21.0", "tf-keras")]
    verdicts = dict(zip(pairs, map(Verdict, ("same", "refused", "same")), strict=True))
    facts = FileFacts("h5", 1, writer="2.15.0")
    first, _ = advise("old.h5", facts, grouped(pairs, verdicts), pairs[1], [])
    assert first.says.startswith("tf-keras 2.21.0, which carries Keras 2 on")
    assert first.command == "python -m pip install tf-keras==2.21.0 tensorflow==2.18.0"


def test_what_a_newer_release_needs_is_advised_first() -> None:
    told = advice("same", "same", "uncompiled", "uncompiled")
    assert "keras.models.load_model(path, compile=False)" in told[0]
    assert "Keras 3.7.0" in told[1]


def test_bytecode_of_another_python_is_told_where_refusals_change_with_it() -> None:
    facts = FileFacts("h5", 1, hazards=[Hazard("lambda-code", "squash")])
    pairs = [replace(pair("2.4.3"), python="3.6"), replace(pair("2.6.0"), python="3.9")]
    told = {each: Verdict(kind) for each, kind in zip(pairs, ("same", "refused"), strict=True)}
    says = [each.says for each in advise("a.h5", facts, grouped(pairs, told), None, [])]
    assert any("read on Python 3.6, and refused on 3.9" in each for each in says)
    plain = advise("a.h5", FileFacts("h5", 1), grouped(pairs, told), None, [])
    assert not any("bytecode" in each.says for each in plain)


@pytest.mark.parametrize(
    ("lineage", "version", "words"),
    [
        ("keras", "3.6.0", "Keras 3.6.0"),
        ("tf-keras", "2.18.0", "tf-keras 2.18.0"),
        ("keras", "2.3.0-tf", "tf.keras 2.3.0"),
    ],
)
def test_the_package_of_the_writer_is_named(lineage: str, version: str, words: str) -> None:
    shown = Answer("a.h5", FileFacts("h5", 9, writer=version), lineage)
    assert shown.title == f"a.h5: HDF5 file with a whole model, written by {words}"


def test_a_release_of_tf_keras_is_named_as_such() -> None:
    writer = pair("2.18.0", "tf-keras")
    shown = answer("refused", "refused", "refused", "refused")
    shown.reference = writer
    assert shown.source_of_outputs == "those of tf-keras 2.18.0, the writer's own release"
    groups = grouped([writer], {writer: Verdict("same")})
    (step,) = advise("a.h5", shown.facts, groups, PAIRS[-1], [])
    assert step.says.startswith("tf-keras 2.18.0, which carries Keras 2 on for newer releases")


def test_the_writer_of_a_json_config_is_not_known() -> None:
    shown = answer("same", "same", "same", "same")
    shown.facts.writer, shown.exact = "", False
    assert shown.compared.endswith("those of Keras 3.6.0, as the writer is not known.")


def test_silent_differences_are_warned_of() -> None:
    told = advice("same", "same", "differs", "refused")
    assert any("Do not trust what Keras 3.8.0 computes" in each for each in told)


def test_missing_code_is_asked_for() -> None:
    told = advice("needs-code", "needs-code", "needs-code", "needs-code")
    assert "--code FILE.py" in told[0]
    assert "Gate" in told[0]
    assert not any("No release" in each for each in told)


def test_a_dangerous_file_is_warned_of_first() -> None:
    told = advice("same", "same", "same", "same", hazards=[Hazard("lambda-code", "x")])
    assert told[0].startswith("Load it only where it can do no harm")


def test_the_code_that_the_training_state_needs_is_asked_for() -> None:
    told = {each: Verdict("uncompiled", "needs my_loss", ("my_loss",)) for each in PAIRS}
    groups = grouped(PAIRS, told)
    _, asked = advise("a.keras", FileFacts("keras", 1), groups, PAIRS[-1], ["my_loss"])
    assert asked.says == (
        "To see which releases keep the training state, give the code of my_loss with --code "
        "FILE.py."
    )


def test_a_missing_vocabulary_is_asked_for() -> None:
    told = advice(*["no-prediction"] * 4, empty_lookups=["texts"])
    assert told[0].startswith("The file does not hold the vocabulary of texts.")
    assert told[0].endswith("layer.set_vocabulary(words)")
    assert not advice("same", "same", "same", "same")[0].startswith("The file does not hold")


@pytest.mark.parametrize(
    ("name", "new"),
    [("old.v2.weights.h5", "old.v2.h5"), ("legacy.keras", "legacy.h5"), ("model", "model.h5")],
)
def test_a_misnamed_file_is_to_be_renamed_first(name: str, new: str) -> None:
    told = advise(name, FileFacts("h5", 1, ending=".h5"), [], None, [])
    assert told[0].says.startswith(f"Rename it, for example to {new}.")


@pytest.mark.parametrize(
    ("name", "kind", "target", "new"),
    [
        ("old.h5", "h5", "3.9.0", "old-for-3.9.0.keras"),
        ("new.keras", "keras", "2.6.0", "new-for-2.6.0.h5"),
        ("old.weights.h5", "weights", "3.9.0", "old-for-3.9.0.weights.h5"),
    ],
)
def test_a_new_file_is_advised_with_an_ending_that_suits_it(
    name: str, kind: Kind, target: str, new: str
) -> None:
    command = convert_with(name, kind, pair(target)).command
    assert command.endswith(f"{name} --to {target} --convert {new}")


@pytest.mark.parametrize("lacks_weights", [True, False])
def test_a_graph_without_weights_is_no_layer(lacks_weights: bool) -> None:
    facts = FileFacts("savedmodel", 1, endpoints=["serve"], lacks_weights=lacks_weights)
    assert any("TFSMLayer" in each.command for each in about_endpoints(facts)) != lacks_weights


def test_a_file_that_nobody_reads_is_told_so() -> None:
    told, _ = advice(*["refused"] * 4)
    assert told == "No release that was tried can use the file as it is."


@pytest.mark.parametrize(
    ("kind", "code"), [("same", ExitCode.KNOWN), ("unknown", ExitCode.UNKNOWN)]
)
def test_the_exit_code_says_whether_all_is_known(kind: str, code: ExitCode) -> None:
    assert answer("same", "refused", "ended", kind).code == code


def test_untrusted_text_is_shown_without_its_power() -> None:
    shown = answer(
        "same", "same", "same", "same",
        name=EVIL, layers=[Layer(EVIL, EVIL)], hazards=[Hazard("file-path", EVIL, EVIL)],
        notes=[EVIL], model=EVIL,
    )  # fmt: skip
    shown.own_classes = [EVIL]
    shown.predicted = {pair("3.1.0"): (Unaccepted(f"layers.{EVIL}", EVIL, EVIL),)}
    text, page = printed(shown), as_markdown(shown, "nox -s file -- x")
    for made in (text, page):
        assert "\x1b" not in made
    outside_code = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", page)
    assert "<script>" not in outside_code
    assert "@somebody" not in outside_code
    json.dumps(as_document(shown))


def test_a_table_of_layers_survives_a_pipe_in_a_name() -> None:
    page = as_markdown(answer(layers=[Layer("a|b", "Dense")]), "x")
    (row,) = [line for line in page.splitlines() if "Dense" in line]
    assert row.replace("\\|", "").count("|") == 6


def test_vulnerabilities_are_told_with_their_source() -> None:
    shown = answer(hazards=[Hazard("foreign-module", "x", "os.system")])
    shown.exposed = exposed(shown.facts, PAIRS)
    (line,) = shown.warnings
    assert line.startswith("CVE-2025-1550: ")
    assert "affected: Keras 3.6.0 to 3.8.0; fixed in 3.9.0; https://" in line


def test_a_hazard_of_each_kind_is_told_before_a_second_one_of_any() -> None:
    paths = [Hazard("file-path", f"layer {number}", "/tmp") for number in range(20)]
    told = answer(hazards=[*paths, Hazard("lambda-code", "lambda")]).hazards
    assert [line.partition(":")[0] for line in told[:3]] == ["layer 0", "lambda", "layer 1"]
    assert told[-1] == "... and 13 more"


def test_predictions_are_told_as_such() -> None:
    shown = answer()
    key = Unaccepted("layers.GRU", "time_major", "false")
    shown.predicted = {PAIRS[0]: (), PAIRS[1]: (key,), PAIRS[2]: (key,)}
    text = printed(shown)
    assert "not tried; the ledgers predict a refusal" in text
    assert "Keras 3.7.0 to 3.8.0: GRU does not accept time_major (time_major=false)" in text


def test_a_prediction_about_the_training_state_says_how_to_leave_it_out() -> None:
    shown = answer()
    key = Unaccepted("optimizers.SGD", "lr", "0.1")
    shown.predicted = {PAIRS[0]: (key,), PAIRS[1]: (key, Unaccepted("layers.GRU", "x", "1"))}
    training, whole = shown.predictions
    assert training.endswith("SGD does not accept lr (lr=0.1); compile=False leaves it out")
    assert "compile=False" not in whole


def test_releases_that_were_not_tried_are_spoken_of_where_there_are_any() -> None:
    shown = answer("same", "same", "same", "same")
    assert "taken to agree" not in printed(shown)
    shown.assumes = True
    assert "were not tried and are taken to agree. Outputs are" in " ".join(printed(shown).split())


def test_own_classes_are_handed_over_by_their_names() -> None:
    told = advice("same", "same", "named", "named")
    assert "custom_objects={'Gate': Gate})" in told[0]


def test_the_document_has_a_verdict_for_each_release() -> None:
    document = as_document(answer("same", "refused", "same", "same"))
    assert {each["pair"]: each["verdict"] for each in document["releases"]} == {
        each.id: kind for each, kind in zip(PAIRS, ("same", "refused", "same", "same"), strict=True)
    }
    assert document["facts"]["kind"] == "keras"


def test_the_document_says_with_what_outputs_were_compared() -> None:
    def told(shown: Answer) -> list[Any]:
        document = as_document(shown)
        names = ("reference", "reference_is_writer", "has_given_outputs")
        return [document[name] for name in names]

    shown = answer("same", "same", "same", "same")
    assert told(shown) == [PAIRS[0].id, True, False]
    assert told(answer()) == [None, False, False]
    shown.reference, shown.has_given_outputs = None, True
    assert told(shown) == [None, False, True]


@pytest.mark.parametrize(
    ("size", "words"), [(7, "7 bytes"), (13_625, "13.6 kB"), (5_000_000_000_000, "5000.0 GB")]
)
def test_sizes_are_told_in_words(size: int, words: str) -> None:
    assert size_in_words(size) == words


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([], "Net, whose layers the file does not list"),
        ([Layer("a", "Dense")], "Net with 1 layer,"),
        ([Layer("a", "Dense"), Layer("b", "Dense")], "Net with 2 layers,"),
    ],
)
def test_layers_are_counted_where_the_file_lists_them(layers: list[Layer], words: str) -> None:
    (line,) = answer(model="Net", layers=layers, parameters=1).about
    assert words in line
    assert line.endswith("1 stored value in weights")
