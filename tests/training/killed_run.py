"""A small pretraining run in a process of its own, which the test kills: DIRECTORY FIRST_SEED."""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerabert import BertBackbone, BertPretrainer, ExactResume
from kerabert.corpora import PretrainingBatches
from tests.corpora.corpus import SIZE, make_tokenizer

EPOCHS, STEPS = 5, 40


class Losses(keras.callbacks.Callback):
    """Writes each loss, exactly, to a file as soon as it is known."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = path.open("a", encoding="utf-8")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        print(self.epoch * STEPS + batch, float(logs["loss"]).hex(), file=self.file, flush=True)


def main(folder: Path, seed: int) -> None:
    tokenizer = make_tokenizer()
    data = {"sequence_length": 32, "batch_size": 4, "pool_tokens": 2000, "pack": True}
    batches = PretrainingBatches(folder.parent / "shards", tokenizer, steps_per_epoch=STEPS, **data)
    keras.utils.set_random_seed(seed)  # another one each time: what is saved has to win
    backbone = BertBackbone(SIZE, 16, 2, 2, 32, max_sequence_length=32)
    model = BertPretrainer(backbone, tokenizer=tokenizer, packed=True)
    callbacks = [Losses(folder / "losses.txt"), ExactResume(folder / "states", every_steps=3)]
    model.fit(batches, epochs=EPOCHS, callbacks=callbacks, verbose=0)
    weights = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    np.savez(folder / "weights.npz", *weights)
    (folder / "done").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
