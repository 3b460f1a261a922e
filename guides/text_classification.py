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
# # Classify texts
#
# A small pretrained BERT learns to tell which section of a clinical note a text belongs to:
# allergies, family history, medication... The data are real, 1,201 sections of 20 kinds
# ([MTS-Dialog](data/mts_dialog_sections/README.md), CC BY 4.0). On two CPU cores it takes a few
# minutes. Choose the backend before Keras is imported: `tensorflow`, `jax` or `torch`.
#
# In Colab, clone the repository, change into its folder `guides` and install what the README's
# first command installs.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections import Counter
from pathlib import Path

import keras
import matplotlib

if "__file__" in globals():  # a script: draw into a file, without a window
    matplotlib.use("Agg")
import matplotlib.pyplot as plt

import kerabert

# %% [markdown]
# ## Settings
#
# The preset is a small one that ships with the library, 4 layers of 192. Larger ones are hosted
# (`kerabert.list_presets()`), and any directory in the Hugging Face layout does as well.

# %%
PRESET = "kerabert_mini_en_uncased"
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "mts_dialog_sections"
OUTPUT = GUIDES / "output" / "text_classification"
EPOCHS = 8
LEARNING_RATE = 1e-3

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# Texts and labels are plain lists of strings.


# %%
def read_tsv(path: Path) -> tuple[list[str], list[str]]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")[1:] if line]
    return [text for _, text in rows], [section for section, _ in rows]


train_texts, train_labels = read_tsv(DATA / "train.tsv")
dev_texts, dev_labels = read_tsv(DATA / "dev.tsv")
classes = sorted(set(train_labels))
print(f"{len(train_texts)} sections to learn from, {len(dev_texts)} to test on")
print(f"{len(classes)} kinds: {', '.join(classes)}")

# %% [markdown]
# ## The model
#
# `from_preset` loads the encoder and its tokenizer; `classes` starts a new head with those names.
# Texts longer than `sequence_length` tokens are cut; shorter ones are not padded to it, since
# batches are made of texts of similar length.

# %%
model = kerabert.BertTextClassifier.from_preset(PRESET, classes=classes, sequence_length=128)
print(f"{model.count_params():,} weights on {keras.backend.backend()}")

# %% [markdown]
# ## Training
#
# Strings go straight into `fit`. Without arguments, `compile` takes BERT's own recipe: AdamW, a
# learning rate that warms up and then falls to 0, clipped gradients.

# %%
model.compile(learning_rate=LEARNING_RATE)
history = model.fit(
    train_texts,
    train_labels,
    batch_size=16,
    epochs=EPOCHS,
    validation_data=(dev_texts, dev_labels),
).history

# %% [markdown]
# ## The result
#
# Beside it, what always answering the most frequent kind would score.

# %%
majority = Counter(train_labels).most_common(1)[0][0]
baseline = sum(label == majority for label in dev_labels) / len(dev_labels)
accuracy = model.evaluate(dev_texts, dev_labels, verbose=0, return_dict=True)["accuracy"]
print(f"dev accuracy      {accuracy:6.1%}")
print(f"majority baseline {baseline:6.1%}  (always {majority})")

# %%
SENTENCES = [
    "Penicillin gives her hives.",
    "Mother died of breast cancer at 62; he smokes a pack a day.",
    "Lisinopril 10 mg daily, aspirin 81 mg daily.",
    "Appendectomy in 1998 and a left knee replacement two years ago.",
]
for sentence, result in zip(SENTENCES, model.classify(SENTENCES), strict=True):
    print(f"{result.label:14} {result.score:6.1%}  {sentence}")

# %% [markdown]
# ## Keeping it
#
# The preset is a directory that `from_preset` opens, and Hugging Face `transformers` as well.

# %%
OUTPUT.mkdir(parents=True, exist_ok=True)
model.save_to_preset(OUTPUT / "preset")
again = kerabert.BertTextClassifier.from_preset(OUTPUT / "preset")
assert again.classify(SENTENCES)[0].label == model.classify(SENTENCES)[0].label
print(f"saved to {OUTPUT / 'preset'}")

# %%
epochs = range(1, len(history["loss"]) + 1)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
left.plot(epochs, history["loss"], marker="o", label="training")
left.plot(epochs, history["val_loss"], marker="o", label="dev")
left.set(title="Loss", xlabel="epoch", xticks=epochs)
right.plot(epochs, history["accuracy"], marker="o", label="training")
right.plot(epochs, history["val_accuracy"], marker="o", label="dev")
right.axhline(baseline, color="grey", linestyle="--", label="majority baseline")
right.set(title="Accuracy", xlabel="epoch", xticks=epochs, ylim=(0, 1))
for axis in (left, right):
    axis.legend()
    axis.grid(alpha=0.3)
figure.savefig(OUTPUT / "training_curves.png", dpi=120)
print(f"saved {OUTPUT / 'training_curves.png'}")
