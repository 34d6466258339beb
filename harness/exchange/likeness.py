"""Which exceptions are alike, whatever in their messages differs from case to case."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from harness.results.messages import innermost_message
from harness.results.signatures import Signature

#: Names of layers and numbers: ``name=dense``, ``layer 'dense'``.
_OF_THE_CASE = re.compile(
    r"""\d+|(?<=\bname=)[\w./-]+|(?<=\bbuilt=)\w+|(?<=\blayer )['"][^'"]*['"]|(?<=\(named )\w+"""
)
#: How many characters of two messages are compared.
_COMPARED = 160


@cache
def innermost(signature: Signature) -> Signature:
    """The signature with the message of the innermost exception, from which the others followed.

    >>> innermost(Signature("load-error", "TypeError", "no x. Exception encountered: no y")).message
    'no y'
    """
    return replace(signature, message=innermost_message(signature.message))


@cache
def pattern_of(signature: Signature) -> str:
    """The innermost message without what differs from case to case; equal for those that are alike.

    >>> pattern_of(Signature("load-error", "ValueError", "layer 'dense' has 3 weights"))
    'layer # has # weights'
    """
    return _OF_THE_CASE.sub("#", innermost(signature).message)[:_COMPARED]
