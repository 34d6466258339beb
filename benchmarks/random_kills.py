"""Kills runs at random moments, and checks that nothing is lost and nothing is wrong.

    python benchmarks/random_kills.py [--kills N] [--seed N]

Half of the kills go to `matrix`, half to `bisect`, in one checkout with its environments made. A
run is ended by SIGKILL at a moment that is uniform over the time that it needs undisturbed; the
results that it has left are kept for the next run, and are removed only after a run has come to its
end. After every kill:

- no process of the run is alive a few seconds later;
- every result file is whole, holds at least the cells that it held before the kill, and each cell
  has the signature that an undisturbed run gave it.

Prints a line for each problem and the totals, and ends with 1 if there was any problem.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import fresh  # noqa: E402
from harness.results import store  # noqa: E402
from harness.results.signatures import Signature, signature_of  # noqa: E402
from harness.util.paths import PROBES, RESULTS  # noqa: E402

#: What is run, by session. Each takes a few seconds once its environments are made.
RUNS = {
    "matrix": ["--keras=>=3.6,<3.8", "--case=dense_twice", "--case=interleaved_dense"],
    "bisect": ["interleaved_dense", "--format=keras", "--old=3.5", "--new=3.8"],
}
#: Seconds in which all processes of a killed run must have ended.
LONGEST_END = 15.0

#: The signature of every stored cell, by pair, case and format.
Cells = dict[tuple[str, str, str], Signature]


@dataclass
class Trial:
    """Runs of one session in one checkout."""

    folder: Path
    session: str
    results: Path
    problems: list[str] = field(default_factory=list)
    kills: int = 0
    finished: int = 0

    def start(self) -> subprocess.Popen[bytes]:
        """Start the session as a person would."""
        python = os.environ.get("KERAS_BISECT_PYTHON", str(ROOT / ".nox/harness/bin/python"))
        return subprocess.Popen(
            [sys.executable, "-m", "nox", "-s", self.session, "--", *RUNS[self.session]],
            cwd=self.folder,
            env={**os.environ, "KERAS_BISECT_PYTHON": python},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def undisturbed(self) -> float:
        """Seconds of a run from nothing stored to its end.

        Raises:
            RuntimeError: it fails.
        """
        self.forget()
        started = time.monotonic()
        process = self.start()
        if process.wait() != 0:
            raise RuntimeError(f"{self.session} ended with {process.returncode}")
        return time.monotonic() - started

    def forget(self) -> None:
        """Remove the stored results."""
        shutil.rmtree(self.results, ignore_errors=True)

    def cells(self) -> Cells:
        """All stored cells; damaged files are problems."""
        if not self.results.is_dir():
            return {}
        stored, damaged = store.read_all(self.results)
        self.problems += [f"{self.session}: {damage}" for damage in damaged]
        return {
            (result.pair.id, *key): signature_of(cell)
            for result in stored
            for key, cell in result.cells.items()
        }

    def kill_one(self, moment: float, expected: Cells) -> None:
        """Start a run, kill it after ``moment`` seconds, and check what it left."""
        before = self.cells()
        process = self.start()
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1
            self._check_processes()
            self._check_cells(before, expected)
        else:
            self.finished += 1
            self._check_cells(before, expected)
            self.forget()

    def _check_processes(self) -> None:
        limit = time.monotonic() + LONGEST_END
        while alive := list(processes_in(self.folder)):
            if time.monotonic() > limit:
                self.problems.append(f"{self.session}: still alive: {alive[0]}")
                for pid in alive:
                    os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.2)

    def _check_cells(self, before: Cells, expected: Cells) -> None:
        after = self.cells()
        for key in sorted(before.keys() - after.keys()):
            self.problems.append(f"{self.session}: {' '.join(key)} is lost")
        for key, signature in sorted(after.items()):
            if key in expected and signature != expected[key]:
                self.problems.append(f"{self.session}: {' '.join(key)} is {signature.label}")


def processes_in(folder: Path) -> Iterator[int]:
    """The ids of the processes whose command line or working directory is in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            place = (process / "cwd").readlink()
        except OSError:  # it has ended, or is somebody else's
            continue
        if int(process.name) != os.getpid() and (
            str(folder) in command or folder in (place, *place.parents)
        ):
            yield int(process.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials and print what they show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = fresh.checkout(Path(temporary) / "checkout")
        for session, results in (("matrix", RESULTS), ("bisect", PROBES)):
            trial = Trial(folder, session, folder / results.relative_to(ROOT))
            trial.undisturbed()  # makes the environments
            seconds = trial.undisturbed()
            expected = trial.cells()
            trial.forget()
            while trial.kills < options.kills // 2:
                trial.kill_one(chance.uniform(0, seconds), expected)
            trial.undisturbed()
            if trial.cells() != expected:
                trial.problems.append(f"{session}: the last run does not end as the first")
            print(
                f"{session}: {trial.kills} kills and {trial.finished} runs that ended before; "
                f"{seconds:.1f} s undisturbed, {len(expected)} cells, "
                f"{len(trial.problems)} problems",
                flush=True,
            )
            problems += trial.problems
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
