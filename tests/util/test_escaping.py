"""Escaping of untrusted text."""

from __future__ import annotations

import json

import pytest

from harness.util import escaping


@pytest.mark.parametrize(
    "control",
    [
        "\x00",
        "\x1b",
        "\x7f",
        "\x9b",
        "\r",
        "\ud800",
        "\ufffe",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
    ],
)
def test_control_characters_and_lone_surrogates_are_replaced(control: str) -> None:
    assert escaping.printable(f"a{control}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_tabs_line_ends_and_other_letters_are_printable() -> None:
    text = "a\tb\nc é 漢 🙂"
    assert escaping.printable(text) == text


def test_one_line_has_single_spaces_only() -> None:
    assert escaping.one_line("  a\n\n b\t c\x1b ") == "a b c\N{REPLACEMENT CHARACTER}"


def test_text_is_shortened_to_its_limit() -> None:
    assert escaping.shortened("abcdef", 6) == "abcdef"
    assert escaping.shortened("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_no_formula_in_a_spreadsheet(start: str) -> None:
    assert escaping.spreadsheet_safe(f"{start}cmd()") == f"'{start}cmd()"
    assert escaping.spreadsheet_safe(f"a{start}b") == f"a{start}b"


def test_lone_surrogates_in_json_become_question_marks() -> None:
    content = json.dumps({"a": "x\ud800y", "b": "🙂"}).encode()
    assert json.loads(escaping.json_without_lone_surrogates(content)) == {"a": "x?y", "b": "🙂"}
    untouched = b'{"a":   "x"}'
    assert escaping.json_without_lone_surrogates(untouched) is untouched


def test_markup_in_a_line_of_markdown_is_escaped() -> None:
    assert escaping.markdown_inline("a *b*\n<i> [x](y) &lt; $x$") == (
        r"a \*b\* \<i\> \[x\](y) \&lt; \$x\$"
    )


@pytest.mark.parametrize(
    "word",
    [
        "@name", "(@name)", "@org/team", "me@example.org", "#123", "keras-team/keras#20307,",
        "GH-123", "gh-1", "0123456", "keras-team/keras@9de24b0bea",
        "https://github.com/a/b/issues/1", "www.example.org", "&#64;name",
    ],
)  # fmt: skip
def test_what_github_would_link_in_a_line_is_code(word: str) -> None:
    assert escaping.markdown_inline(f"see {word} *here*") == rf"see `{word}` \*here\*"


@pytest.mark.parametrize(
    "word", ["3.7.0.dev2024102503", "@", "a-b:", "C\\#", "dev123456", "012345"]
)
def test_other_words_are_no_code(word: str) -> None:
    assert "`" not in escaping.markdown_inline(word)


@pytest.mark.parametrize(
    ("line", "escaped"),
    [
        ("- a", r"\- a"), ("+ a", r"\+ a"), ("1. a", r"1\. a"), ("12) a", r"12\) a"),
        ("---", r"\---"), ("==", r"\=="), ("3.7.0 pass", "3.7.0 pass"), ("-1 unit", "-1 unit"),
    ],
)  # fmt: skip
def test_a_line_of_markdown_begins_no_block(line: str, escaped: str) -> None:
    assert escaping.markdown_inline(line) == escaped


def test_a_cell_of_a_table_has_no_separator_and_no_html() -> None:
    assert escaping.markdown_cell("a | <b>\nc", None) == r"a \| &lt;b&gt; c"
    assert escaping.markdown_cell("abcdefg", 6) == "abcde…"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a*b", "`a*b`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        ("a\nb", "`a b`"),
        ("", "` `"),
    ],
)
def test_no_backtick_ends_a_span_of_code(text: str, span: str) -> None:
    assert escaping.markdown_code(text) == span


def test_no_backticks_end_a_block_of_code() -> None:
    assert escaping.markdown_fence("a\n```\nb\n", "text") == "````text\na\n```\nb\n````"
    assert escaping.markdown_fence("a") == "```\na\n```"


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert escaping.printable("a\x1b]0;t\x07b\tc\nd\x9b31m") == "a�]0;t�b\tc\nd�31m"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a | b", "a \\| b"),
        ("a\nb", "a b"),
        ("<b> & `c` *d* _e_ [f](g)", "&lt;b&gt; &amp; \\`c\\` \\*d\\* \\_e\\_ \\[f\\](g)"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_a_markdown_cell_has_no_markup(text: str, cell: str) -> None:
    assert escaping.markdown_cell(text, None) == cell


def test_a_markdown_cell_is_cut_before_it_is_escaped() -> None:
    assert escaping.markdown_cell("****", 3) == "\\*\\*…"
