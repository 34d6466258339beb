"""Fields of protocol buffers."""

from __future__ import annotations

import pytest

from harness.util.protocol_buffers import fields


def test_fields_of_all_kinds() -> None:
    message = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d1234" + b"\x2112345678"
    assert list(fields(message)) == [(1, 150), (2, b"abc"), (3, b"1234"), (4, b"12345678")]


@pytest.mark.parametrize("message", [b"\x12\x05abc", b"\x08\x96", b"\x0b", b"\x12"])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"longer than its message|no end|wire type"):
        list(fields(message))


def test_a_message_may_be_cut() -> None:
    assert list(fields(b"\x12\x05abc", is_cut=True)) == [(2, b"abc")]
