"""What another project must know about the cases of the corpus, such as which files to refuse."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harness.execution.cases import Case

#: The name of the file beside the index.
NAME = "cases.json"


def corpus_cases(cases: Iterable[Case]) -> str:
    """A JSON object with an entry for each case.

    ``summary`` says what the model is. ``must_refuse`` lists the formats in which a correct loader
    raises an exception. ``custom_objects`` says whether a file needs the custom objects that the
    function of this name in the case returns.
    """
    lines = [
        f"{json.dumps(case.name)}: "
        + json.dumps(
            {
                "summary": case.summary,
                "must_refuse": list(case.must_refuse),
                "custom_objects": case.has_custom_objects,
            },
            ensure_ascii=False,
        )
        for case in cases
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"
