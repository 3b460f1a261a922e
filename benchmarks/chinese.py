"""A preset of English that knows the Chinese characters of some texts, for the benchmarks."""

import tempfile
from pathlib import Path


def extended_preset(directory: Path, texts: list[str]) -> Path:
    """Save a preset with the characters that the texts have at least twice, and say where.

    The vocabulary of characters is trained on the texts alone. The vectors of characters that the
    preset did not know are drawn at random, as spread as those of its other pieces; they learn in
    fine-tuning. Both libraries open the same directory, which holds no head.
    """
    import keras
    import numpy as np

    import kerabert
    from kerabert.models import extend_vocabulary

    model = kerabert.BertTextEmbedder.from_preset(directory)
    tokenizer = model.tokenizer
    known = set(tokenizer.vocabulary)
    pieces = kerabert.train_vocabulary(texts, size=20_000)
    new = [piece for piece in pieces if len(piece) == 1 and piece not in known]
    new = [piece for piece in new if tokenizer.tokenize(piece) == ["[UNK]"]]
    print(f"{len(new)} characters are new to {directory}")
    model = extend_vocabulary(model, new)
    (table,) = (w for w in model.weights if w.path.endswith("token_embedding/embeddings"))
    values = keras.ops.convert_to_numpy(table).copy()
    spread = values[: tokenizer.vocabulary_size].std()
    first = tokenizer.vocabulary_size
    drawn = np.random.default_rng(0).normal(0.0, spread, values[first:].shape)
    values[first : first + len(new)] = drawn[: len(new)]
    table.assign(values)
    saved = Path(tempfile.mkdtemp()) / "preset"
    model.save_to_preset(saved)
    return saved
