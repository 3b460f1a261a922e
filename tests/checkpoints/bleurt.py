"""BLEURT-tiny, a BERT of Google's with a head that scores a sentence, in kerabert and as it came.

It is in the source distribution of bigbench 1.0.0: a zip file of BLEURT's repository, in whose
folder bleurt/test_checkpoint the SavedModel, bert_config.json and vocab.txt lie.
"""

import importlib.util
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from kerabert.checkpoints.preset import load_preset
from kerabert.models.text_regressor import BertTextRegressor
from tests.checks import SHARED_DATA

VARIABLE = "KERABERT_BLEURT"


def find_bleurt() -> Path | None:
    """The checkpoint's folder: what the environment names, or bleurt in the test data."""
    folder = Path(os.environ.get(VARIABLE, SHARED_DATA / "bleurt"))
    return folder if (folder / "saved_model.pb").is_file() else None


def missing() -> str | None:
    """What the comparison lacks here; None if nothing."""
    if find_bleurt() is None:
        return (
            f"set {VARIABLE} to the folder bleurt/test_checkpoint of BLEURT, which "
            "benchmarks/bleurt.py takes out of bigbench's source distribution"
        )
    if not SHARED_DATA.is_dir():
        return f"the test data folder is missing: {SHARED_DATA}"
    return None if importlib.util.find_spec("tensorflow") else "not installed: tensorflow"


def extract(distribution: Path, directory: Path) -> Path:
    """Take BLEURT out of bigbench's source distribution; return the checkpoint's folder."""
    with tarfile.open(distribution) as archive:
        member = next(one for one in archive if Path(one.name).match("bleurt/bleurt-*.zip"))
        file = archive.extractfile(member)
        assert file is not None
        with zipfile.ZipFile(file) as inner:
            inner.extractall(directory)
    return next(directory.glob("bleurt-*/bleurt/test_checkpoint"))


def read_pairs(number: int = 64) -> tuple[list[str], list[str]]:
    """News sentences and others' words for them."""
    lines = (SHARED_DATA / "mrpc" / "dev.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines[:number]]
    assert len(rows) == number
    return [row[2] for row in rows], [row[3] for row in rows]


class SavedBleurt:
    """BLEURT's SavedModel: Google's own graph, run by TensorFlow."""

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf

        self.model = tf.saved_model.load(str(folder))
        self.signature = self.model.signatures["serving_default"]

    def score(self, x: dict[str, np.ndarray]) -> np.ndarray:
        """The scores of inputs as kerabert packs them."""
        import tensorflow as tf

        outputs = self.signature(
            input_ids=tf.constant(x["token_ids"], tf.int64),
            input_mask=tf.constant(x["padding_mask"], tf.int64),
            segment_ids=tf.constant(x["segment_ids"], tf.int64),
        )
        return np.array(outputs["predictions"])

    def assign(self, arrays: dict[str, np.ndarray]) -> None:
        """Put other values in the variables, by name; there must be one for each."""
        for variable in self.model.variables:
            name = variable.name.removesuffix(":0")
            if name != "global_step":
                variable.assign(arrays[name])


def pack(model: BertTextRegressor, pairs: tuple[list[str], list[str]]) -> dict[str, np.ndarray]:
    """The inputs of both, 512 tokens long as the SavedModel wants them."""
    return model.packer(*model.tokenize_texts(*pairs), length=512)


def compare(folder: Path) -> dict[str, Any]:
    """Scores of the same pairs from strings and from arrays, beside the SavedModel's."""
    model = load_preset(BertTextRegressor, folder)
    pairs = read_pairs()
    x = pack(model, pairs)
    expected = SavedBleurt(folder).score(x)
    from_strings = model.predict(pairs, verbose=0)[:, 0]
    from_arrays = model.predict(x, batch_size=32, verbose=0)[:, 0]
    assert np.isfinite(from_strings).all() and expected.std() > 0.05
    return {
        "pairs": len(expected),
        "from": float(expected.min()),
        "to": float(expected.max()),
        "strings": float(np.abs(from_strings - expected).max()),
        "arrays": float(np.abs(from_arrays - expected).max()),
    }


def their_ids(folder: Path, texts: list[str]) -> list[list[int]] | None:
    """What BLEURT's tokenizer, a copy of Google's, makes of texts; None where it is not there."""
    path = folder.parent / "lib" / "bert_tokenization.py"
    spec = importlib.util.spec_from_file_location("bert_tokenization", path)
    if not path.is_file() or spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tokenizer = module.FullTokenizer(vocab_file=str(folder / "vocab.txt"), do_lower_case=True)
    return [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text)) for text in texts]
