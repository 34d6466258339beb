"""What a user typed (versions, specifiers, names), resolved to releases and names that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.releases.catalogue import Catalogue, Release
from harness.util.errors import UsageError

#: A major or a minor release alone.
_BRANCH = re.compile(r"(\d+(?:\.\d+)?)(?:\.\*)?")


def parse_specifier(text: str) -> SpecifierSet:
    """A version specifier such as ``>=3.4,<3.8``; a bare version means exactly that release.

    Raises:
        UsageError: the text is neither.
    """
    try:
        return SpecifierSet(f"=={Version(text)}")
    except InvalidVersion:
        pass
    try:
        if text.strip():
            return SpecifierSet(text)
    except InvalidSpecifier:
        pass
    raise UsageError(
        f"{text!r} is not a version specifier; examples: 3.6.0, '>=3.4,<3.8', '~=2.18.0'"
    )


def matching_releases(
    catalogue: Catalogue, package: str, text: str, *, prereleases: bool = False
) -> list[Release]:
    """The releases of ``package`` that a specifier selects, lowest version first; never empty.

    A minor release alone, such as ``3.12``, stands for all of its patches, and a major one, such as
    ``3``, for all of its releases; ``3.12.*`` says the same. Yanked releases are left out unless
    the specifier names them exactly, pre-releases unless it names them exactly or ``prereleases``
    is set.

    Raises:
        UsageError: nothing matches, or the text is not a specifier. The message names releases that
            exist.
    """
    branch = _BRANCH.fullmatch(text.strip())
    specifier = parse_specifier(f"=={branch[1]}.*" if branch else text)
    exact = {
        Version(clause.version)
        for clause in specifier
        if clause.operator == "==" and not clause.version.endswith(".*")
    }

    def is_selected(release: Release) -> bool:
        if not specifier.contains(release.version, prereleases=True):
            return False
        if release.version in exact:
            return True
        return not release.yanked and (prereleases or not release.version.is_prerelease)

    selected = [release for release in catalogue.releases(package) if is_selected(release)]
    if selected:
        return selected
    stable = [release.version for release in catalogue.stable(package)]
    if exact or branch:
        raise not_a_release(package, Version(branch[1]) if branch else min(exact), stable)
    raise UsageError(
        f"no {package} release matches {text!r}; the newest stable release is {stable[-1]}"
    )


def not_a_release(package: str, version: Version, known: Sequence[Version]) -> UsageError:
    """The error for a version that does not exist; ``known`` must be sorted."""
    nearest = " and ".join(map(str, nearest_versions(version, known)))
    return UsageError(f"{package} {version} is not a release; the nearest: {nearest}")


def nearest_versions(version: Version, known: Sequence[Version]) -> list[Version]:
    """The neighbours of ``version`` among ``known``, which must be sorted."""
    below = [other for other in known if other <= version]
    above = [other for other in known if other > version]
    return below[-1:] + above[:1]


def matching_names(kind: str, patterns: Iterable[str], known: Sequence[str]) -> list[str]:
    """The known names that match any of the globs, in the order of the globs; all without a glob.

    Names that match the same glob keep their own order. ``kind`` is the word for such a name in
    messages: "case", "format".

    Raises:
        UsageError: a glob matches nothing; the message names similar names, or else all of them.
    """
    globs = list(patterns)
    if not globs:
        return list(known)
    selected: list[str] = []
    for glob in globs:
        matches = [name for name in known if fnmatchcase(name, glob)]
        if not matches:
            similar = get_close_matches(glob.strip("*"), known, n=3, cutoff=0.5)
            advice = f"known: {', '.join(known)}"
            if similar:
                advice = f"did you mean {', '.join(similar)}?"
            raise UsageError(f"no {kind} matches {glob!r}; {advice}")
        selected += matches
    return list(dict.fromkeys(selected))


def only_name(kind: str, pattern: str, known: Sequence[str]) -> str:
    """The one known name that a glob matches.

    Raises:
        UsageError: it matches none, or several.
    """
    names = matching_names(kind, [pattern], known)
    if len(names) > 1:
        raise UsageError(f"{pattern!r} is more than one {kind}; name one of {', '.join(names)}")
    return names[0]
