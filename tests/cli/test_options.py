"""The options that commands share, and the requests that `matrix` refuses."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from harness.cli import options
from harness.execution.request import Request
from harness.results.model import FORMATS
from harness.util.errors import ExitCode
from tests.cli.conftest import RunCommand


def request_of(*arguments: str) -> Request:
    """The request that a command with the shared options makes of these arguments."""
    requests: list[Request] = []

    @click.command()
    @options.cells
    def command(**cell_options: Any) -> None:
        requests.append(options.request(**cell_options))

    CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)
    (request,) = requests
    return request


def test_without_options_every_case_is_run_in_every_format_with_the_default_limit() -> None:
    request = request_of()
    assert "interleaved_dense" in [case.name for case in request.cases]
    assert list(request.formats) == list(FORMATS)
    assert (request.limit, request.wheel) == (options.TIMEOUT, None)
    assert (request.rerun, request.prune, request.fork_server) == (False, False, True)


def test_each_option_is_part_of_the_request() -> None:
    request = request_of(
        "--case=siamese_*", "--case=interleaved_dense", "--format=h5", "--format=k*",
        "--timeout=2.5", "--wheel=tensorflow", "--rerun", "--prune", "--no-fork-server",
    )  # fmt: skip
    names = [case.name for case in request.cases]
    assert names == ["siamese_frozen_base", "siamese_pair", "interleaved_dense"]
    assert sorted(request.formats) == ["h5", "keras"]
    assert (request.limit, request.wheel) == (2.5, "tensorflow")
    assert (request.rerun, request.prune, request.fork_server) == (True, True, False)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--keras=3.6.7", "error: keras 3.6.7 is not a release; the nearest: 3.6.0 and 3.7.0"),
        ("--keras=new", "error: 'new' is not a version specifier"),
        ("--case=interleaved_dens", "did you mean interleaved_dense"),
        ("--format=keros", "did you mean keras"),
        ("--python=3.5", "error: the selection is empty"),
        ("--pre", "error: --pre is for the releases of --keras and --tensorflow"),
        ("--jobs=0", "Invalid value for '-j'"),
        ("--timeout=0", "Invalid value for '--timeout'"),
        ("--pairs=some", "Invalid value for '--pairs'"),
        ("--wheel=keras", "Invalid value for '--wheel'"),
        ("--no-nursery", "No such option"),
        (
            "--shard=5/4",
            "error: '5/4' is no shard; the shards of four are 1/4, 2/4, 3/4 and 4/4",
        ),
        ("--executor=dask", "error: 'dask' is no executor; give dask=tcp://HOST:PORT"),
    ],
)
def test_matrix_refuses_a_wrong_request(run: RunCommand, argument: str, message: str) -> None:
    code, output = run("matrix", argument)
    assert code == ExitCode.USAGE
    assert message in output


def test_jobs_are_for_this_machine_and_not_for_a_cluster(run: RunCommand) -> None:
    code, output = run("matrix", "--executor=dask=tcp://127.0.0.1:1", "-j2")
    assert code == ExitCode.USAGE
    assert "give --nthreads to each worker instead" in output


@pytest.mark.parametrize("pair_id", ["keras-3.7.0", "keras-3.6.7_tensorflow-2.18.0_py3.11"])
def test_pair_refuses_a_pair_that_does_not_exist(run: RunCommand, pair_id: str) -> None:
    code, output = run("pair", pair_id)
    assert code == ExitCode.USAGE
    assert output.startswith("error: ")


@pytest.mark.parametrize(
    "option", ["--writer=keras-3.6.0_tensorflow-2.17.0_py3.11", "--corpus=elsewhere", "--undecided"]
)
def test_pair_refuses_options_about_reading_without_read(run: RunCommand, option: str) -> None:
    code, output = run("pair", "keras-3.7.0_tensorflow-2.18.0_py3.11", option)
    assert code == ExitCode.USAGE
    assert "need --read" in output


def test_compare_and_merge_refuse_a_folder_that_does_not_exist(run: RunCommand) -> None:
    for command in ("compare", "merge"):
        code, output = run(command, "no/such/folder")
        assert code == ExitCode.USAGE
        assert "Directory 'no/such/folder' does not exist" in output
