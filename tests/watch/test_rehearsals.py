"""Dress rehearsals: the watch meets real releases of the past, in a checkout of its own.

They copy from ``reports/results``, and not from the recorded results: the sessions of the checkout
compare digests with the present code, and run again whatever an older code has made. So each of
these tests may build environments.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.analysis.change_kinds import ChangeKind
from harness.execution.cases import all_cases
from harness.releases.catalogue import Catalogue
from harness.results.model import FORMATS
from harness.util.errors import ExitCode
from harness.util.paths import CORPUS, LEDGERS, RESULTS
from tests.bisect.test_bisect import clone_of_wheels, fact
from tests.conftest import Checkout
from tests.watch.samples import KERAS_2, KERAS_3, end_of

pytestmark = pytest.mark.real


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout for one test: what another test has run must not be known in it."""
    return Checkout(tmp_path / "checkout")


def rehearse(
    checkout: Checkout, *arguments: str, exchange: bool = False
) -> tuple[int, dict[str, Any], str]:
    """Run the watch in a checkout; return its exit code, its JSON and what it printed.

    The checkout has no corpus: with ``exchange``, the files of the baseline are written and read.
    """
    path = checkout.folder / "watch.json"
    path.unlink(missing_ok=True)
    options = [*arguments, f"--json={path}", *([] if exchange else ["--no-exchange"])]
    code, output = checkout.nox("watch", *options)
    assert path.exists(), output
    return code, json.loads(path.read_text()), output


def publish(checkout: Checkout, *pair_ids: str) -> None:
    """Give the checkout the published results of these pairs."""
    checkout.results.mkdir(parents=True, exist_ok=True)
    for pair_id in pair_ids:
        shutil.copy(RESULTS / f"{pair_id}.json", checkout.results)


