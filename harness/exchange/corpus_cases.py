"""What another project must know about the cases of the corpus: which files are to be refused."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harness.execution.cases import Case

#: The name of the file beside the index.
NAME = "cases.json"


def corpus_cases(cases: Iterable[Case]) -> str:
    """For each case, as JSON: what it holds, the formats to be refused, and if it has own classes.

    ``must_refuse`` lists the formats in which a loader that is right raises an exception.
    ``custom_objects`` says whether the file needs what the function of this name in the case
    returns.
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
