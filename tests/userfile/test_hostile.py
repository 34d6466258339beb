"""Hostile files: each is described, with what is dangerous in it, and nothing happens."""

from __future__ import annotations

import base64
import json
import marshal
import pickle
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.userfile.description import describe
from harness.userfile.facts import Hazard, NotAModelFile
from harness.userfile.reading import facts_about
from tests.userfile.files import DENSE, WEIGHTS, archive, layer, model, saved_model
from tests.userfile.tiny_hdf5 import Array, External, Member, Soft, Up, hdf5

CODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()


class Runs:
    """Unpickling this would leave a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def kinds(path: Path) -> set[str]:
    return {hazard.kind for hazard in describe(path).hazards}


def hazards_of_config(tmp_path: Path, *layers: Mapping[str, Any]) -> list[Hazard]:
    return describe(archive(tmp_path / "a.keras", model(*layers))).hazards


# ---------------------------------------------------------------- configs


def test_code_of_a_lambda_is_told_in_both_ways_of_writing(tmp_path: Path) -> None:
    new = layer(
        "Lambda", name="new", function={"class_name": "__lambda__", "config": {"code": CODE}}
    )
    old = layer("Lambda", name="old", function=[CODE, None, None])
    told = hazards_of_config(tmp_path, new, old)
    assert [(hazard.kind, hazard.where) for hazard in told] == [
        ("lambda-code", "sequential/new"),
        ("lambda-code", "sequential/old"),
    ]


def test_code_of_a_loss_is_told_with_its_place(tmp_path: Path) -> None:
    loss = {"class_name": "__lambda__", "config": {"value": [CODE, None, None]}}
    config = {**model(DENSE), "compile_config": {"loss": loss}}
    (told,) = describe(archive(tmp_path / "a.keras", config)).hazards
    assert (told.kind, told.where) == ("lambda-code", "sequential: loss")


def test_code_of_an_activation_is_told_as_keras_2_15_writes_it(tmp_path: Path) -> None:
    dense = layer("Dense", name="d", activation={"value": [CODE, None, None]})
    (told,) = hazards_of_config(tmp_path, dense)
    assert (told.kind, told.where) == ("stored-code", "sequential/d: activation")


def test_a_lambda_of_a_named_function_holds_no_code(tmp_path: Path) -> None:
    assert hazards_of_config(tmp_path, layer("Lambda", function="twice")) == []


def test_a_function_of_another_module_is_told(tmp_path: Path) -> None:
    """CVE-2025-1550 in its simplest form."""
    popen = {"module": "subprocess", "class_name": "Popen", "config": {"args": ["id"]}}
    (told,) = hazards_of_config(tmp_path, {**popen, "registered_name": "Popen"})
    assert (told.kind, told.what) == ("foreign-module", "subprocess.Popen")


def test_a_tool_of_keras_is_told(tmp_path: Path) -> None:
    """CVE-2025-8747 and CVE-2025-9906: functions of Keras itself that are no part of a model."""
    fetch = {"module": "keras.utils", "class_name": "function", "config": "get_file"}
    unsafe = {"module": "keras.src.config", "class_name": "function", "config": "x"}
    told = hazards_of_config(
        tmp_path, layer("Lambda", function=fetch), layer("Dense", units=unsafe)
    )
    assert {hazard.what for hazard in told} == {"keras.utils.get_file", "keras.src.config.x"}


def test_a_vocabulary_to_be_read_from_a_file_is_told(tmp_path: Path) -> None:
    (told,) = hazards_of_config(tmp_path, layer("StringLookup", vocabulary="/etc/passwd"))
    assert (told.kind, told.what) == ("vocabulary-path", "/etc/passwd")


def test_paths_and_addresses_are_told(tmp_path: Path) -> None:
    tfsm = layer("TFSMLayer", filepath="gs://bucket/model")
    assert {hazard.kind for hazard in hazards_of_config(tmp_path, tfsm)} == {
        "tfsm-layer",
        "file-path",
    }


def test_a_pickle_in_a_config_is_told_and_not_opened(tmp_path: Path) -> None:
    mark = tmp_path / "opened"
    packed = base64.b64encode(pickle.dumps(Runs(mark))).decode()
    told = hazards_of_config(tmp_path, layer("TorchModuleWrapper", module=packed))
    assert {hazard.kind for hazard in told} == {"torch-module", "pickle"}
    assert not mark.exists()


def test_many_hazards_of_one_kind_hide_none_of_another(tmp_path: Path) -> None:
    foreign = [{**layer("X", name=f"x{number}"), "module": "evil"} for number in range(80)]
    code = layer("Lambda", function=[CODE, None, None])
    path = archive(tmp_path / "a.keras", model(*foreign, code))
    assert kinds(path) == {"foreign-module", "lambda-code"}


def test_an_honest_model_has_no_hazards(tmp_path: Path) -> None:
    names = layer(
        "Dense", name="a/b", units=2, kernel_initializer={"class_name": "Zeros", "config": {}}
    )
    assert hazards_of_config(tmp_path, DENSE, names) == []


def test_a_config_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", '{"class_name":' * 100_000)
    with pytest.raises(NotAModelFile, match="nested too deeply"):
        describe(path)


def test_models_in_models_do_not_exhaust_the_stack(tmp_path: Path) -> None:
    nested: Any = DENSE
    for _ in range(120):
        nested = model(nested)
    assert 60 <= len(describe(archive(tmp_path / "a.keras", nested)).layers) <= 80


def test_names_are_shortened_and_can_be_written(tmp_path: Path) -> None:
    evil = "\x1b[2J<script>\ud800" + "x" * 10_000
    facts = facts_about(archive(tmp_path / "a.keras", model(layer("Dense", name=evil))))
    name = facts.layers[1].path
    assert len(name) == 200
    assert name.startswith("\x1b[2J<script>?")  # shown through harness.util.escaping only


@pytest.mark.parametrize("length", [True, 0, -1, 1.5, "4"])
def test_an_input_whose_length_is_no_positive_number_is_not_told(
    tmp_path: Path, length: Any
) -> None:
    config = model(DENSE)
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, length]
    assert facts_about(archive(tmp_path / "a.keras", config)).inputs == []


def test_a_great_many_layers_are_not_all_told(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(*[DENSE] * 5000))
    facts = facts_about(path)
    assert (len(facts.layers), facts.left_out) == (2000, 3001)


# ---------------------------------------------------------------- archives


def test_members_that_leave_their_folder_are_told(tmp_path: Path) -> None:
    more = {"../../evil.py": b"", "/etc/cron.d/evil": b"", "..\\evil": b""}
    path = archive(tmp_path / "a.keras", model(DENSE), more=more)
    told = {hazard.where for hazard in describe(path).hazards if hazard.kind == "path-traversal"}
    assert len(told) == 3
    assert not (tmp_path.parent.parent / "evil.py").exists()


def test_a_zip_bomb_is_told_and_not_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(DENSE))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("assets/zeros", bytes(200 << 20))
    assert kinds(path) == {"zip-bomb"}


def test_a_config_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b" " * (64 << 20))
    with pytest.raises(NotAModelFile, match=r"config\.json unpacks to more than"):
        describe(path)


def test_two_members_of_one_name_and_pickles_are_told(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(DENSE), more={"assets/a.pkl": b""})
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("config.json", json.dumps(model(layer("Dense", name="other"))))
    assert kinds(path) == {"duplicate-member", "pickle"}


def test_many_hazards_of_one_kind_hide_no_other(tmp_path: Path) -> None:
    names = {f"../{number}": b"" for number in range(60)}
    code = layer("Lambda", name="squash", function=[CODE, None, None])
    paths = layer("Dense", name="d", places=[f"/tmp/{number}" for number in range(60)])
    links = {**WEIGHTS, **{f"link{number}": Soft("/layers/dense") for number in range(60)}}
    facts = describe(archive(tmp_path / "a.keras", model(paths, code), links, more=names))
    counts = Counter(hazard.kind for hazard in facts.hazards)
    assert counts == {
        "lambda-code": 1, "file-path": 50, "path-traversal": 50, "soft-link": 50
    }  # fmt: skip


def test_an_encrypted_config_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(DENSE))
    content = bytearray(path.read_bytes())
    for start, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = content.find(start)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(start, at + 4)
    path.write_bytes(bytes(content))
    with pytest.raises(NotAModelFile, match=r"config\.json is encrypted"):
        describe(path)


def test_a_member_whose_stored_size_is_a_lie_is_refused(tmp_path: Path) -> None:
    """Its size is said to be four gigabytes, of which the file has only a few bytes."""
    path = archive(tmp_path / "a.keras", model(DENSE))
    content = bytearray(path.read_bytes())
    at = content.find(b"model.weights.h5", content.find(b"PK\x01\x02")) - 46
    content[at + 20 : at + 28] = b"\xf0\xff\xff\xff" * 2
    path.write_bytes(bytes(content))
    assert facts_about(path).parameters == 10


def test_a_member_behind_the_end_of_the_file_is_damaged(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.keras", model(DENSE))
    content = bytearray(path.read_bytes())
    at = content.find(b"model.weights.h5", content.find(b"PK\x01\x02")) - 46
    content[at + 42 : at + 46] = len(content).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    (told,) = describe(path).hazards
    assert (told.kind, told.where) == ("damaged", "model.weights.h5")


# ---------------------------------------------------------------- HDF5


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("external-link", External("/etc/passwd", "/x")),
        ("soft-link", Soft("/layers/dense")),
        ("external-storage", Array((4,), external="/etc/passwd")),
        ("virtual-dataset", Array((4,), virtual=True)),
        ("declared-size", Array((1 << 40,), stored=False)),
    ],
)
def test_what_leads_out_of_an_hdf5_file_is_told(tmp_path: Path, kind: str, member: Member) -> None:
    weights = {**WEIGHTS, "odd": member}
    for path in (tmp_path / "a.keras", tmp_path / "a.h5"):
        if path.suffix == ".keras":
            archive(path, model(DENSE), weights)
        else:
            path.write_bytes(hdf5(weights))
        (told,) = describe(path).hazards
        assert (told.kind, told.where) == (kind, "odd")


def unread(attribute: bytes, content: bytes) -> bytes:
    """The content of a file in which an attribute has a version that does not exist."""
    at = content.find(attribute) - 8
    return content[:at] + b"\x09" + content[at + 1 :]


def test_an_attribute_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    config = json.dumps(model(DENSE))
    path.write_bytes(unread(b"backend", hdf5(WEIGHTS, backend="jax", model_config=config)))
    facts = describe(path)
    assert ([layer.path for layer in facts.layers], facts.parameters) == (["start", "dense"], 10)
    assert facts.hazard_kinds == {"damaged"}


def test_a_config_that_cannot_be_read_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(unread(b"model_config", hdf5({}, model_config="{}")))
    with pytest.raises(NotAModelFile, match="an attribute of its root cannot be read"):
        describe(path)


def test_a_long_version_is_shortened(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(hdf5(WEIGHTS, keras_version="9" * 5000))
    assert len(describe(path).writer) == 200


def test_a_group_that_contains_itself_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_bytes(hdf5({**WEIGHTS, "again": Up()}))
    assert describe(path).parameters == 10


def test_an_object_in_the_middle_of_nowhere_is_told(tmp_path: Path) -> None:
    content = hdf5(WEIGHTS)
    path = tmp_path / "a.h5"
    at = content.find(b"\x01\x08\x00\x04vars") + 8
    path.write_bytes(content[:at] + b"\xff" * 7 + b"\x0f" + content[at + 8 :])
    assert kinds(path) == {"damaged"}


# ---------------------------------------------------------------- SavedModel


def test_operations_that_reach_files_are_told(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "model", model(DENSE), b"WriteFile")
    assert [hazard.what for hazard in describe(folder).hazards] == ["WriteFile"]


def test_a_symbolic_link_in_a_folder_is_told_and_not_followed(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "model", model(DENSE))
    size = describe(folder).size
    (folder / "assets").symlink_to("/etc")
    facts = describe(folder)
    assert (facts.hazard_kinds, facts.size) == ({"member-link"}, size)
