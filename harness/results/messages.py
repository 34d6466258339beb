"""What is left out of messages because it varies by chance: the rules, each with examples."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

#: Ends a message of which the runner kept only the beginning.
CUT = "…[cut]"
#: Characters of a normalised message that count if the runner cut it: what follows depends on the
#: length of what is left out before it.
COMPARED = 1000


class Rule(NamedTuple):
    """A pattern that is replaced in messages, and examples of what that does.

    The pattern is valid in Python and in JavaScript, because the pages of the report use it, too.
    It takes linear time, and does not match again in what has been replaced. The two messages in
    ``equal`` become equal, the two in ``apart`` stay different.
    """

    pattern: re.Pattern[str]
    replacement: str
    equal: tuple[str, str]
    apart: tuple[str, str]


def _inside_parentheses(levels: int) -> str:
    """Return a pattern for what parentheses can hold, with so many levels of them inside."""
    inside = r"[^()]*"
    for _ in range(levels):
        inside = rf"[^()]*(?:\({inside}\)[^()]*)*"
    return inside


#: What Keras writes between an exception and the one that led to it.
_OUTER = re.compile(r"^.*Exception encountered: ", re.DOTALL)
#: The end of a message that the runner has cut.
_CUT = re.escape(CUT) + "$"
#: What follows an opening parenthesis up to the one that closes it. It may match nothing, so that
#: no opening parenthesis is tried twice.
_CALL = rf"(?:{_inside_parentheses(3)}(?:\)|(?={_CUT})))?"
_CONFIG = r"\bconfig(?:=|:\s)\{"
#: What cannot begin another config, end this one, or be the mark of a cut.
_REST = r"[^c}…]*"
_LINE_END = r"\.?\s*(?:\n|$)"
_NUMBERS = r"(?:[-+.\d\s,]|e[-+]?\d)+"

#: The rules in the order in which they are applied.
RULES = (
    Rule(  # the config of a model or layer: to the brace that ends a line or the message; it
        # comes first because it leaves little for the others to search
        re.compile(
            rf"{_CONFIG}(?:{_REST}(?:(?:(?!{_CONFIG})c|\}}(?!{_LINE_END})|…(?!\[cut\]$)){_REST})*"
            rf"(?:\}}\.?(?=\s*(?:\n|$))|(?={_CUT})))?"
        ),
        "<config>",
        ("config={'units': 1}\nno layer", "config={'units': {'a': 2}}.\nno layer"),
        ("config={'units': 1}\nno layer", "config={'units': 1}\nno model"),
    ),
    Rule(  # colours of a terminal, also where another exception shows them as text
        re.compile(r"(?:\x1b|\\x1b)\[[0-9;]*m"),
        " ",
        ("\x1b[1mLayer\x1b[0m is unknown", r"\x1b[1mLayer\x1b[0m is unknown"),
        ("\x1b[1mLayer\x1b[0m is unknown", "\x1b[1mModel\x1b[0m is unknown"),
    ),
    Rule(  # the frames of a traceback: the line that names the file, and the source line
        re.compile(
            r'^ *(?:File "[^"\n]*", line \d+, in|<\w+>/[^:\n]*:\d+) .*\n.*\n', re.MULTILINE
        ),
        "",
        ('File "/a.py", line 3, in f\n  g()\nno node', 'File "/b.py", line 7, in h\n  k\nno node'),
        ('File "/a.py", line 3, in f\n  g()\nno node', 'File "/a.py", line 3, in f\n  g()\nno key'),
    ),
    Rule(  # the number that makes a name unique
        re.compile(r"(?<=[A-Za-z_])_\d+\b"),
        "",
        ("input of 'dense_3'", "input of 'dense_1024'"),
        ("input of 'dense_3'", "input of 'conv_3'"),
    ),
    Rule(  # how far the outputs of a mismatch differ
        re.compile(r"differ(?:\s+by\s+up\s+to\s+\S+)+"),
        "differ",
        ("outputs differ by up to 0.25 at output 0", "outputs differ by up to 1e-3 at output 0"),
        ("outputs differ by up to 0.25 at output 0", "outputs differ by up to 0.25 at output 1"),
    ),
    Rule(  # the size of a file that was cut short
        re.compile(r"eof\s*=\s*\d+\b"),
        "eof = #",
        ("truncated file: eof = 6968, base_addr = 0", "truncated file: eof = 8008, base_addr = 0"),
        ("truncated file: eof = 6968, base_addr = 0", "truncated file: eof = 6968, base_addr = 8"),
    ),
    Rule(  # the time of day at which HDF5 failed
        re.compile(r"\btime = [A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]+ \d+\b"),
        "time = #",
        ("time = Sat Nov 28 18:24:10 2026, fd = 4", "time = Sun Nov  1 08:04:10 2026, fd = 4"),
        ("time = Sat Nov 28 18:24:10 2026, fd = 4", "time = Sat Nov 28 18:24:10 2026, fd = 5"),
    ),
    Rule(  # the numbers of an array that has at least two dimensions, also if they end in "..."
        re.compile(
            rf"(?<!\[)\[\[+(?=\s*[-+]?\d*\.){_NUMBERS}(?:\]+[,\s]*\[+{_NUMBERS})*\]*(?:,?\s*\.\.\.)?"
        ),
        "<array>",
        ("value=[[0.5 -1.25]\n [2.0 1e-05]]>", "value=[[0.5 -1...>"),
        ("shapes [[4, 1024]]", "shapes [[4, 2048]]"),
    ),
    Rule(  # an array: to the parenthesis that closes it
        re.compile(rf"\barray\({_CALL}"),
        "<array>",
        ("inputs=array([1.5], dtype=float32) of 'a'", "inputs=array([2.5], dtype=float32) of 'a'"),
        ("inputs=array([1.5], dtype=float32) of 'a'", "inputs=array([1.5], dtype=float32) of 'b'"),
    ),
    Rule(  # a tensor in angle brackets
        re.compile(r"<(?:tf\.|Keras)?Tensor[^<>]*>"),
        "<tensor>",
        ("got <tf.Tensor 'a:0' shape=(4,)> here", "got <KerasTensor shape=(None, 4), name=a> here"),
        ("got <tf.Tensor 'a:0' shape=(4,)> here", "got <tf.Tensor 'a:0' shape=(4,)> there"),
    ),
    Rule(  # a tensor as a call: to the parenthesis that closes it
        re.compile(rf"\b(?:Keras)?Tensor\({_CALL}"),
        "<tensor>",
        ("got Tensor(shape=(4, 2)) here", "got KerasTensor(type_spec=(Spec((None, 4)))) here"),
        ("got Tensor(shape=(4, 2)) here", "got Tensor(shape=(4, 2)) there"),
    ),
    Rule(  # an absolute path, or one below a folder that the runner has named
        re.compile(r"""(?<![^\s'"(\[{>=:])(?:<\w+>)?/[\w.@+-]+(?:/+[\w.@+-]+)*/*"""),
        "<path>",
        ("no file '/tmp/cell-x1/model.h5'", "no file '<scratch>/cell-y2/model.h5'"),
        ("see https://example.org/guide/keras", "see https://example.org/guide/tf_keras"),
    ),
    Rule(  # an address
        re.compile(r"0x[0-9a-fA-F]+\b"),
        "0x#",
        ("<Node at 0x7f3a>", "<Node at 0xdeadbeef>"),
        ("<Node at 0x7f3a>", "<Layer at 0x7f3a>"),
    ),
    Rule(  # a number that is too long for a size: an object's, or one made by chance
        re.compile(r"\b\d{12,}\b"),
        "#",
        ("calling 139806892353168 failed", "calling 140648710508123 failed"),
        ("expected shape (1024, 4)", "expected shape (2048, 4)"),
    ),
    Rule(  # a line number
        re.compile(r"\bline\s+\d+\b"),
        "line #",
        ("in user code, line 12", "in user code, line 7"),
        ("in user code, line 12", "in user code, column 12"),
    ),
    Rule(  # a set with None, whose place in it depends on where Python was loaded
        re.compile(r"\{(?=[^{}:]*\bNone\b)[^{}:]*\}"),
        "<set>",
        ("one of {'sum', None}", "one of {None, 'sum'}"),
        ("one of {'sum', 'none'}", "one of {'none', 'sum'}"),
    ),
    Rule(  # white space
        re.compile(r"\s+"),
        " ",
        ("no such\n  layer", "no such layer"),
        ("no such layer", "nosuch layer"),
    ),
    Rule(  # the number of an object, whatever its length
        re.compile(r"""(?:(?<=\bid=)|(?<=object_id':\s)|(?<=\bResource-))\d+\b"""),
        "#",
        ("<Node operation=shared, id=140648>", "<Node operation=shared, id=4395812816>"),
        ("<Node operation=shared, id=140648>", "<Node operation=between, id=140648>"),
    ),
    Rule(  # what follows in a long message that the runner has cut, from the next space on
        re.compile(
            rf"^(?=[\s\S]*{_CUT})([\s\S]{{{COMPARED}}}(?:\S{{0,200}}?(?=\s))?)[\s\S]*{_CUT}"
        ),
        r"\1…",
        (f"{'word ' * 1000}one{CUT}", f"{'word ' * 1000}one or two{CUT}"),
        (f"one {'word ' * 1000}{CUT}", f"two {'word ' * 1000}{CUT}"),
    ),
    Rule(  # a short remainder of a message that the runner has cut in or behind something left out
        re.compile(rf"(?<=>)[^<>]{{0,{COMPARED}}}{_CUT}"),
        "",
        (f"no layer config={{'a': 1{CUT}", f"no layer config={{}}\nException encoun{CUT}"),
        (f"no layer <config> Exception{CUT}", f"no model <config> Exception{CUT}"),
    ),
)  # fmt: skip


@cache
def normalise(message: str) -> str:
    """Return the message without what says nothing about the behaviour, as `RULES` describe it."""
    for rule in RULES:
        message = rule.pattern.sub(rule.replacement, message)
    return message.strip()


def innermost_message(message: str) -> str:
    """The message of the innermost exception, in a message that quotes those that led to it.

    >>> innermost_message("no x. Exception encountered: no y")
    'no y'
    """
    return _OUTER.sub("", message)
