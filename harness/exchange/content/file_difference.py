"""The difference of two saved files in words: what the later writer writes differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.exchange.content.config_difference import ConfigChange, config_changes
from harness.exchange.content.saved_content import SavedContent, Unreadable, read_content
from harness.exchange.content.saved_parts import Array
from harness.util.escaping import one_line, shortened

#: How many changes of one class are listed, and how many classes.
MOST_CHANGES, MOST_SUBJECTS = 6, 8
#: Characters of a path.
LONGEST_PATH = 80
GRAPH, WEIGHTS = "graph", "weights"


@dataclass(frozen=True)
class SubjectDifference:
    """What differs in the objects of one class, in the graph, or in the weights.

    The clauses have no subject and begin with the verb: ``adds quantization_config (null)``.
    """

    subject: str
    clauses: tuple[str, ...]

    def __str__(self) -> str:
        clauses = list(self.clauses[:MOST_CHANGES])
        if len(self.clauses) > MOST_CHANGES:
            clauses.append(f"and {len(self.clauses) - MOST_CHANGES} more")
        return f"{self.subject}: {'; '.join(clauses)}"


@dataclass(frozen=True)
class FileDifference:
    """All that differs between two files; ``unreadable`` says why one of them cannot be read."""

    subjects: tuple[SubjectDifference, ...] = ()
    unreadable: str = ""

    def lines(self) -> list[str]:
        """A line for each class, the graph and the weights, and how many more there are."""
        if self.unreadable:
            return [f"one of the files cannot be read ({self.unreadable})"]
        lines = [str(subject) for subject in self.subjects[:MOST_SUBJECTS]]
        if len(self.subjects) > MOST_SUBJECTS:
            lines.append(f"and {len(self.subjects) - MOST_SUBJECTS} more")
        return lines or ["no difference that a reader can see"]


def file_difference(before: Path, after: Path, format_name: str) -> FileDifference:
    """Compare the saved files in two folders, of one case and format."""
    try:
        old, new = read_content(before, format_name), read_content(after, format_name)
    except Unreadable as error:
        return FileDifference(unreadable=shortened(one_line(error), LONGEST_PATH))
    return content_difference(old, new)


def content_difference(before: SavedContent, after: SavedContent) -> FileDifference:
    """Compare the contents of two saved files."""
    changes = [
        change
        for name in sorted(before.configs.keys() | after.configs.keys())
        for change in config_changes(before.configs.get(name), after.configs.get(name), name)
    ]
    weights = (
        *_members(before, after),
        *_arrays(before, after),
        *_attributes(before, after),
    )
    parts = ((GRAPH, tuple(_graphs(before, after))), (WEIGHTS, weights))
    others = (SubjectDifference(subject, clauses) for subject, clauses in parts if clauses)
    return FileDifference((*_by_class(changes), *others))


def _by_class(changes: Iterable[ConfigChange]) -> Iterator[SubjectDifference]:
    """Gather the changes by class; values are listed if they are the same in all objects."""
    values: dict[str, dict[tuple[str, str], set[str]]] = {}
    for change in changes:
        of_class = values.setdefault(change.owner, {})
        of_class.setdefault((change.operation, change.key), set()).add(change.values)
    for owner, of_class in values.items():
        yield SubjectDifference(
            shortened(one_line(owner), LONGEST_PATH),
            tuple(_clause(*key, texts) for key, texts in of_class.items()),
        )


def _clause(operation: str, key: str, texts: set[str]) -> str:
    (value,) = texts if len(texts) == 1 else ("",)
    text = f"{operation} {shortened(one_line(key), LONGEST_PATH) or 'the config'}"
    return f"{text} ({value})" if value else text


def _graphs(before: SavedContent, after: SavedContent) -> Iterator[str]:
    """What differs between the graphs of TensorFlow, by their operations."""
    added, removed = after.operations - before.operations, before.operations - after.operations
    yield from (f"adds {_times(name, added[name])}" for name in sorted(added))
    yield from (f"removes {_times(name, removed[name])}" for name in sorted(removed))
    if not added and not removed and before.graph != after.graph:
        yield "arranges the same operations otherwise"


def _times(operation: str, number: int) -> str:
    text = shortened(one_line(operation), LONGEST_PATH)
    return f"{text} ({number} times)" if number > 1 else text


# ---------------------------------------------------------------- weights


def _members(before: SavedContent, after: SavedContent) -> Iterator[str]:
    old, new = before.members, after.members
    yield from _listed("adds the file", sorted(new.keys() - old.keys()))
    yield from _listed("removes the file", sorted(old.keys() - new.keys()))
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    yield from _listed("changes the file", changed)


def _arrays(before: SavedContent, after: SavedContent) -> Iterator[str]:
    removed = {path: before.arrays[path] for path in before.arrays.keys() - after.arrays.keys()}
    added = {path: after.arrays[path] for path in after.arrays.keys() - before.arrays.keys()}
    renamed = _renamed(removed, added)
    yield from _listed("renames", _moves(renamed))
    yield from _listed("adds", sorted(added.keys() - set(renamed.values())))
    yield from _listed("removes", sorted(removed.keys() - renamed.keys()))
    kept = sorted(before.arrays.keys() & after.arrays.keys())
    forms = [(path, _form(before.arrays[path]), _form(after.arrays[path])) for path in kept]
    reshaped = [f"{path} from {old} to {new}" for path, old, new in forms if old != new]
    yield from _listed("changes", reshaped)
    other = [
        path
        for path, old, new in forms
        if old == new and _identity(before.arrays[path]) != _identity(after.arrays[path])
    ]
    yield from _listed("changes the numbers in", other)
    yield from _listed("adds the empty group", _empty_groups(after, before))
    yield from _listed("removes the empty group", _empty_groups(before, after))


def _renamed(removed: Mapping[str, Array], added: Mapping[str, Array]) -> dict[str, str]:
    """The new path of each removed array that is among the added ones, equal in every number."""
    free: dict[object, list[str]] = defaultdict(list)
    for path in sorted(added):
        free[_identity(added[path])].append(path)
    return {
        path: paths.pop(0)
        for path in sorted(removed)
        if (paths := free.get(_identity(removed[path]), []))
    }


def _moves(renamed: Mapping[str, str]) -> list[str]:
    """Renamings as ``old → new``; of the groups alone if the arrays keep their names."""
    moves: dict[str, None] = {}
    for old, new in renamed.items():
        (folder, _, name), (new_folder, _, new_name) = old.rpartition("/"), new.rpartition("/")
        is_moved = name == new_name and folder and new_folder
        moves[f"{folder} → {new_folder}" if is_moved else f"{old} → {new}"] = None
    return list(moves)


def _empty_groups(content: SavedContent, other: SavedContent) -> list[str]:
    """The outermost groups that only ``content`` has, and that hold no arrays."""
    new = content.groups - other.groups
    return sorted(
        path
        for path in new
        if path.rpartition("/")[0] not in new
        and not any(name.startswith(f"{path}/") for name in content.arrays)
    )


def _attributes(before: SavedContent, after: SavedContent) -> Iterator[str]:
    """Changes of attributes by name, of groups and arrays that both files have."""
    places: dict[tuple[str, str], list[str]] = {}
    shared = (before.groups | before.arrays.keys() | {"/"}) & (
        after.groups | after.arrays.keys() | {"/"}
    )
    for path, name in sorted(before.attributes.keys() | after.attributes.keys()):
        old, new = before.attributes.get((path, name)), after.attributes.get((path, name))
        if path in shared and old != new:
            places.setdefault((_verb(old, new), name), []).append(path)
    for (verb, name), paths in places.items():
        yield from _listed(f"{verb} the attribute {one_line(name)} of", paths)


def _verb(before: tuple[str, str] | None, after: tuple[str, str] | None) -> str:
    """The verb for a change of a value with its type."""
    if before is None or after is None:
        return "adds" if before is None else "removes"
    return "changes" if before[0] != after[0] else "changes the type of"


def _listed(verb: str, names: Sequence[str]) -> Iterator[str]:
    """One clause with the first name and the number of others; none if there are no names."""
    if names:
        first = shortened(one_line(names[0]), LONGEST_PATH)
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"{verb} {first}{more}"


def _form(array: Array) -> str:
    return f"{array.dtype} {array.shape}"


def _identity(array: Array) -> tuple[str, object]:
    """A value that is equal for equal arrays alone."""
    return _form(array), repr(array.tolist()) if array.dtype.kind == "O" else array.tobytes()
