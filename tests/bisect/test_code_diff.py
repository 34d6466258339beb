"""What a diff of two functions shows: the hunks that change code, and no others."""

from __future__ import annotations

import pytest

from harness.bisect.code_diff import changed_code, same_code

OLD = '''\
    def call(self, x, training=None):
        """Run the layer.

        Args:
            x: the input.
        """
        # Dropout only runs in training.
        a = self.first(x)
        b = self.second(a)
        c = self.third(b)
        d = self.fourth(c)
        if training and self.rate > 0:
            x = self.dropout(x, rate=self.rate, seed=self.seed)
        return self.merge(x, d)
'''


def diff(old: str, new: str) -> list[str]:
    return changed_code(old.splitlines(), new.splitlines())


def changed(old: str, new: str) -> list[str]:
    """The removed and added lines alone."""
    return [line for line in diff(old, new) if line[0] in "+-"]


def applied(hunks: list[str], old: str) -> str:
    """The older text after the hunks, each of which must be where its numbers say."""
    text, lines, shift = old.splitlines(), list(hunks), 0
    starts = [number for number, line in enumerate(lines) if line.startswith("@@")]
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        first = int(lines[start].split()[1].split(",")[0][1:]) - 1 + shift
        before = [line[1:] for line in lines[start + 1 : stop] if line[0] in " -"]
        after = [line[1:] for line in lines[start + 1 : stop] if line[0] in " +"]
        assert text[first : first + len(before)] == before
        text[first : first + len(before)] = after
        shift += len(after) - len(before)
    return "\n".join(text) + "\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Run the layer.", "Run the layer on x."),
        ("x: the input.\n", "x: the input.\n            training: whether to drop.\n"),
        ('"""Run the layer.\n\n        Args:\n            x: the input.\n', '"""\n'),
        ('"""', "'''"),
        ("# Dropout only runs in training.", "# Only in training."),
        ("        # Dropout only runs in training.\n", "\n"),
        ("seed=self.seed)", "seed=self.seed  # noqa\n            )"),
        (
            "x = self.dropout(x, rate=self.rate, seed=self.seed)",
            "x = self.dropout(\n                x,\n                rate=self.rate,\n"
            "                seed=self.seed,\n            )",
        ),
        ("if training and self.rate > 0:", "if (training and (self.rate > 0)):"),
    ],
)  # fmt: skip
def test_a_function_with_the_same_code_has_no_hunks(old: str, new: str) -> None:
    text = OLD.replace(old, new)
    assert text != OLD
    assert same_code(OLD.splitlines(), text.splitlines())
    assert diff(OLD, text) == []


def test_of_a_changed_function_only_the_hunks_of_code_are_shown() -> None:
    new = (
        OLD.replace("Run the layer.", "Run the layer, with dropout.")
        .replace("x: the input.\n", "x: the input.\n            training: or not.\n")
        .replace("# Dropout only runs in training.", "# No dropout at inference.")
        .replace("self.rate > 0", "self.rate >= 0")
    )  # fmt: skip
    hunks = diff(OLD, new)
    assert [line for line in hunks if line[0] in "+-"] == [
        "-        if training and self.rate > 0:", "+        if training and self.rate >= 0:",
    ]  # fmt: skip
    assert hunks[0] == "@@ -9,6 +10,6 @@"
    assert same_code(applied(hunks, OLD).splitlines(), new.splitlines())


def test_a_comment_beside_code_does_not_hide_the_code() -> None:
    new = OLD.replace(
        "        a = self.first(x)\n", "        # First of all.\n        a = self.last(x)\n"
    )
    assert changed(OLD, new) == [
        "-        a = self.first(x)", "+        # First of all.", "+        a = self.last(x)",
    ]  # fmt: skip


def test_a_statement_that_is_laid_out_anew_in_two_places_is_left_out() -> None:
    old = "def f(a, b):\n    g(a,\n      b,\n      1)\n    b += 1\n    return a\n"
    new = "def f(a, b):\n    g(\n      a,\n      b,\n      1\n    )\n    b += 1\n    return b\n"
    assert changed(old, new) == ["-    return a", "+    return b"]


def test_of_a_new_function_everything_but_the_docstring_is_shown() -> None:
    hunks = diff("", OLD)
    assert hunks[:2] == ["@@ -0,0 +1 @@", "+    def call(self, x, training=None):"]
    assert hunks[2] == "@@ -0,0 +7,8 @@"
    assert not any("Run the layer" in line for line in hunks)
    assert [line[0] for line in diff(OLD, "") if line[0] in "+-"] == ["-"] * 9


def test_a_string_that_is_no_docstring_is_code() -> None:
    old = 'def f():\n    """One."""\n    text = """Two."""\n    return text\n'
    new = old.replace("One.", "Uno.").replace("Two.", "Dos.")
    assert changed(old, new) == ['-    text = """Two."""', '+    text = """Dos."""']


def test_the_docstring_of_a_class_in_a_function_is_left_out() -> None:
    old = 'def f():\n    class A:\n        """One."""\n        y = 0\n        x = 1\n    return A\n'
    assert diff(old, old.replace("One.", "Two.")) == []
    assert changed(old, old.replace("One.", "Two.").replace("x = 1", "x = 2")) == [
        "-        x = 1", "+        x = 2",
    ]  # fmt: skip


def test_a_docstring_in_the_line_of_its_function_hides_no_code() -> None:
    assert changed('def f(): "one"; return 1\n', 'def f(): "two"; return 2\n') == [
        '-def f(): "one"; return 1', '+def f(): "two"; return 2',
    ]  # fmt: skip


def test_a_string_that_goes_on_in_the_first_column_parses() -> None:
    old = '    def f(self):\n        text = """\nfirst\n"""\n        # one\n        return text\n'
    assert diff(old, old.replace("# one", "# two")) == []
    assert changed(old, old.replace("first", "second")) == ["-first", "+second"]


def test_what_does_not_parse_is_compared_as_text() -> None:
    assert not same_code(["def f(:", "  # a"], ["def f(:", "  # b"])
    assert changed("def f(:\n  # a\n", "def f(:\n  # b\n") == ["-  # a", "+  # b"]
    assert diff("def f(:\n", "def f(:\n") == []
