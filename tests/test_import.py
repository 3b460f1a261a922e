"""What `import kerabert`, and a run from strings to predictions, bring into a process."""

import json
import subprocess
import sys

import keras
import pytest

from tests.checks import REPOSITORY

RUN = """
import json, sys
import keras
packages = lambda: {name.split(".")[0] for name in sys.modules}
before = packages()
import kerabert
imported = sorted(packages() - before)
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]
backbone = kerabert.BertBackbone(len(vocabulary), 8, 1, 2, 16)
model = kerabert.BertTextClassifier(
    backbone, classes=["a", "b"], tokenizer=kerabert.BertTokenizer(vocabulary)
)
model.fit(["good", "bad"], ["a", "b"], verbose=0)
model.classify(["good bad"])
heavy = [name for name in ("tensorflow", "tensorflow_text", "keras_hub", "keras_nlp")
         if name in sys.modules]
print(json.dumps([imported, heavy]))
"""


@pytest.fixture(scope="module")
def modules():
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_kerabert_imports_little_beyond_keras(modules):
    imported, _ = modules
    assert set(imported) - sys.stdlib_module_names == {"kerabert"}


def test_no_tensorflow_on_other_backends(modules):
    _, heavy = modules
    expected = ["tensorflow"] if keras.backend.backend() == "tensorflow" else []
    assert heavy == expected
