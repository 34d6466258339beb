"""What can be wrong with a user's script, as opposed to a release."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.bisect.observation import Observation
from harness.util.errors import UsageError

#: Import names whose failed import is a matter of the releases.
_TESTED = ("keras", "tensorflow", "tf_keras")


def check_script(script: Path) -> None:
    """Check what can be checked without running a script.

    Raises:
        UsageError: it has a syntax error, or a file beside it would be imported instead of Keras.
    """
    try:
        compile(script.read_bytes(), script.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        what = error.msg if isinstance(error, SyntaxError) else error
        raise UsageError(f"{script.name}, line {line}: {what}") from None
    for name in _TESTED:
        for path in (script.with_name(name), script.with_name(f"{name}.py")):
            if path.exists():
                raise UsageError(
                    f"{path.name} is in the folder of {script.name} and would be imported instead "
                    "of every release; move the script to a folder of its own"
                )


def missing_package(observation: Observation) -> str:
    """The package that the script itself imports and the environment lacks; empty if there is none.

    A failed import inside Keras or TensorFlow does not count.
    """
    signature = observation.signature
    if signature is None or signature.type != "ModuleNotFoundError":
        return ""
    if _raising_line(observation) == 0:
        return ""
    name = observation.message.partition("'")[2].partition("'")[0].partition(".")[0]
    return "" if name in _TESTED else name


def package_missing_everywhere(observations: Iterable[Observation]) -> str:
    """The package that the script lacks in every observation; empty if that is not the reason."""
    names = {missing_package(observation) for observation in observations}
    return names.pop() if len(names) == 1 else ""


def line_raising_everywhere(observations: Iterable[Observation]) -> int:
    """The line of the script that raises in every observation, outside all releases; 0 if none."""
    lines = {_raising_line(observation) for observation in observations}
    return lines.pop() if len(lines) == 1 else 0


def _raising_line(observation: Observation) -> int:
    """The line of the script that raises by itself; 0 where a release raises, or nothing does."""
    if not observation.frames:
        return 0
    module, _, line = observation.frames[-1]
    return int(line or 0) if module == "__main__" else 0
