"""Readers in the sandbox: what comes back, and what a file that runs code can not do."""

from __future__ import annotations

import socket
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments.builder import Environment
from harness.environments.sandbox import Limits, Sandbox, Trusted, find_sandbox
from harness.userfile.attempts import Attempt, InputSpec
from harness.userfile.reader_process import ReadingJob, python_folders, read_with
from harness.userfile.verdicts import verdict_of
from tests.userfile.fake_release import fake_environment

SPEC = (InputSpec((2,)),)
FOUND = find_sandbox()

needs_sandbox = pytest.mark.skipif(FOUND is None, reason="this machine has no sandbox")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return fake_environment(tmp_path / "environment")


def attempt(
    environment: Environment,
    content: str,
    sandbox: Sandbox | None = None,
    limits: Limits | None = None,
    code: str = "",
) -> Attempt:
    """What comes of a file whose content is run when it is loaded."""
    folder = environment.folder.parent / "theirs"
    folder.mkdir(exist_ok=True)
    file = folder / "model.keras"
    file.write_text(textwrap.dedent(content))
    path = folder / "code.py"
    path.write_text(code)
    job = ReadingJob(file, "keras", "model.keras", path if code else None, SPEC)
    chosen = sandbox or FOUND or Trusted()
    return read_with(environment, replace(job, limits=limits or Limits(patience=120)), chosen)


def test_a_file_is_read_and_computes(environment: Environment) -> None:
    found = attempt(environment, "model = Model()")
    assert found.read is not None and found.outputs is not None
    assert found.outputs[0].shape == (2, 2)


def test_without_a_sandbox_the_same_comes_of_it(environment: Environment) -> None:
    content = "model = Model()"
    one, other = attempt(environment, content), attempt(environment, content, Trusted())
    assert one.outputs == other.outputs


def test_the_code_is_given_to_the_loader(environment: Environment) -> None:
    found = attempt(environment, "model = Model(); Gate()", code="class Gate: pass\n")
    assert found.read is not None
    assert (found.read.outcome, found.read.named) == ("read", True)


def test_an_exception_comes_back(environment: Environment) -> None:
    verdict = verdict_of(attempt(environment, "raise ValueError('\\x1b[2Jno \\ud800')"), None)
    assert verdict.kind == "refused"
    assert "ValueError" in verdict.says


def test_a_crash_comes_back(environment: Environment) -> None:
    found = attempt(environment, "import os; os.abort()")
    assert found.read is None
    assert "ended by signal 6" in found.ended or "134" in found.ended


def test_a_file_that_never_ends_is_ended(environment: Environment) -> None:
    limits = Limits(seconds=2, patience=120)
    found = attempt(environment, "while True: pass", limits=limits)
    assert found.ended == "needs more than 2 s of processor time"


def test_a_file_that_sleeps_says_nothing_about_the_release(environment: Environment) -> None:
    limits = Limits(patience=3)
    found = attempt(environment, "import time; time.sleep(100)", limits=limits)
    assert "by the clock" in found.unknown


def test_a_false_answer_is_none(environment: Environment) -> None:
    """The file writes to standard output, in the way of the program that reads it."""
    content = """
    import os, sys
    for number in range(3, 20):
        try:
            os.write(number, b'{"event": "read", "outcome": 7}\\n')
        except OSError:
            pass
    """
    found = attempt(environment, content)
    assert found.read is None
    assert "an answer that is none" in found.ended


def test_an_answer_without_end_is_cut(environment: Environment) -> None:
    content = """
    import os
    while True:
        for number in range(3, 10):
            try:
                os.write(number, b"x" * 65536)
            except OSError:
                pass
    """
    found = attempt(environment, content)
    assert "too long" in found.ended


@needs_sandbox
def test_a_file_reads_writes_and_reaches_nothing(environment: Environment, tmp_path: Path) -> None:
    secret, mark = tmp_path / "secret", tmp_path / "mark"
    theirs = tmp_path / "theirs"
    secret.write_text("the secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        content = f"""
        import os, socket, subprocess
        done = []
        def attempt(name, function):
            try:
                function()
                done.append(name)
            except Exception:
                pass
        attempt("read", lambda: open({str(secret)!r}).read())
        attempt("users", lambda: open("/etc/passwd").read())
        attempt("write", lambda: open({str(mark)!r}, "w").write("x"))
        attempt("beside", lambda: open({str(theirs / "new")!r}, "w").write("x"))
        attempt("itself", lambda: open({str(theirs / "model.keras")!r}, "a").write("x"))
        attempt("packages", lambda: open(os.path.join(os.path.dirname(os.__file__), "x.py"), "w"))
        attempt("connect", lambda: socket.create_connection({server.getsockname()!r}, 2))
        attempt("token", lambda: os.environ["SECRET_TOKEN"])
        raise ValueError("done: %s" % done)
        """
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SECRET_TOKEN", "x")
            found = attempt(environment, content)
    assert found.read is not None and found.read.error is not None
    assert found.read.error["message"] == "done: []"
    assert not mark.exists()
    assert sorted(path.name for path in (tmp_path / "theirs").iterdir()) == [
        "code.py",
        "model.keras",
    ]


@needs_sandbox
def test_a_file_that_others_can_not_read_can_be_tried(environment: Environment) -> None:
    attempt(environment, "")
    file = environment.folder.parent / "theirs" / "model.keras"
    file.chmod(0o600)
    job = ReadingJob(file, "keras", "model.keras", None, SPEC)
    assert FOUND is not None
    found = read_with(environment, job, FOUND)
    assert found.read is not None and found.read.outcome == "read"


def test_all_links_to_an_interpreter_are_followed(tmp_path: Path) -> None:
    real = tmp_path / "python-3.11.9" / "bin" / "python3.11"
    real.parent.mkdir(parents=True)
    real.touch()
    (tmp_path / "python-3.11").symlink_to(tmp_path / "python-3.11.9")
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(tmp_path / "python-3.11" / "bin" / "python3.11")
    assert set(python_folders(python)) == {tmp_path / "python-3.11.9", tmp_path / "python-3.11"}
