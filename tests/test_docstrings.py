"""The examples in the docstrings are run, on every backend."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import kerabert

MODULES = [
    "kerabert",
    *sorted(module.name for module in pkgutil.walk_packages(kerabert.__path__, "kerabert.")),
]
# Packages that kerabert imports only where they are used.
OPTIONAL = (
    "apache_beam",
    "pyarrow",
    "datasketch",
    "ftfy",
    "py3langid",
    "tensorflow",
    "tensorflow_text",
    "keras_hub",
    "keras_nlp",
    "huggingface_hub",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write files
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in OPTIONAL:
            raise
        pytest.skip(f"{name} needs {error.name}")
    result = doctest.testmod(
        module,
        extraglobs={"kerabert": kerabert, "np": np},
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert result.failed == 0, f"{result.failed} examples of {name} failed: see the output"


def test_the_examples_are_found():
    assert "kerabert.text.sequence_packer" in MODULES
    finder = doctest.DocTestFinder()
    tests = finder.find(kerabert.SequencePacker)
    assert any(test.examples for test in tests)


def public_classes():
    """The classes that a user makes: what others are derived from is shown by those."""
    classes = [value for value in vars(kerabert).values() if isinstance(value, type)]
    bases = {base for value in classes for base in value.__mro__[1:]}
    return [value for value in classes if value not in bases]


@pytest.mark.parametrize("public", public_classes(), ids=lambda value: value.__name__)
def test_public_classes_have_an_example(public):
    assert ">>> " in (public.__doc__ or ""), f"{public.__name__} has no example"
