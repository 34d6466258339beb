"""From "it broke" to the release, the day, the commit and the line.

    question -> axes -> search -> prober -> (culprit, nightlies, commits, lines) -> answer

`search`, `flaky` and `deltas` are pure: they are told answers and say what to ask next.
"""
