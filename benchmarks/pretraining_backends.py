"""One short pretraining on each backend: the same held-out loss.

    python benchmarks/pretraining_backends.py

Goes on with the preset that ships, without dropout, on English Wikinews by `kerabert pretrain`: the
same first weights, the same seed and so the same examples in the same order, on each backend in a
process of its own. Prints the losses of masked tokens and next sentences on held-out documents,
and by how much they differ. The shards are made once.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BACKENDS = ("tensorflow", "jax", "torch")
CONFIG = """
directory = {directory}

[corpus]
paths = [{text}]

[model]
preset = {preset}

[optimizer]
learning_rate = 1e-3

[[stages]]
sequence_length = 64
batch_size = 32
steps = {steps}
steps_per_epoch = {steps}
held_out_batches = 40
"""


SAVE_FIRST_WEIGHTS = """
import sys, kerabert
stored = kerabert.BertPretrainer.from_preset("kerabert_mini_en_uncased")
arguments = stored.backbone.get_config() | {"dropout_rate": 0.0, "attention_dropout_rate": 0.0}
backbone = kerabert.BertBackbone.from_config(arguments)
model = kerabert.BertPretrainer(backbone, tokenizer=stored.tokenizer)
for value, variable in zip(stored.weights, model.weights, strict=True):
    variable.assign(value)
model.save_to_preset(sys.argv[1])
"""


def run(backend: str, folder: Path, text: Path, steps: int) -> dict[str, float]:
    """Pretrain on a backend, and return the last figures of its log."""
    directory = folder / backend
    done = next((folder / other for other in BACKENDS if (folder / other).is_dir()), None)
    if done is not None and done != directory:  # what does not depend on the backend
        directory.mkdir()
        shutil.copytree(done / "corpus", directory / "corpus")
        if (done / "vocab.txt").exists():
            shutil.copy(done / "vocab.txt", directory)
    config = folder / f"{backend}.toml"
    paths = {"directory": directory, "text": text.resolve(), "preset": folder / "first"}
    values = {name: json.dumps(str(path)) for name, path in paths.items()}
    config.write_text(CONFIG.format(**values, steps=steps), encoding="utf-8")
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(
        [sys.executable, "-m", "kerabert.command", "pretrain", str(config)],
        env=environment,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    lines = (directory / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return json.loads(lines[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    options = parser.parse_args()
    text = options.data / "text" / "wikinews_en.txt.gz"
    names = ("val_loss", "val_masked_lm_loss", "val_next_sentence_loss")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SAVE_FIRST_WEIGHTS, str(Path(folder) / "first")]
        subprocess.run(command, cwd=REPOSITORY, check=True)
        for backend in BACKENDS:
            figures = run(backend, Path(folder), text, options.steps)
            found[backend] = [figures[name] for name in names]
            print(backend, dict(zip(names, found[backend], strict=True)), flush=True)
    for name, values in zip(names, zip(*found.values(), strict=True), strict=True):
        spread = (max(values) - min(values)) / min(values)
        print(f"{name}: differs by {100 * spread:.3f} %")


if __name__ == "__main__":
    main()
