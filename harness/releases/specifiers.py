"""Turns what a person typed (versions, specifiers, names) into releases and names that exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.releases.catalogue import Catalogue, Release
from harness.util.errors import UsageError


def parse_specifier(text: str) -> SpecifierSet:
    """A version specifier such as ``>=3.4,<3.8``; a bare version means just that release.

    Raises:
        UsageProblem: it is neither.
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
    """The releases of ``package`` that a specifier selects, oldest version first.

    Yanked releases are left out unless named exactly, pre-releases unless asked for or named.

    Raises:
        UsageProblem: none matches; the message names the nearest releases.
    """
    specifier = parse_specifier(text)
    exact = {
        Version(each.version)
        for each in specifier
        if each.operator == "==" and not each.version.endswith(".*")
    }
    found = [
        release
        for release in catalogue.releases(package)
        if specifier.contains(release.version, prereleases=True)
        and (
            release.version in exact
            or (not release.yanked and (prereleases or not release.version.is_prerelease))
        )
    ]
    if not found:
        stable = [release.version for release in catalogue.stable(package)]
        if exact:
            near = " and ".join(map(str, nearest_versions(min(exact), stable)))
            raise UsageError(f"{package} {min(exact)} is not a release; the nearest: {near}")
        raise UsageError(
            f"no {package} release matches {text!r}; the newest stable one is {stable[-1]}"
        )
    return found


def nearest_versions(wanted: Version, known: Sequence[Version]) -> list[Version]:
    """The neighbours of ``wanted`` among ``known``, which must be sorted."""
    below = [version for version in known if version <= wanted]
    above = [version for version in known if version > wanted]
    return below[-1:] + above[:1]


def matching_names(kind: str, patterns: Iterable[str], known: Sequence[str]) -> list[str]:
    """The known names that any of the globs selects, in their own order; all, if none is given.

    Raises:
        UsageProblem: a pattern selects nothing; the message names the nearest names, or all.
    """
    chosen: set[str] = set()
    asked = list(patterns)
    for pattern in asked:
        hits = {name for name in known if fnmatchcase(name, pattern)}
        if not hits:
            near = get_close_matches(pattern.strip("*"), known, n=3, cutoff=0.5)
            advice = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"no {kind} matches {pattern!r}; {advice}")
        chosen |= hits
    return [name for name in known if name in chosen] if asked else list(known)
