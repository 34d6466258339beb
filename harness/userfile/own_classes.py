"""Which classes and functions in a file are its writer's own, so that their code is needed."""

from __future__ import annotations

from collections.abc import Iterable

from harness.exchange.ledger.ledger import Ledger
from harness.userfile.facts import ClassUse, FileFacts
from harness.userfile.weights import snake_case

#: Classes of Keras that have no default instance and are in no ledger.
_BEYOND_LEDGERS = frozenset(
    ("Functional", "Model", "Sequential", "InputLayer", "Lambda", "TFOpLambda", "SlicingOpLambda",
     "TensorFlowOpLayer", "TFSMLayer", "KerasTensor", "TensorShape", "TypeSpec", "Policy",
     "DTypePolicy", "FloatDTypePolicy", "QuantizedDTypePolicy", "DTypePolicyMap",
     "LossFunctionWrapper", "AdamW", "CompileMetrics", "CompileLoss", "function", "type", "slice",
     "module_wrapper", "ModuleWrapper", "Operation", "SparseTensor", "RaggedTensor",
     "SeedGenerator")
)  # fmt: skip

#: Names of losses and metrics beside those of their classes, in lower case.
_SHORT_NAMES = frozenset(
    ("acc", "bce", "ce", "cosine", "cosine_proximity", "crossentropy", "huber_loss", "kld",
     "kullback_leibler_divergence", "logcosh", "mae", "mape", "mse", "msle")
)  # fmt: skip
#: The kinds of classes that Keras 2 writes without a module, and that ledgers hold in full.
_KINDS_WITHOUT_MODULES = ("layers", "losses", "metrics")
#: The package under which Keras 2.11 to 2.15 registers its optimizers: ``Custom>Adam``.
_PACKAGE_OF_OPTIMIZERS = "Custom"


def own_classes(facts: FileFacts, ledgers: Iterable[Ledger]) -> list[str]:
    """The names of the writer's own classes and functions in a file.

    Keras 3 says where a class comes from. Keras 2 does not; there a layer, a loss or a metric is
    taken for the writer's own if no release has one of its name.
    """
    known = {name.partition(".")[2] for each in ledgers for name in (*each.classes, *each.not_made)}
    known |= {snake_case(name) for name in known}  # losses and metrics are functions, too
    return sorted({_plain(use) for use in facts.classes if _is_own(use, known)})


def _is_own(use: ClassUse, known: set[str]) -> bool:
    if use.name.startswith("__"):
        return False
    if use.registered:
        return True
    if use.module:
        return use.module.partition(".")[0] not in ("keras", "tf_keras", "tensorflow", "builtins")
    package, _, plain = use.name.rpartition(">")
    is_known = plain in known or plain in _BEYOND_LEDGERS or plain.lower() in _SHORT_NAMES
    if package:
        is_optimizer = use.kind == "optimizers" and package == _PACKAGE_OF_OPTIMIZERS
        return not (is_optimizer and is_known)
    return use.kind in _KINDS_WITHOUT_MODULES and bool(known) and not is_known


def _plain(use: ClassUse) -> str:
    """The name without the package under which it is registered."""
    name = use.registered or use.name
    return name.rpartition(">")[2] or name
