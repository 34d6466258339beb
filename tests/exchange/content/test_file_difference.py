"""What a later writer writes otherwise, on files that real releases have saved."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.exchange.content.file_difference import (
    MOST_CHANGES,
    MOST_SUBJECTS,
    FileDifference,
    SubjectDifference,
    content_difference,
    file_difference,
)
from harness.exchange.content.saved_content import SavedContent
from tests.exchange import graphs
from tests.exchange.saved import copied, saved_by


def lines(before: str, after: str, format_name: str) -> list[str]:
    old, new = saved_by(before, format_name), saved_by(after, format_name)
    return file_difference(old.folder, new.folder, format_name).lines()


@pytest.mark.parametrize("format_name", ["keras", "h5", "json"])
def test_keys_of_classes_that_3_15_adds(format_name: str) -> None:
    told = lines("3.9.0", "3.15.1", format_name)
    assert "Dense: adds quantization_config (null)" in told
    assert "InputLayer: adds optional (false)" in told
    assert "GlorotUniform: adds input_axes (null); adds output_axes (null)" in told


def test_what_3_9_adds_to_the_files_of_3_6() -> None:
    assert lines("3.6.0", "3.9.0", "keras") == ["InputLayer: adds ragged (false)"]


def test_files_that_no_reader_can_tell_apart() -> None:
    assert lines("3.6.0", "3.15.1", "weights") == ["no difference that a reader can see"]


def test_the_difference_of_a_damaged_file_is_not_known(tmp_path: Path) -> None:
    saved = saved_by("3.9.0", "h5")
    folder = copied(saved, tmp_path)
    (folder / "model.h5").write_bytes((folder / "model.h5").read_bytes()[:100])
    (line,) = file_difference(saved.folder, folder, "h5").lines()
    assert line.startswith("one of the files cannot be read (")


# ---------------------------------------------------------------- graphs


def test_the_operations_that_a_newer_graph_adds() -> None:
    older, newer = graphs.first(graphs.OLDER), graphs.first(graphs.NEWER)
    (line,) = file_difference(older, newer, "export").lines()
    assert line.startswith("graph: adds ConcatV2 (2 times); adds Const (9 times); adds GatherV2")


@pytest.mark.parametrize("kept", [graphs.EXPORTED, graphs.SAVED_MODEL])
def test_two_runs_of_a_writer_show_no_difference(kept: str) -> None:
    told = file_difference(graphs.first(kept), graphs.again(kept), Path(kept).name).lines()
    assert told == ["no difference that a reader can see"]


def test_operations_that_are_only_arranged_otherwise() -> None:
    one, other = (SavedContent(graph=lines) for lines in (["1 a"], ["1 b"]))
    (line,) = content_difference(one, other).lines()
    assert line == "graph: arranges the same operations otherwise"


def test_variables_of_an_exported_graph_that_hold_other_numbers(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(graphs.first(graphs.EXPORTED), tmp_path / "copy"))
    path = graphs.inside(copy) / "variables" / "variables.data-00000-of-00001"
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    (line,) = file_difference(graphs.first(graphs.EXPORTED), copy, "export").lines()
    assert line.startswith("weights: changes the numbers in variable")


# ---------------------------------------------------------------- weights


def weights(**arrays: list[float]) -> SavedContent:
    """A weights file; ``a__b`` is the array ``b`` in the group ``a``."""
    paths = {name.replace("__", "/"): np.array(arrays[name], "float32") for name in arrays}
    groups = {path.rpartition("/")[0] for path in paths} - {""}
    return SavedContent(arrays=paths, groups=groups)


def clauses(before: SavedContent, after: SavedContent) -> list[str]:
    (subject,) = content_difference(before, after).subjects
    assert subject.subject == "weights"
    return list(subject.clauses)


def test_arrays_that_stand_in_another_group_are_renamed() -> None:
    before = weights(old__dense__0=[1, 2], old__dense__1=[3])
    after = weights(layers__dense__0=[1, 2], layers__dense__1=[3])
    assert clauses(before, after) == ["renames old/dense → layers/dense"]


def test_an_array_of_another_name_is_renamed() -> None:
    before, after = weights(dense__kernel0=[1, 2]), weights(dense__kernel=[1, 2])
    assert clauses(before, after) == ["renames dense/kernel0 → dense/kernel"]


def test_an_array_with_other_numbers_is_not_renamed() -> None:
    before, after = weights(dense__a=[1, 2]), weights(dense__b=[1, 3], dense__c=[1])
    assert clauses(before, after) == ["adds dense/b and 1 more", "removes dense/a"]


def test_equal_arrays_are_renamed_one_to_one() -> None:
    before, after = weights(bias=[0, 0]), weights(new__bias=[0, 0], other__bias=[0, 0])
    assert clauses(before, after)[:2] == ["renames bias → new/bias", "adds other/bias"]


def test_other_shapes_and_other_numbers() -> None:
    before = weights(scale=[1, 2], bias=[1])
    after = weights(scale=[1, 2, 3], bias=[2])
    assert clauses(before, after) == [
        "changes scale from float32 (2,) to float32 (3,)",
        "changes the numbers in bias",
    ]


def test_groups_without_arrays_and_attributes() -> None:
    before, after = weights(dense__0=[1], other__0=[1]), weights(dense__0=[1], other__0=[1])
    after.groups |= {"layers", "layers/input", "layers/input/vars"}
    for group in ("dense", "other", "layers"):
        after.attributes[group, "name"] = group, "text"
    assert clauses(before, after) == [
        "adds the empty group layers",
        "adds the attribute name of dense and 1 more",
    ]


def test_attributes_that_differ_in_value_or_only_in_type() -> None:
    before, after = weights(dense__0=[1]), weights(dense__0=[1])
    before.attributes = {("/", "backend"): ("tf", "text"), ("/", "names"): ("a", "S1")}
    after.attributes = {("/", "backend"): ("jax", "text"), ("/", "names"): ("a", "O")}
    assert clauses(before, after) == [
        "changes the attribute backend of /",
        "changes the type of the attribute names of /",
    ]


def test_members_of_an_archive() -> None:
    before = SavedContent(members={"a": "", "d": "0", "e": "0"})
    after = SavedContent(members={"b": "", "c": "", "d": "1", "e": "0"})
    assert clauses(before, after) == [
        "adds the file b and 1 more",
        "removes the file a",
        "changes the file d",
    ]


def test_names_in_a_file_are_shown_on_one_line_without_control_characters() -> None:
    before, after = weights(dense=[1]), weights(dense=[1])
    after.arrays["x\x1b[31m\n" + "y" * 200] = np.array([2.0])
    (clause,) = clauses(before, after)
    assert clause.startswith("adds x\N{REPLACEMENT CHARACTER}[31m y")
    assert clause.endswith("…") and len(clause) < 100


# ---------------------------------------------------------------- in words


def test_much_is_cut_and_counted() -> None:
    subject = SubjectDifference("Dense", tuple(f"adds key {n}" for n in range(MOST_CHANGES + 2)))
    told = FileDifference((subject,) * (MOST_SUBJECTS + 3)).lines()
    assert len(told) == MOST_SUBJECTS + 1
    assert told[0].endswith(f"adds key {MOST_CHANGES - 1}; and 2 more")
    assert told[-1] == "and 3 more"
