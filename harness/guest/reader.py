"""Reads saved files of other releases inside the environment of one pair, and reports each result.

    python reader.py WORK.json

``WORK.json`` and the events are as for ``runner.py``; each cell also has ``saved``, the folder of a
saved file as `roundtrip.saved_files` keeps it. A file is loaded, predicts on the inputs of its
writer, is compared with the writer's outputs and structure, and is trained for one step. What
``export`` wrote is a graph, which has no layers to compare and is not trained. The folder itself is
never written to: the file is copied first.
"""

import re
import shutil
import sys
import warnings

import runner
from roundtrip import comparison, models, saved_files
from roundtrip.cells import CaseRun
from roundtrip.exceptions import Unsupported, is_of_the_machine, text_of
from roundtrip.formats import Export, Served

#: What a release says when it leaves out a part of a file.
SKIPS = re.compile(r"skip|ignor|could not|not (be )?(load|restor|found|used)|missing", re.I)


class ReadRun(CaseRun):
    """Reads the saved files of one case; no model is built but to load weights into it."""

    def check_applies(self, form, name):
        """As for a cell; a graph needs TensorFlow alone, whatever Keras can build and export."""
        if isinstance(form, Export):
            check_loads_graphs()
        else:
            super(ReadRun, self).check_applies(form, name)

    def attempt(self, cell):
        """Read one file; a warning that a part of it was skipped becomes the note of a pass."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = super(ReadRun, self).attempt(cell)
        told = [text_of(warning.message) for warning in caught]
        skips = sorted({text for text in told if SKIPS.search(text)})
        if skips and result["outcome"] == "pass":
            result["note"] = "warning: " + skips[0][:500]
        return result

    def round_trip(self, form, cell, subject, phases):
        """Load the file, predict, compare with what the writer computed, and train.

        There is no model that another file could be saved from.
        """
        phases.append("load")
        folder = form.path("saved")
        shutil.copytree(cell["saved"], folder)
        written = saved_files.read(folder)
        models.seed_everything(self.keras)
        loaded = form.load(form.restore(folder))
        phases.append("predict again")
        outputs = models.predict(loaded, written["inputs"])
        phases.append("compare")
        comparison.compare_outputs(
            comparison.as_arrays(written["outputs"]), comparison.as_arrays(outputs)
        )
        if form.holds_structure and getattr(self.case, "COMPARES_STRUCTURE", True):
            comparison.compare_structure(
                written["structure"], comparison.describe_structure(loaded)
            )
        if not isinstance(loaded, Served):
            phases.append("train")
            self.train(loaded, written)

    def train(self, loaded, written):
        """Train the loaded model for one step; a failure counts only where a built model trains."""
        try:
            models.train_one_step(loaded, written["inputs"], written["outputs"])
        except Exception as error:
            if is_of_the_machine(error) or self.built_model_trains(written):
                raise

    def built_model_trains(self, written):
        """Whether this release can train the model that the case builds."""
        try:
            model = models.build(self.keras, self.case)
            models.train_one_step(model, written["inputs"], written["outputs"])
        except Exception as error:
            if is_of_the_machine(error):
                raise
            return False
        return True


def check_loads_graphs():
    """Raise `Unsupported` for TensorFlow 1."""
    import tensorflow as tf

    if tf.__version__.startswith("1."):
        raise Unsupported("TensorFlow 1 does not load a graph without a session")


def main(work_path):
    runner.main(work_path, ReadRun)


if __name__ == "__main__":
    main(sys.argv[1])
