"""The SHA-256 of the first 200 batches: `python -m tests.corpora.batch_digest folder packed?`."""

import hashlib
import sys

from kerabert.corpora import PretrainingBatches
from tests.corpora.corpus import make_tokenizer

NUM_BATCHES = 200


def digest_batches(folder, packed=False, stops=()):
    """Of a run that stops before these batches and goes on as another one."""
    digest = hashlib.sha256()
    batches, begun = make(folder, packed, (0, 0, 0)), 0
    for number in range(NUM_BATCHES):
        if number in stops:
            batches, begun = make(folder, packed, batches.place_of(number - begun)), number
        x, y, weights = batches[number - begun]
        for name, arrays in (("x", x), ("y", y), ("weights", weights)):
            for key in sorted(arrays):
                array = arrays[key]
                digest.update(f"{name} {key} {array.dtype} {array.shape}".encode())
                digest.update(array.tobytes())
    return digest.hexdigest()


def make(folder, packed, place):
    settings = {"sequence_length": 32, "batch_size": 8, "steps_per_epoch": NUM_BATCHES}
    return PretrainingBatches(
        folder, make_tokenizer(), **settings, pool_tokens=4000, pack=packed, place=place
    )


if __name__ == "__main__":
    print(digest_batches(sys.argv[1], sys.argv[2:] == ["packed"]))
