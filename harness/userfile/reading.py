"""Has a process with limits describe a file, and decodes its answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from harness.userfile.facts import FileFacts, NotAModelFile, Refusal
from harness.userfile.kinds import CHECKPOINT
from harness.util.errors import Fault, UsageError
from harness.util.escaping import printable, shortened
from harness.util.paths import ROOT
from harness.util.processes import child_process

#: Seconds by the clock that the process gets, and bytes of its answer.
PATIENCE = 60.0
LONGEST_ANSWER = 8 << 20

#: All environment variables of the process.
_VARIABLES = {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8"}


def facts_about(path: Path) -> FileFacts:
    """Describe a file without loading it.

    Raises:
        UsageError: there is no such file, or it cannot be opened.
        NotAModelFile: it holds no model and no weights.
        Fault: the process did not answer.
    """
    if not path.exists():
        if path.with_name(f"{path.name}.index").is_file():
            raise NotAModelFile(CHECKPOINT)
        raise UsageError(f"there is no file {path}")
    content = _run(path)
    try:
        answer = msgspec.json.decode(content, type=dict)
        if "not_a_model" in answer:
            raise NotAModelFile(msgspec.convert(answer, Refusal).not_a_model)
        return msgspec.convert(answer, FileFacts)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Fault(f"the description of the file cannot be read: {error}") from error


def _run(path: Path) -> bytes:
    command = [sys.executable, "-B", "-m", "harness.userfile.describer", str(path.resolve())]
    with child_process(command, env=_VARIABLES, stderr=subprocess.PIPE, folder=ROOT) as child:
        try:
            output, errors = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotAModelFile(
                f"a file that takes more than {PATIENCE:.0f} s to be described"
            ) from None
    if child.returncode:
        raise _failure(child.returncode, errors, path)
    if len(output) > LONGEST_ANSWER:
        raise NotAModelFile("a file whose description is too long")
    return output.encode()


def _failure(code: int, errors: str, path: Path) -> Exception:
    last = shortened(printable((errors.strip().splitlines() or [""])[-1]), 300)
    if "PermissionError" in last:
        return UsageError(f"{path} cannot be opened: permission denied")
    if code < 0:
        return NotAModelFile("a file whose description exceeds the limits on time and memory")
    return Fault(f"the file could not be described: {last or f'exit status {code}'}")
