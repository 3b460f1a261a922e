"""The start of a process that needs no Keras: run by its path, before kerabert is imported.

To import a module of a package, Python runs the `__init__.py` of the packages around it, and
kerabert's imports Keras and a backend: seconds, and hundreds of megabytes, for each process. Here
the packages are put in place unrun, so that a module imports what it names alone. One that is asked
for something else than a module, as by `from kerabert import BertTokenizer`, is run then.
"""

import importlib.util
import pickle
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGES = ("kerabert", "kerabert.text", "kerabert.corpora")
_TASK = "PICKLED_TASK"


def light_start(function: Callable[..., Any], *arguments: Any) -> tuple[Callable[..., Any], Any]:
    """Return the initializer of a pool's processes, and its arguments.

    Args:
        function: what they begin with; a module of theirs is imported without Keras.
        *arguments: its arguments.
    """
    return runpy.run_path, (__file__, {_TASK: pickle.dumps((function, arguments))})


def put_in_place(name: str, folder: Path) -> None:
    """Make a package known whose `__init__.py` is run when it is needed."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    loader, package = spec.loader, importlib.util.module_from_spec(spec)

    def look_up(attribute: str) -> Any:
        if attribute.startswith("__") or _is_module(f"{name}.{attribute}"):
            raise AttributeError(attribute)  # of a module: Python imports it then
        if "__getattr__" in vars(package):
            del vars(package)["__getattr__"]
            loader.exec_module(package)
        return getattr(package, attribute)

    vars(package)["__getattr__"] = look_up
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)


def _is_module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _start(task: bytes) -> None:
    top = Path(__file__).resolve().parent.parent
    for name in _PACKAGES:
        if not isinstance(sys.modules.get(name), ModuleType):
            put_in_place(name, top.joinpath(*name.split(".")[1:]))
    function, arguments = pickle.loads(task)
    function(*arguments)


if _TASK in globals():
    _start(globals()[_TASK])
