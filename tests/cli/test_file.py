"""The command ``file``: what needs no release, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from harness.cli import file as file_command
from harness.util.errors import ExitCode
from tests.cli.conftest import RunCommand
from tests.exchange import graphs
from tests.userfile.files import DENSE, archive, model, saved

SAVED = saved("3.15.1", "keras")


def test_a_file_is_described_without_being_loaded(run: RunCommand) -> None:
    code, output = run("file", str(SAVED), "--static")
    assert code == ExitCode.KNOWN, output
    assert "written by Keras 3.15.1" in output
    assert re.search(r"shared +Dense +\[\?, 4\] +2 +20", output)
    assert "Dense does not accept quantization_config" in output


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "model.keras is an empty file"), (b"GIF89a", "model.keras is a text file")],
)
def test_what_is_no_model_is_a_wrong_request(
    run: RunCommand, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    code, output = run("file", str(path))
    assert code == ExitCode.USAGE
    assert words in output


def test_a_file_that_is_not_there_is_a_wrong_request(run: RunCommand) -> None:
    code, output = run("file", "nothing.keras")
    assert code == ExitCode.USAGE
    assert "there is no file nothing.keras" in output


def test_options_that_exclude_each_other_are_refused(run: RunCommand) -> None:
    code, output = run("file", str(SAVED), "--static", "--every")
    assert code == ExitCode.USAGE
    assert "--static tries no release" in output


def test_code_with_an_error_is_refused(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text("def (")
    code, output = run("file", str(SAVED), "--code", str(path))
    assert code == ExitCode.USAGE
    assert "code.py, line 1" in output


def test_nothing_is_tried_without_a_sandbox(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_command, "find_sandbox", lambda: None)
    code, output = run("file", str(SAVED))
    assert code == ExitCode.UNKNOWN
    assert "No release was tried" in output
    assert "--trust" in output


def test_the_answer_is_written_as_JSON_and_Markdown(  # noqa: N802
    run: RunCommand, tmp_path: Path
) -> None:
    told, page = tmp_path / "answer.json", tmp_path / "answer.md"
    path = archive(tmp_path / "my.keras", model(DENSE))
    code, output = run("file", str(path), "--static", "--json", str(told), "--markdown", str(page))
    assert code == ExitCode.KNOWN, output
    assert json.loads(told.read_text())["facts"]["writer"] == "3.9.0"
    assert "nox -s file -- my.keras" in page.read_text()
    assert str(tmp_path) not in page.read_text() + told.read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--convert=new.keras"], "--convert needs --to"),
        (["--to=3.15", "--every"], "give it without --every"),
        (["--to=3.15", "--convert=new.onnx"], "must end with .weights.h5, .keras"),
        (["--to=3.99"], "3.99"),
        (["--to=1.2.2"], "files are tried with Keras 2.2.0 and newer, not with 1.2.2"),
        (["--static", "--to=3.15"], "--static tries no release"),
        (["--to=3.15", "--check"], "give it without --check"),
        (["--to=2.6", "--convert=new.keras"], "Keras 2.6.0 has no .keras archives"),
        (["--to=3.15", "--convert=new.weights.h5"], "model.keras holds a whole model"),
    ],
)
def test_a_way_that_cannot_be_asked_for_is_refused(
    run: RunCommand, options: list[str], words: str
) -> None:
    code, output = run("file", str(SAVED), *options)
    assert code == ExitCode.USAGE
    assert words in " ".join(output.split())


def test_nothing_is_written_over(run: RunCommand, tmp_path: Path) -> None:
    new = tmp_path / "new.keras"
    new.write_text("mine")
    code, output = run("file", str(SAVED), "--to=3.15", f"--convert={new}")
    assert code == ExitCode.USAGE
    assert "overwrites nothing" in " ".join(output.split())
    assert new.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--json={file}"], "--json {file} would write over FILE"),
        (["--markdown={folder}/../{name}/my.keras"], "would write over FILE"),
        (["--json={folder}/link"], "would write over FILE"),
        (["--json={folder}/a", "--markdown={folder}/a"], "would write over what --json writes"),
        (["--code={code}", "--json={code}"], "would write over what --code names"),
        (
            ["--to=3.15", "--convert={folder}/new.h5", "--markdown={folder}/new.h5.md"],
            "would write over what --convert writes",
        ),
        (["--json={file}/x"], "is inside FILE, which is never changed"),
        (["--json={folder}/none/x"], "{folder}/none is not a folder"),
        (["--json=/dev/null"], "--json /dev/null is not a plain file"),
        (["--markdown=/proc/x"], "--markdown /proc/x cannot be written"),
    ],
)
def test_outputs_are_checked_before_any_work(
    run: RunCommand, tmp_path: Path, options: list[str], words: str
) -> None:
    file = archive(tmp_path / "my.keras", model(DENSE))
    code = tmp_path / "code.py"
    code.write_text("x = 1")
    (tmp_path / "link").hardlink_to(file)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    known = {"file": file, "code": code, "folder": tmp_path, "name": tmp_path.name}
    ended, output = run("file", str(file), *(each.format(**known) for each in options))
    assert ended == ExitCode.USAGE
    assert words.format(**known) in " ".join(output.split())
    assert "written by" not in output
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_given_outputs_must_be_arrays(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "outputs.npz"
    path.write_text("none")
    code, output = run("file", str(SAVED), f"--inputs={path}", f"--outputs={path}")
    assert code == ExitCode.USAGE
    assert "outputs.npz is no .npz file" in " ".join(output.split())


def test_outputs_of_a_config_are_refused(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "arrays.npz"
    np.savez(path, np.ones((1, 4)))
    config = saved("3.15.1", "json")
    code, output = run("file", str(config), f"--inputs={path}", f"--outputs={path}")
    assert code == ExitCode.USAGE
    assert "config.json has no weights" in " ".join(output.split())


def test_a_graph_for_serving_is_tried_with_no_release(run: RunCommand) -> None:
    """No sandbox is needed, since nothing is loaded."""
    exported = graphs.inside(graphs.first(graphs.EXPORTED))
    code, output = run("file", str(exported))
    assert code == ExitCode.KNOWN
    assert "tf.saved_model.load(path).serve(inputs)" in output
    assert "keras.layers.TFSMLayer(path, call_endpoint='serve')" in output
    assert "releases were tried" not in output
    code, output = run("file", str(exported), "--to", "3.15")
    assert code == ExitCode.USAGE
    assert "exported is a graph, not a model; leave out --to" in output
