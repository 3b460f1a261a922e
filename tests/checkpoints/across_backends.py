"""Saves presets in every format on this backend, or loads those of another: save|load DIRECTORY."""

import sys
from pathlib import Path

import keras
import numpy as np

from kerabert import BertMaskedLM, BertTextClassifier, BertTokenClassifier
from tests.checks import to_numpy
from tests.tiny import TEXTS, make_backbone, make_tokenizer

# Heads that each format has a place for.
CASES = {
    "hugging_face": (BertTextClassifier, BertMaskedLM, BertTokenClassifier),
    "google": (BertTextClassifier, BertMaskedLM, BertTokenClassifier),
    "keras_hub": (BertTextClassifier,),
}


def make(task):
    keras.utils.set_random_seed(5)
    arguments = {} if task is BertMaskedLM else {"num_classes": 3}
    backbone = make_backbone(activation="gelu_new")  # the only one that KerasHub has
    return task(backbone, tokenizer=make_tokenizer(), **arguments)


def logits_of(model):
    x = model.packer(model.tokenizer(TEXTS))
    if isinstance(model, BertMaskedLM):
        x["mask_positions"] = np.ones((len(TEXTS), 1), "int32")
    return to_numpy(model(x, training=False))


def main(action: str, folder: Path) -> None:
    for format, tasks in CASES.items():
        for task in tasks:
            path = folder / f"{format}-{task.__name__}"
            if action == "save":
                model = make(task)
                model.save_to_preset(path, format=format)
                arrays = [to_numpy(weight) for weight in model.weights]
                np.savez(path.with_suffix(".npz"), *arrays, logits=logits_of(model))
                continue
            model = task.from_preset(path)
            saved = np.load(path.with_suffix(".npz"))
            for number, weight in enumerate(model.weights):
                assert np.array_equal(to_numpy(weight), saved[f"arr_{number}"]), weight.path
            difference = np.abs(logits_of(model) - saved["logits"]).max()
            assert difference < 1e-5, (path.name, difference)
            print(f"{keras.backend.backend()} {path.name} {difference:.1e}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
