"""Runs one unchanged script inside the environment of one pair and reports its result.

    python script.py WORK.json

``WORK.json`` is as for ``runner.py``, with the script as its only cell; so are the events. The
script runs as ``__main__``, as it would by hand, in an empty working directory and with its own
folder first on the path. Only Keras and TensorFlow are kept from shortening tracebacks, as soon as
they are imported. What the script prints goes to standard error.
"""

import contextlib
import faulthandler
import itertools
import json
import os
import runpy
import sys
import time
from importlib.machinery import PathFinder

import runner
from roundtrip import exceptions
from roundtrip.cells import time_limit


class WholeTracebacks(object):
    """A finder that loads Keras and TensorFlow as usual, but stops them from hiding frames."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.endswith(".traceback_utils"):
            return None
        spec = PathFinder.find_spec(name, path, target)
        load = getattr(getattr(spec, "loader", None), "exec_module", None)
        if load is None:
            return spec

        def load_and_switch(module):
            load(module)
            getattr(module, "disable_traceback_filtering", lambda: None)()

        spec.loader.exec_module = load_and_switch
        return spec


def run_script(path, limit, patience):
    """Run the script to its end and return its result as that of a cell."""
    started = time.time()
    try:
        with time_limit(limit, patience):
            runpy.run_path(path, run_name="__main__")
        cell = {"outcome": "pass"}
    except exceptions.TimeLimit as error:
        described = dict(exceptions.describe_one(error), type="Timeout")
        cell = {"outcome": "timeout", "error": described}
    except SystemExit as error:
        cell = exit_cell(error.code)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        described = exceptions.describe(error)
        described["frames"] = frames_of_script(described["frames"])
        cell = {"outcome": "script-error", "error": described}
        if exceptions.is_of_the_machine(error):
            raise exceptions.MachineFault(exceptions.text_of(error), timed(cell, started))
    return timed(cell, started)


def timed(cell, started):
    return dict(cell, seconds=round(time.time() - started, 1))


def frames_of_script(frames):
    """The frames from the first one of the script itself."""
    after_start = itertools.dropwhile(lambda frame: frame[0] != "runpy", frames)
    return list(itertools.dropwhile(lambda frame: frame[0] == "runpy", after_start))


def exit_cell(code):
    """The result of a script that raises SystemExit with this code; a text is printed, and is 1.

    The status is what a shell sees, the lowest eight bits. Only where these are 0 it is the whole
    number: ``sys.exit(256)`` is meant as a failure.
    """
    if code in (None, 0):
        return {"outcome": "pass"}
    if not isinstance(code, int):
        sys.stderr.write("%s\n" % (code,))
        code = 1
    status = code % 256 or int(code)
    error = {"type": "SystemExit", "message": "exit status %d" % status, "frames": []}
    return {"outcome": "script-exit", "error": error, "status": status}


def flush_output():
    """Write out what the script has printed, wherever it still can be."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the script may have closed or replaced it
            stream.flush()


def main(work_path):
    runner.leave_with_parent()
    stream = runner.take_standard_output()

    def emit(**event):
        stream.write(json.dumps(event, sort_keys=True) + "\n")
        stream.flush()

    with open(work_path) as file:
        work = json.load(file)
    (cell,) = work["cells"]
    path = cell["path"]
    directory = os.path.join(os.path.dirname(work_path), "empty")
    os.mkdir(directory)
    os.chdir(directory)
    sys.argv = [path]
    sys.path[0] = os.path.dirname(path)
    sys.meta_path.insert(0, WholeTracebacks)
    for name, module in list(sys.modules.items()):
        if name.endswith(".traceback_utils"):
            getattr(module, "disable_traceback_filtering", lambda: None)()
    exceptions.PLACES.extend([(os.path.dirname(path), "<script>"), (directory, "<empty>")])
    emit(event="ready")
    emit(event="start", case=cell["case"], format=cell["format"])
    with open(work["stacks"], "w") as stacks:
        faulthandler.dump_traceback_later(cell["patience"] + runner.SPARE, exit=True, file=stacks)
        try:
            result = run_script(path, cell["limit"], cell["patience"])
        except exceptions.MachineFault as fault:
            emit(event="fault", message=exceptions.text_of(fault), result=fault.result)
        else:
            emit(event="cell", case=cell["case"], format=cell["format"], result=result)
    flush_output()
    os._exit(0)  # do not wait for threads that the script has left running


if __name__ == "__main__":
    main(sys.argv[1])
