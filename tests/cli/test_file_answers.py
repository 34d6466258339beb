"""The command ``file`` with stand-ins for releases: what it answers, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.cli import file as file_command
from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox, Trusted
from harness.releases.pair import Pair
from harness.userfile import asking
from harness.userfile.attempts import Attempt, Read
from harness.userfile.reader_process import ReadingJob
from harness.userfile.routes import steps
from harness.util.errors import ExitCode
from tests.cli.conftest import RunCommand
from tests.userfile.attempts import error, output
from tests.userfile.files import DENSE, archive, layer, model, saved

#: What a release makes of a job.
Answer = Callable[[Pair, ReadingJob], Read]
SAVED = saved("3.15.1", "keras")
WEIGHTS = saved("3.15.1", "weights")
SAME = Read("read", free=32, outputs=(output(1.0),))


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[str]]:
    """Has all releases answer so; returns the list to which those that are asked are added."""
    asked: list[str] = []

    def answer_so(answer: Answer) -> list[str]:
        def attempt_of(
            pair: Pair, builder: EnvironmentBuilder, job: ReadingJob, sandbox: Sandbox
        ) -> Attempt:
            asked.append(str(pair.keras))
            return Attempt(pair, answer(pair, job))

        monkeypatch.setattr(file_command, "find_sandbox", Trusted)
        for module in (asking, steps):
            monkeypatch.setattr(module, "attempt_of", attempt_of)
        return asked

    return answer_so


@pytest.fixture
def builder(tmp_path: Path) -> Path:
    """Code that makes a model for weights."""
    path = tmp_path / "code.py"
    path.write_text("def build(keras): pass")
    return path


def words_of(output: str) -> str:
    return " ".join(output.split())


def refuses(message: str) -> Answer:
    return lambda pair, job: Read("load-error", error=error(message))


# ---------------------------------------------------------------- code that is needed


def test_weights_without_code_are_not_tried(
    run: RunCommand, releases: Callable[[Answer], list[str]]
) -> None:
    asked = releases(lambda pair, job: SAME)
    code, output = run("file", str(WEIGHTS), "--keras=>=3.8,<3.10")
    assert code == ExitCode.KNOWN
    assert "no release had to be tried" in output
    assert "3.8.0 to 3.9.2: needs code that is not in it" in output
    assert "build(keras) in a file, with --code FILE.py" in words_of(output)
    assert "agree are taken to agree" not in output
    assert run("file", str(WEIGHTS), "--check")[0] == ExitCode.WORSE
    code, output = run("file", str(WEIGHTS), "--to=3.15")
    assert code == ExitCode.UNKNOWN
    assert "No way can be verified: the file holds weights alone" in words_of(output)
    assert "build(keras) in a file, with --code FILE.py" in words_of(output)
    assert not asked


def test_a_way_without_a_reference_is_none(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    file = archive(tmp_path / "my.keras", model(DENSE, layer("Gate", name="gate")))
    releases(refuses("it cannot be read"))
    code, output = run("file", str(file), "--to=3.15")
    assert code == ExitCode.UNKNOWN
    assert "No way can be verified: neither the release" in words_of(output)
    assert "refuses it" in output


def test_a_way_that_needs_code_asks_for_it(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    gate = {**layer("Gate", name="gate"), "module": "mine", "registered_name": "mine>Gate"}
    file = archive(tmp_path / "my.keras", model(DENSE, gate))
    releases(refuses("Could not locate class 'Gate'"))
    code, output = run("file", str(file), "--to=3.15")
    assert code == ExitCode.UNKNOWN
    assert "Give the code of Gate with --code FILE.py" in words_of(output)


def test_code_that_no_release_can_use_is_a_wrong_request(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "code.py"
    path.write_text("import nothing")
    releases(lambda pair, job: Read("code-error", "ModuleNotFoundError: no nothing"))
    for options in ([], ["--to=3.15"]):
        code, output = run("file", str(SAVED), f"--code={path}", *options)
        assert code == ExitCode.USAGE
        assert "error: the given code cannot be used: ModuleNotFoundError: no nothing" in output


def test_code_that_some_releases_cannot_use_is_told(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "code.py"
    path.write_text("x = 1")

    def answer(pair: Pair, job: ReadingJob) -> Read:
        return Read("code-error", "no") if str(pair.keras) < "3.9" else refuses("no")(pair, job)

    releases(answer)
    code, output = run("file", str(SAVED), f"--code={path}", "--keras=>=3.8,<3.10")
    assert code == ExitCode.KNOWN
    assert "Nothing is known of the releases that cannot use the given code" in words_of(output)
    assert "No release that was tried can use the file" not in words_of(output)


def test_a_release_that_is_compared_with_itself_is_not_called_the_writer(
    run: RunCommand, releases: Callable[[Answer], list[str]], builder: Path
) -> None:
    releases(lambda pair, job: SAME)
    _, told = run("file", str(WEIGHTS), f"--code={builder}", "--to=3.15")
    assert "the same as those of Keras 3.15.1, as the writer is not known." in words_of(told)


def test_weights_that_do_not_fit_the_code_do_not_ask_for_it_again(
    run: RunCommand, releases: Callable[[Answer], list[str]], builder: Path
) -> None:
    releases(refuses("Layer 'dense' expected 2 variables"))
    _, output = run("file", str(WEIGHTS), f"--code={builder}", "--keras=3.9.0")
    assert "can use the weights in the model that the given code makes" in words_of(output)
    assert "Give the code" not in output


# ---------------------------------------------------------------- releases that are asked for


def test_a_release_without_the_format_fails_a_check_that_names_it(
    run: RunCommand, releases: Callable[[Answer], list[str]]
) -> None:
    asked = releases(lambda pair, job: SAME)
    code, output = run("file", str(SAVED), "--keras=2.6", "--check")
    assert code == ExitCode.WORSE
    assert "Keras 2.6.0 cannot read this format" in words_of(output)
    assert not asked
    assert run("file", str(SAVED), "--keras=2.6")[0] == ExitCode.KNOWN
    assert run("file", str(SAVED), "--check")[0] == ExitCode.KNOWN


def test_the_releases_that_are_asked_for_are_compared_with_the_writer(
    run: RunCommand, releases: Callable[[Answer], list[str]]
) -> None:
    asked = releases(lambda pair, job: SAME)
    _, told = run("file", str(SAVED), "--keras=3.9.2")
    assert sorted(asked) == ["3.15.1", "3.9.2"]
    assert "1 release was tried" in told and "3.9.2: reads it, and computes the same" in told
    assert "compared with those of Keras 3.15.1, the writer's own release" in words_of(told)


def test_a_release_is_not_compared_with_itself(
    run: RunCommand, releases: Callable[[Answer], list[str]]
) -> None:
    def answer(pair: Pair, job: ReadingJob) -> Read:
        return SAME if str(pair.keras) == "3.9.2" else refuses("no")(pair, job)

    releases(answer)
    _, told = run("file", str(SAVED), "--keras=3.9.2")
    assert "3.9.2: reads it; the outputs could not be compared" in words_of(told)
    assert "computes the same" not in told and "are compared with" not in told


def test_with_given_outputs_no_other_release_is_needed(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    np.savez(tmp_path / "inputs.npz", np.zeros((2, 4)))
    np.savez(tmp_path / "outputs.npz", np.ones(1))
    asked = releases(lambda pair, job: Read("read", outputs=(output(1.0),)))
    given = [f"--inputs={tmp_path}/inputs.npz", f"--outputs={tmp_path}/outputs.npz"]
    _, told = run("file", str(SAVED), "--keras=3.9.2", *given)
    assert asked == ["3.9.2"]
    assert "3.9.2: reads it, and computes the same" in told


def test_outputs_that_are_not_finite_verify_no_way(
    run: RunCommand, releases: Callable[[Answer], list[str]]
) -> None:
    asked = releases(
        lambda pair, job: Read("read", free=32, finite=False, outputs=(output(float("nan")),))
    )
    code, told = run("file", str(SAVED), "--to=3.7")
    assert code == ExitCode.UNKNOWN
    assert "the outputs to compare with are not finite" in words_of(told)
    assert asked == ["3.15.1"]
    code, told = run("file", str(SAVED), "--keras=3.15")
    assert "it proves nothing if they are equal" in words_of(told)


def test_a_new_file_is_named(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    releases(lambda pair, job: SAME)
    new = tmp_path / "new.keras"
    code, told = run("file", str(SAVED), "--to=3.15", f"--convert={new}")
    assert code == ExitCode.KNOWN
    assert f"wrote {new}, and {new}.md on how it was made" in told
    assert "the same as those of Keras 3.15.1, the writer's own release." in words_of(told)
    assert new.read_bytes() == SAVED.read_bytes()
    assert "3.15.1 reads the file as it is" in " ".join(
        (tmp_path / "new.keras.md").read_text().split()
    )


# ---------------------------------------------------------------- arrays that are given


def test_arrays_that_do_not_fit_are_no_finding_about_the_file(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    np.savez(tmp_path / "inputs.npz", np.zeros((2, 7)))
    fails = Read("predict-error", predict_error=error("expected shape (None, 4)"))
    releases(lambda pair, job: fails)
    for options in (["--keras=3.15.1"], ["--to=3.15"]):
        _, output = run("file", str(SAVED), f"--inputs={tmp_path}/inputs.npz", *options)
        assert "Predicting on the given arrays failed" in words_of(output)
        assert "No release that was tried can use the file" not in words_of(output)
    assert "No way can be verified" in words_of(output)


def test_an_array_too_many_is_a_wrong_request(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    np.savez(tmp_path / "inputs.npz", np.zeros((2, 4)), np.zeros((2, 4)))
    asked = releases(lambda pair, job: SAME)
    code, output = run("file", str(SAVED), f"--inputs={tmp_path}/inputs.npz")
    assert code == ExitCode.USAGE
    assert "inputs.npz holds 2 arrays, and the model takes 1 input: input_layer" in words_of(output)
    assert not asked


def test_outputs_that_no_release_computes_are_told(
    run: RunCommand, releases: Callable[[Answer], list[str]], tmp_path: Path
) -> None:
    np.savez(tmp_path / "inputs.npz", np.zeros((2, 4)))
    np.savez(tmp_path / "outputs.npz", np.ones(1) * 7)
    releases(lambda pair, job: Read("read", outputs=(output(1.0),)))
    given = [f"--inputs={tmp_path}/inputs.npz", f"--outputs={tmp_path}/outputs.npz"]
    _, told = run("file", str(SAVED), "--keras=3.15.1", *given)
    assert "No release that was tried computes the given outputs" in words_of(told)
    assert "No release that was tried can use the file" not in words_of(told)
