"""The code that a person gives with a file: its classes and functions, or what builds the model."""

import importlib.util
import inspect
import os
import sys

from roundtrip.exceptions import PLACES, text_of


class CodeError(Exception):
    """The person's code cannot be used."""


class Code(object):
    """The person's own code, and perhaps its ``build(keras)``.

    ``choices`` are the custom objects to try one after the other. If the code has a function
    ``custom_objects(keras)``, they are what it returns. Otherwise none are tried first, since the
    code may have registered its classes, and then everything that it defines.
    """

    def __init__(self, keras, path):
        self.choices, self.build = [None], None
        if not path:
            return
        PLACES.append((os.path.dirname(path), "<code>"))
        try:
            module = importlib.util.module_from_spec(spec_of(path))
            sys.modules[module.__name__] = module
            module.__spec__.loader.exec_module(module)
            self.build = getattr(module, "build", None)
            given = getattr(module, "custom_objects", None)
            self.choices = [given(keras)] if callable(given) else [None, defined_in(module)]
        except Exception as error:
            raise CodeError("%s: %s" % (type(error).__name__, text_of(error))) from error


def spec_of(path):
    return importlib.util.spec_from_file_location("own_code", path)


def defined_in(module):
    """The classes and functions of a module, without those that it imports."""
    return {
        name: value
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }
