"""Runs cells inside the environment of one pair and reports each result as soon as it is there.

    python runner.py WORK.json

This file is started by path with the environment's own Python, 3.6 or newer. It and the package
``roundtrip`` need the standard library, Keras and NumPy, and import nothing else of this project.

``WORK.json`` is an object with ``module`` (``keras`` or ``tf_keras``), ``cells``, and ``stacks``, a
file for the stack of a cell that hangs. Each cell is an object with ``case``, ``path``, ``format``,
``limit`` in seconds of processor time, and ``patience`` in seconds by the clock; with ``keep``, a
folder, what the cell saves is kept there. The cells of a case stand together.

Standard output gets one event a line, each a JSON object: ``ready`` once Keras is imported, or
``import-error``; then ``start`` and ``cell`` for each cell, with a second ``start`` where the cell
is run again. ``fault`` is the last event where the machine runs out of memory or disk; it has the
``result`` of the cell in which that happened. Everything that Keras and TensorFlow print goes to
standard error.
"""

import faulthandler
import gc
import importlib
import importlib.util
import json
import os
import sys
import threading
import time
import traceback

from roundtrip.cells import CaseRun
from roundtrip.exceptions import (
    PLACES,
    BadCase,
    MachineFault,
    describe,
    is_of_the_machine,
    text_of,
    with_causes,
)

#: Seconds after a cell's patience until the process ends, where the cell cannot be interrupted.
SPARE = 3


def load_case(path):
    spec = importlib.util.spec_from_file_location("case_" + os.path.basename(path)[:-3], path)
    case = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(case)
    if not callable(getattr(case, "build", None)):
        raise BadCase("no function build(keras)")
    return case


def bad_case(path, error):
    """The result for a faulty case file; its note says what is wrong, and on which line."""
    lines = [
        frame.lineno
        for cause in with_causes(error)
        for frame in traceback.extract_tb(cause.__traceback__)
        if frame.filename == path
    ]
    line = getattr(error, "lineno", None) or (lines[-1] if lines else 1)
    told = "%s:%s: %s: %s" % (os.path.basename(path), line, type(error).__name__, text_of(error))
    return {"outcome": "bad-case", "note": told, "seconds": 0.0}


def show_whole_tracebacks(keras):
    """Stop Keras or TensorFlow from hiding its own frames, of which one raises the exception."""
    switch = getattr(getattr(keras, "config", None), "disable_traceback_filtering", None)
    if switch is None:
        import tensorflow as tf

        switch = getattr(getattr(tf, "debugging", None), "disable_traceback_filtering", None)
    if switch is not None:
        switch()


def leave_imports_to_themselves():
    """Exclude the imported modules from the garbage collection that each case starts."""
    if hasattr(gc, "freeze"):  # Python 3.7
        gc.collect()
        gc.freeze()


def leave_with_parent():
    """End this process when the one that started it is gone."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def take_standard_output():
    """Return standard output for the events; all other output goes to standard error instead."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return stream


def main(work_path, make_run=CaseRun):
    """Run the work; ``make_run`` makes what runs the cells of a case, from Keras and the case."""
    leave_with_parent()
    stream = take_standard_output()

    def emit(**event):
        stream.write(json.dumps(event, sort_keys=True) + "\n")
        stream.flush()

    with open(work_path) as file:
        run_work(json.load(file), emit, make_run)


def run_work(work, emit, make_run):
    """Import Keras, run the cells and emit their events; stop at the first machine fault."""
    keras = import_keras(work["module"], emit)
    if keras is None:
        return
    PLACES.extend({(os.path.dirname(cell["path"]), "<cases>") for cell in work["cells"]})
    runs = Runs(keras, make_run)
    with open(work["stacks"], "w") as stacks:
        for cell in work["cells"]:
            on_start = starter(cell, stacks, emit)
            try:
                result = runs.run(cell, on_start)
            except MachineFault as fault:
                emit(event="fault", message=text_of(fault), result=fault.result)
                return
            faulthandler.cancel_dump_traceback_later()
            emit(event="cell", case=cell["case"], format=cell["format"], result=result)


def starter(cell, stacks, emit):
    """A function that announces the start of a cell, and has the process end if it never ends."""

    def on_start():
        emit(event="start", case=cell["case"], format=cell["format"])
        faulthandler.dump_traceback_later(cell["patience"] + SPARE, exit=True, file=stacks)

    return on_start


def import_keras(module, emit):
    """Import Keras, emit the event, and return the module; None where it cannot be imported."""
    started = time.time()
    try:
        keras = importlib.import_module(module)
    except Exception as error:
        if is_of_the_machine(error):
            emit(event="fault", message=text_of(error), result=None)
        else:
            emit(event="import-error", error=describe(error))
        return None
    show_whole_tracebacks(keras)
    emit(event="ready", seconds=round(time.time() - started, 1), keras=keras.__version__)
    leave_imports_to_themselves()
    return keras


class Runs(object):
    """Runs cells, and holds what the present case has left for its next cell."""

    def __init__(self, keras, make_run):
        self.keras = keras
        self.make_run = make_run
        self.path = self.present = None

    def run(self, cell, on_start):
        """Run one cell and return its result.

        Raises:
            MachineFault: memory or disk ran out.
        """
        try:
            if cell["path"] != self.path:
                on_start()  # a case can hang when it is loaded
                self.path = self.present = None  # the model of the case before is not needed
                self.present = self.make_run(self.keras, load_case(cell["path"]))
                self.path = cell["path"]
            return self.present.run(cell, on_start)
        except MachineFault:
            raise
        except Exception as error:
            if is_of_the_machine(error):
                raise MachineFault(text_of(error)) from error
            return bad_case(cell["path"], error)


if __name__ == "__main__":
    main(sys.argv[1])
