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
# # Read results
#
# What does a model get wrong, how sure is it when it does, and which words does it go by? A small
# pretrained BERT learns to tell which section of a clinical note a text belongs to, as in the guide
# [classify texts](text_classification.ipynb), with the same data
# ([MTS-Dialog](data/mts_dialog_sections/README.md), CC BY 4.0). On two CPU cores it takes a few
# minutes. Choose the backend before Keras is imported: `tensorflow`, `jax` or `torch`.
#
# In Colab, clone the repository, change into its folder `guides` and install what the README's
# first command installs.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
import numpy as np

import kerabert
from kerabert.datasets import read_tsv

# %% [markdown]
# ## Settings

# %%
PRESET = "kerabert_mini_en_uncased"
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "mts_dialog_sections"
OUTPUT = GUIDES / "output" / "reading_results"
EPOCHS = 6
LEARNING_RATE = 1e-3

keras.utils.set_random_seed(1)
OUTPUT.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## A model
#
# Some sections are long: every fourth has more than the 62 pieces that a window of 64 holds. With
# `long_documents="mean"` a text is read in windows that overlap, and the mean of their vectors is
# classified; `"max"` and `"attention"` are other ways to pool them. Short texts stay as they are.

# %%
train_texts, train_labels = read_tsv(DATA / "train.tsv", "text", "section")
dev_texts, dev_labels = read_tsv(DATA / "dev.tsv", "text", "section")
classes = sorted(set(train_labels))
model = kerabert.BertTextClassifier.from_preset(
    PRESET, classes=classes, sequence_length=64, long_documents="mean", max_windows=4
)
model.compile(learning_rate=LEARNING_RATE)
model.fit(train_texts, train_labels, batch_size=16, epochs=EPOCHS, verbose=2)

# %% [markdown]
# ## The report
#
# `report` computes the model once. Printed it is a table: scores of each class, accuracy, the
# expected calibration error (by how much the model is surer than it is right), and the errors of
# which it was surest, which are the first to read: often a label is wrong, or two classes overlap.

# %%
report = model.report(dev_texts, dev_labels)
print(report)

# %% [markdown]
# Everything in it is an attribute: here the pairs of classes that are mistaken most.

# %%
mistaken = [
    (int(count), classes[true], classes[found])
    for (true, found), count in np.ndenumerate(report.confusion)
    if true != found and count
]
for count, true, found in sorted(mistaken, reverse=True)[:5]:
    print(f"{count:3}  {true} taken for {found}")

# %% [markdown]
# `plot` draws it, and writes the picture where a path is given: the confusion matrix, and how often
# the model is right by how sure it is. In a notebook the report itself, as the last line of a cell,
# shows table and picture.

# %%
report.plot(OUTPUT / "report.png")
print(f"saved {OUTPUT / 'report.png'}")
report

# %% [markdown]
# ## Which words a prediction rests on
#
# `explain` says what each word adds to the log-odds of a class, by integrated gradients: from a
# text with [MASK] in place of each word to the text as it is. The scores add up to the difference
# of both outputs; `error` says how exactly. Blue speaks for the class, orange against it.

# %%
TEXT = "Mother died of breast cancer at 62; he smokes a pack a day and takes aspirin."
explanation = model.explain(TEXT)
print(explanation)
print(f"sum of the scores {explanation.scores.sum():+.3f}, error {explanation.error:+.4f}")
explanation

# %% [markdown]
# Why not another class? Name it.

# %%
other = model.explain(TEXT, target="MEDICATIONS")
best = max(other.words, key=lambda word: word.score)
print(f"for {other.target} ({other.probability:.1%}) speaks most: {best.text} {best.score:+.2f}")
other

# %% [markdown]
# ## Attention
#
# How much each token attends to each other, in every layer and head: click a layer, then a head.
# It shows how the encoder moves information about; for reasons, `explain` is the better witness.

# %%
maps = model.attention_maps(TEXT)
print(maps)
print("weights:", maps.weights.shape)
maps

# %% [markdown]
# ## Keeping it
#
# Outside of a notebook the same is written as a page.

# %%
page = OUTPUT / "page.html"
parts = [part._repr_html_() for part in (report, explanation, other, maps)]
page.write_text('<meta charset="utf-8">' + "<hr>".join(parts), encoding="utf-8")
print(f"saved {page}")
