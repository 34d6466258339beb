"""A wheel of Keras as a release, on small honest wheels."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from harness.releases.built_wheel import release_of_wheel
from harness.releases.catalogue import Catalogue
from harness.util.errors import UsageError

NAME = "keras-3.16.0.dev0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: keras\nVersion: 3.16.0.dev0\nRequires-Python: >=3.11\n"


def built(folder: Path, name: str = NAME, metadata: str = METADATA, code: str = "") -> Path:
    """A wheel with nothing but its metadata and one module."""
    path = folder / name
    with ZipFile(path, "w") as wheel:
        wheel.writestr(ZipInfo("keras/__init__.py"), code)
        if metadata:
            wheel.writestr(ZipInfo("keras-3.16.0.dev0.dist-info/METADATA"), metadata)
    return path


def test_the_version_names_the_content(tmp_path: Path) -> None:
    one = release_of_wheel(built(tmp_path))
    same = release_of_wheel(built(tmp_path))
    other = release_of_wheel(built(tmp_path, code="changed = True"))
    assert one.version.public == "3.16.0.dev0"
    assert one.version == same.version != other.version
    assert one.admits("3.11") and not one.admits("3.10")


def test_a_local_version_is_kept(tmp_path: Path) -> None:
    path = built(tmp_path, "keras-3.16.0+mine-py3-none-any.whl")
    assert str(release_of_wheel(path).version).startswith("3.16.0+mine.w")


def test_a_catalogue_keeps_where_the_wheel_is(tmp_path: Path) -> None:
    release = release_of_wheel(built(tmp_path))
    path = tmp_path / "catalogue.json"
    path.write_text(Catalogue.load().with_release(release).dumps())
    assert Catalogue.load(path).find("keras", release.version) == release


@pytest.mark.parametrize(
    ("name", "metadata", "message"),
    [
        ("keras.whl", METADATA, "is not a wheel"),
        ("keras_hub-0.1-py3-none-any.whl", METADATA, "is a wheel of keras-hub, not of keras"),
        (NAME, "", "is not a wheel: it has no metadata"),
        (NAME, METADATA.replace(">=", "newer than "), "has a wrong Requires-Python"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, name: str, metadata: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        release_of_wheel(built(tmp_path, name, metadata))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("no archive")
    with pytest.raises(UsageError, match="is not a wheel: File is not a zip file"):
        release_of_wheel(tmp_path / NAME)