def kinds(item: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The kind of each difference by case and format."""
    return {
        (difference["case"], difference["format"]): difference["kind"]
        for difference in item["differences"]
    }


def test_3_0_0_is_reported_as_worse_in_every_format(checkout: Checkout) -> None:
    publish(checkout, KERAS_2, KERAS_3)
    page, suites = checkout.folder / "watch.md", checkout.folder / "watch.xml"
    code, document, output = rehearse(
        checkout, "--since=2023-11-27", "--until=2023-11-28", f"--markdown={page}",
        f"--junit={suites}",
    )  # fmt: skip
    assert code == document["exit"] == ExitCode.WORSE
    (item,) = document["watched"]
    assert (item["pair"], item["baseline"]) == (KERAS_3, KERAS_2)
    for format_name in ("keras", "h5", "json", "clone"):
        assert kinds(item)["interleaved_dense", format_name] == ChangeKind.REGRESSION
    differences = item["differences"]
    unsupported = [entry for entry in differences if entry["kind"] == ChangeKind.UNSUPPORTED]
    assert unsupported and not any(entry["worse"] for entry in unsupported)
    assert all("SavedModel" in entry["acknowledged"] for entry in unsupported)
    text = page.read_text()
    assert re.match(
        r"# keras 3\.0\.0: \d+ regressions, \d+ newly unsupported \(acknowledged\)", text
    )
    assert "Layer node index out of bounds" in text and len(text) < 65536
    suite = ElementTree.parse(suites).getroot()[0]
    worse = sum(entry["worse"] for entry in differences)
    assert suite.attrib["failures"] == str(worse)
    assert suite.attrib["skipped"] == str(len(unsupported))
    command = f"nox -s 'pair({KERAS_3})' -- --case interleaved_dense --format json --rerun"
    assert any(entry["reproduce"].startswith(command) for entry in differences)
    assert output.strip().splitlines()[-1].startswith("keras 3.0.0: ")
    assert not (checkout.folder / ".nox" / "probes").exists()


def test_a_release_that_changes_nothing_is_not_reported(checkout: Checkout) -> None:
    pairs = [f"keras-3.0.{patch}_tensorflow-2.15.0.post1_py3.11" for patch in (4, 5)]
    publish(checkout, *pairs)
    code, document, _ = rehearse(checkout, "--since=2024-02-13", "--until=2024-02-14")
    (item,) = document["watched"]
    assert (item["baseline"], item["pair"]) == tuple(pairs)
    assert item["cells"] == len(all_cases()) * len(FORMATS) and item["differences"] == []
    assert (code, document["title"]) == (ExitCode.KNOWN, "keras 3.0.5: nothing changed")


def test_3_7_0_has_a_fix_and_a_hang(checkout: Checkout) -> None:
    publish(checkout, "keras-3.7.0_tensorflow-2.18.0_py3.11")
    code, document, output = rehearse(
        checkout, "--since=2024-11-25", "--until=2024-11-26", "--case=interleaved_dense",
        "--case=contract_node_past_end", "--format=json",
    )  # fmt: skip
    assert code == ExitCode.WORSE, output
    (item,) = document["watched"]
    assert item["baseline"] == "keras-3.6.0_tensorflow-2.18.0_py3.11"
    assert kinds(item) == {
        ("contract_node_past_end", "json"): ChangeKind.REGRESSION,
        ("interleaved_dense", "json"): ChangeKind.FIX,
    }
    assert item["differences"][0]["after"] == "timeout"
    assert document["title"] == "keras 3.7.0: 1 regression, 1 fix"


def test_a_daily_build_is_bisected_down_to_the_commit(checkout: Checkout, tmp_path: Path) -> None:
    publish(
        checkout, "keras-3.6.0_tensorflow-2.17.1_py3.11", "tf-keras-2.18.0_tensorflow-2.18.0_py3.11"
    )
    clone = clone_of_wheels(tmp_path / "clone")
    code, document, output = rehearse(
        checkout, "--since=2024-10-24", "--until=2024-10-25", "--nightly", "--format=json",
        "--case=interleaved_dense", "--case=contract_node_past_end", "--bisect", f"--repo={clone}",
    )  # fmt: skip
    assert code == ExitCode.WORSE, output
    keras, tf_keras, tensorflow = document["watched"]
    assert keras["pair"] == "keras-3.7.0.dev2024102503_tensorflow-2.18.0_py3.11"
    assert keras["baseline"] == "keras-3.6.0_tensorflow-2.18.0_py3.11"
    assert kinds(keras)["interleaved_dense", "json"] == ChangeKind.FIX
    assert tf_keras["package"] == "tf-keras" and tf_keras["differences"] == []
    assert tensorflow["version"] == "2.18.0" and tensorflow["differences"] == []
    assert fact(output, "last old").startswith("3.6.0.dev2024101603 (2024-10-16)")
    assert fact(output, "first new") == "3.7.0.dev2024102503 (2024-10-25): timeout"
    subjects = re.findall(r"one of the commits: \w+ \(\S+\) (.*)", output)
    assert "keras-nightly 3.7.0.dev2024102503" in subjects
    regression = keras["differences"][0]
    assert "raise IndexError(" in regression["bisected"]
    assert list(checkout.results.glob("*dev*")) == []


def test_a_release_that_cannot_be_imported_is_worse(checkout: Checkout) -> None:
    publish(checkout, "keras-2.11.0_tensorflow-2.11.0_py3.9")
    code, document, output = rehearse(
        checkout, "--since=2023-02-14", "--until=2023-02-15", "--case=siamese_pair", "--format=h5"
    )
    assert code == ExitCode.WORSE, output
    (item,) = document["watched"]
    (difference,) = item["differences"]
    assert item["version"] == "2.12.0rc0" and item["overridden"]
    assert (difference["kind"], difference["before"]) == (ChangeKind.BROKEN, "runs")
    assert difference["after"].startswith("import-error: TypeError: Descriptors cannot")


def test_a_candidate_that_the_catalogue_lacks_is_read_from_the_index(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    kept = Catalogue.load().as_of(end_of("2026-09-21"))
    (tmp_path / "harness" / "releases" / "catalogue.json").write_text(kept.dumps())
    publish(checkout, "keras-3.15.1_tensorflow-2.21.0_py3.11")
    code, document, output = rehearse(
        checkout, "--until=2026-09-22", "--case=siamese_pair", "--format=h5"
    )
    assert code == ExitCode.KNOWN, output
    (item,) = document["watched"]
    assert item["pair"] == "keras-3.15.1_tensorflow-2.22.0rc0_py3.11"
    assert item["cells"] == 1 and "protobuf" in item["others"]
    assert (tmp_path / ".nox" / "probes" / f"{item['pair']}.json").exists()
    assert (tmp_path / "harness" / "releases" / "catalogue.json").read_text() == kept.dumps()


@pytest.mark.real
def test_3_7_0_no_longer_reads_the_custom_loss_that_3_6_0_has_saved(checkout: Checkout) -> None:
    page = checkout.folder / "watch.md"
    code, document, output = rehearse(
        checkout, "--since=2024-11-25", "--until=2024-11-26", "--case=compiled_registered_loss",
        "--format=keras", f"--markdown={page}", exchange=True,
    )  # fmt: skip
    assert code == ExitCode.WORSE, output
    (item,) = document["watched"]
    assert (item["cells"], item["files"]) == (1, 1)
    (difference,) = item["differences"]
    assert (difference["kind"], difference["worse"]) == (ChangeKind.REGRESSION, True)
    assert difference["writers"] == ["keras-3.6.0_tensorflow-2.18.0_py3.11"]
    assert "Could not locate function 'half_square'" in difference["after"]
    assert "--read --writer" in difference["reproduce"]
    assert document["title"] == "keras 3.7.0: 1 regression in reading files"
    assert "**regression in reading files**: files of 3.6.0: " in page.read_text()


@pytest.mark.real
def test_3_9_0_reads_it_again(checkout: Checkout) -> None:
    shutil.copytree(CORPUS, checkout.folder / "reports" / "corpus")
    code, document, output = rehearse(
        checkout, "--since=2025-03-03", "--until=2025-03-04", "--case=compiled_registered_loss",
        "--format=keras", "--writer=3.6.0", exchange=True,
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    (item,) = document["watched"]
    fixed = [entry for entry in item["differences"] if entry["kind"] == ChangeKind.FIX]
    assert any("keras-3.6.0_tensorflow-2.17.0_py3.11" in entry["writers"] for entry in fixed)


@pytest.mark.real
def test_3_13_0_reads_what_3_12_0_has_saved_and_3_12_0_refuses_its_files(
    checkout: Checkout,
) -> None:
    shutil.copytree(LEDGERS, checkout.folder / "reports" / "ledger")
    code, document, output = rehearse(
        checkout, "--since=2025-12-16", "--until=2025-12-17", "--case=dense_twice",
        "--format=keras", "--format=weights", exchange=True,
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    (item,) = document["watched"]
    assert item["files"] == 2 and item["differences"] == []
    (reader,) = item["readers"]
    assert reader["reader"] == "keras-3.12.0_tensorflow-2.20.0_py3.11"
    assert (reader["read"], reader["files"], reader["read_before"]) == (1, 2, 2)
    (refused,) = reader["newly_refused"]
    assert (refused["case"], refused["format"]) == ("dense_twice", "keras")
    assert refused["message"].endswith("passed to Dense: {'quantization_config': None}")
    assert refused["ledger"] and "quantization_config" in refused["ledger"][0]


@pytest.mark.real
def test_daily_builds_of_2025_09_24_wrote_weights_that_no_release_reads(
    checkout: Checkout,
) -> None:
    """The weights of Dense were named in the file; before and in 3.12.0, they are numbered."""
    whole = Catalogue.load()
    packages = ("keras", "keras-nightly", "tensorflow", "tensorflow-cpu")
    kept = Catalogue(
        [release for name in packages for release in whole.releases(name)], whole.written
    )
    (checkout.folder / "harness" / "releases" / "catalogue.json").write_text(kept.dumps())
    code, document, output = rehearse(
        checkout, "--since=2025-09-23", "--until=2025-09-24", "--nightly", "--case=dense_twice",
        "--format=weights", exchange=True,
    )  # fmt: skip
    assert code == ExitCode.KNOWN, output
    (item,) = document["watched"]
    assert item["version"] == "3.12.0.dev2025092403"
    assert item["files"] == 1 and item["differences"] == []
    (reader,) = item["readers"]
    assert reader["reader"] == item["baseline"] == "keras-3.11.3_tensorflow-2.20.0_py3.11"
    assert (reader["read"], reader["files"], reader["read_before"]) == (0, 1, 1)
    (refused,) = reader["newly_refused"]
    assert "object '0' doesn't exist" in refused["message"]
