"""Syntax trees: their code as text, and where a statement begins."""

from __future__ import annotations

import ast

from harness.util.syntax import code_of, first_line

SOURCE = '''"""A module."""


@decorated
class Layer:
    """A layer."""

    def call(self, x):
        """Say something."""
        return x  # as it is
'''


def test_code_as_text_is_the_same_in_every_python() -> None:
    """`ast.dump` of Python 3.13 leaves out fields that 3.12 writes, and 3.12 adds one."""
    tree = ast.parse("def build(keras, *, n=1): return f'{keras!r:>{n}}' or (None, [], ..., 'é')")
    assert code_of(tree) == (
        "Module(body=[FunctionDef(name='build',args=arguments(args=[arg(arg='keras')],"
        "kwonlyargs=[arg(arg='n')],kw_defaults=[Constant(value=1)]),body=[Return(value="
        "BoolOp(op=Or(),values=[JoinedStr(values=[FormattedValue(value=Name(id='keras',"
        "ctx=Load()),conversion=114,format_spec=JoinedStr(values=[Constant(value='>'),"
        "FormattedValue(value=Name(id='n',ctx=Load()),conversion=-1)]))]),Tuple(elts=["
        "Constant(),List(ctx=Load()),Constant(value=Ellipsis),Constant(value='\\xe9')],"
        "ctx=Load())]))])])"
    )


def test_docstrings_comments_and_layout_are_no_code() -> None:
    tree = ast.parse(SOURCE)
    code = code_of(tree)
    assert code == code_of(tree), "the tree stays as it was"
    for text in ('"""A module."""', '"""A layer."""\n', '"""Say something."""', "# as it is"):
        assert code_of(ast.parse(SOURCE.replace(text, ""))) == code
    assert code_of(ast.parse(SOURCE.replace("return x", "return -x"))) != code


def test_a_statement_begins_with_its_decorators() -> None:
    (_, layer) = ast.parse(SOURCE).body
    assert (first_line(layer), layer.lineno) == (4, 5)
