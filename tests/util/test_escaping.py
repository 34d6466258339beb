"""Escaping of untrusted text."""

from __future__ import annotations

import pytest

from harness.util.escaping import markdown_cell, printable


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert printable("a\x1b]0;t\x07b\tc\nd\x9b31m") == "a�]0;t�b\tc\nd�31m"


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
    assert markdown_cell(text, None) == cell


def test_a_markdown_cell_is_cut_before_it_is_escaped() -> None:
    assert markdown_cell("****", 3) == "\\*\\*…"
