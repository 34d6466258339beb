"""The settings of uv that are honoured: those that say where packages come from."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.releases import uv_settings
from harness.releases.uv_settings import as_toml, default_index_of, honoured_settings
from harness.util.errors import Fault

#: Settings that would give a pair another environment.
OTHER_ENVIRONMENT = """\
resolution = "lowest"
prerelease = "allow"
constraint-dependencies = ["numpy<2"]
override-dependencies = ["numpy==1.26.4"]
exclude-newer = 2020-01-01T00:00:00Z
no-binary-package = ["numpy"]
"""
SOURCES = """\
index-url = "https://index.invalid/simple?key=\\"a\\""
find-links = ["wheels", "https://wheels.invalid/"]
native-tls = true
offline = false
concurrent-downloads = 3
cache-dir = "/srv/cache"
keyring-provider = "subprocess"

[[index]]
name = "mine"
url = "https://mine.invalid/simple"
default = true
exclude-newer = "2020-01-01"

[pip]
index-url = "https://pip.invalid/simple"
no-deps = true
resolution = "lowest-direct"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a project, and the configuration of a user in ``user``."""
    for name in ("UV_CONFIG_FILE", "UV_NO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(uv_settings, "_system_folders", lambda: [tmp_path / "system"])
    monkeypatch.setattr(uv_settings, "ROOT", tmp_path / "project" / "checkout")
    (tmp_path / "user" / "uv").mkdir(parents=True)
    (tmp_path / "project" / "checkout").mkdir(parents=True)
    return tmp_path


def user_file(folder: Path) -> Path:
    return folder / "user" / "uv" / "uv.toml"


def test_what_makes_another_environment_is_ignored(folder: Path) -> None:
    user_file(folder).write_text(OTHER_ENVIRONMENT)
    assert honoured_settings() == {}


def test_where_packages_come_from_is_honoured(folder: Path) -> None:
    user_file(folder).write_text(OTHER_ENVIRONMENT + SOURCES)
    settings = honoured_settings()
    assert settings == {
        "index-url": 'https://index.invalid/simple?key="a"',
        "find-links": [str(user_file(folder).parent / "wheels"), "https://wheels.invalid/"],
        "native-tls": True,
        "offline": False,
        "concurrent-downloads": 3,
        "cache-dir": "/srv/cache",
        "keyring-provider": "subprocess",
        "index": [{"name": "mine", "url": "https://mine.invalid/simple", "default": True}],
        "pip": {"index-url": "https://pip.invalid/simple"},
    }
    assert tomllib.loads(as_toml(settings)) == settings


def test_the_project_comes_before_the_user(folder: Path) -> None:
    user_file(folder).write_text(
        'index-url = "https://user.invalid"\nextra-index-url = ["https://b.invalid"]\n'
        'offline = true\n[pip]\nindex-strategy = "first-index"\nfind-links = ["/b"]\n'
    )
    (folder / "project" / "pyproject.toml").write_text(
        '[tool.uv]\nindex-url = "https://project.invalid"\nresolution = "lowest"\n'
        'extra-index-url = ["https://a.invalid"]\n[tool.uv.pip]\nfind-links = ["/a"]\n'
    )
    assert honoured_settings() == {
        "index-url": "https://project.invalid",
        "extra-index-url": ["https://a.invalid", "https://b.invalid"],
        "offline": True,
        "pip": {"find-links": ["/a", "/b"], "index-strategy": "first-index"},
    }


def test_the_user_comes_before_the_system(folder: Path) -> None:
    (folder / "system" / "uv").mkdir(parents=True)
    system_file = folder / "system" / "uv" / "uv.toml"
    system_file.write_text('index-url = "https://system.invalid"\nresolution = "lowest"\n')
    assert honoured_settings() == {"index-url": "https://system.invalid"}
    user_file(folder).write_text('index-url = "https://user.invalid"\n')
    assert honoured_settings() == {"index-url": "https://user.invalid"}


def test_the_nearest_project_is_the_only_one(folder: Path) -> None:
    (folder / "project" / "checkout" / "pyproject.toml").write_text("[project]\n")
    (folder / "project" / "uv.toml").write_text("offline = true\n")
    (folder / "uv.toml").write_text("native-tls = true\n")
    assert honoured_settings() == {"offline": True}


def test_a_named_file_stands_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_file(folder).write_text("native-tls = true\n")
    (folder / "own.toml").write_text('offline = true\nresolution = "lowest"\n')
    monkeypatch.setenv("UV_CONFIG_FILE", str(folder / "own.toml"))
    assert honoured_settings() == {"offline": True}
    monkeypatch.delenv("UV_CONFIG_FILE")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert honoured_settings() == {}


@pytest.mark.parametrize("text", ["offline =", "index = 3", "index = [3]", 'pip = "x"'])
def test_a_file_that_cannot_be_read_is_named(folder: Path, text: str) -> None:
    user_file(folder).write_text(text)
    with pytest.raises(Fault, match=r"settings of uv in .*uv\.toml cannot be read .*; correct"):
        honoured_settings()


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, ""),
        ({"index-url": "a"}, "a"),
        ({"index-url": "a", "pip": {"index-url": "b"}}, "b"),
        ({"index-url": "a", "index": [{"url": "c"}, {"url": "d", "default": True}]}, "d"),
        ({"index": [{"url": "c"}]}, ""),
    ],
)
def test_the_default_index(settings: dict[str, object], url: str) -> None:
    assert default_index_of(settings) == url


def test_a_user_without_a_home_folder_has_no_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(uv_settings, "home_folder", lambda: None)
    assert honoured_settings() == {}
