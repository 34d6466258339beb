"""From "it broke" to the release, the day, the commit and the line.

    question -> axes -> search -> oracle -> (culprit, branches, builds, commits, lines) -> summary

`search`, `ddmin` and `flaky` are pure: they are given what was observed so far, and say what to ask
next.
"""
