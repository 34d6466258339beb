"""From "it broke" to the release, the package, the day and the commit.

    question -> axes -> search -> oracle
        -> (culprit, cause, branches, builds, commits, changed functions) -> summary

`search`, `ddmin` and `flaky` are pure: they are given what was observed so far, and say what to ask
next.
"""
