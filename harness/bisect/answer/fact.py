"""A fact: one line of an answer."""

from __future__ import annotations

from dataclasses import dataclass

#: Names of packages, commits or functions that one fact lists.
MOST_NAMES = 8


@dataclass(frozen=True)
class Fact:
    """One line of an answer: its subject, and what was found out about it."""

    about: str
    says: str
