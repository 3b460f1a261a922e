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
# # Search by meaning
#
# A small pretrained BERT learns to give questions and their answers vectors that are near each
# other, so that the answer to a question can be found by its meaning. The data are real, 1,200
# health questions with answers from sites of the National Institutes of Health
# ([MedQuAD](data/medquad/README.md), CC BY 4.0). On two CPU cores it takes a few minutes. Choose
# the backend before Keras is imported: `tensorflow`, `jax` or `torch`.
#
# In Colab, clone the repository, change into its folder `guides` and install what the README's
# first command installs.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import gzip
from pathlib import Path

import keras
import matplotlib
import numpy as np

if "__file__" in globals():  # a script: draw into a file, without a window
    matplotlib.use("Agg")
import matplotlib.pyplot as plt

import kerabert
from kerabert.losses import Matryoshka, MultipleNegativesRanking

# %% [markdown]
# ## Settings
#
# The preset comes with the library: a small English BERT that was pretrained from scratch and knows
# nothing of sentence vectors yet. A directory of `sentence-transformers` would do as well.

# %%
PRESET = "kerabert_mini_en_uncased"
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
DATA = GUIDES / "data" / "medquad"
OUTPUT = GUIDES / "output" / "sentence_vectors"
EPOCHS = 5
LEARNING_RATE = 3e-4

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# A document is a question in its first line and the answer in the others. The last 200 are for
# testing: each of their questions is to find its answer among the 200 answers.

# %%
text = gzip.decompress((DATA / "medquad.txt.gz").read_bytes()).decode("utf-8")
documents = [document.split("\n", 1) for document in text.strip().split("\n\n")]
questions = [question for question, _ in documents]
answers = [answer.replace("\n", " ") for _, answer in documents]
split = len(documents) - 200
train = (questions[:split], answers[:split])
dev_questions, dev_answers = questions[split:], answers[split:]
print(f"{split} questions with answers to learn from, {len(dev_questions)} to test on")
print(dev_questions[0], dev_answers[0][:60], sep="\n")

# %% [markdown]
# ## The model
#
# The vector of a text is the mean of those of its tokens, of length 1, so that a product of two is
# their cosine. Answers are cut to their first 48 tokens.

# %%
model = kerabert.BertTextEmbedder.from_preset(PRESET, sequence_length=48)
print(f"{model.count_params():,} weights on {keras.backend.backend()}")

# %% [markdown]
# ## Before
#
# `search` embeds what it is given. A corpus that is searched again and again is embedded once, by
# `embed`, and its vectors are handed over.


# %%
def rank_answers() -> np.ndarray:
    """At which place the answer of each test question is found, from 1."""
    scores = model.similarity(dev_questions, dev_answers)
    return 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)


def show(query: str) -> None:
    print(query)
    for result in model.search(query, dev_answers, top_k=3, vectors=model.embed(dev_answers)):
        print(f"  {result.score:5.2f}  {result.text[:80]}")


QUERY = "Can it be passed on from parents to their children?"
show(QUERY)
before = rank_answers()
similar_before = model.similarity(dev_questions[:24], dev_answers[:24])

# %% [markdown]
# ## Training
#
# Pairs go straight into `fit`. Each question is to be nearer to its answer than to the other
# answers of the batch, which are its negatives: the larger the batch, the more there is to learn
# from. `chunk_size` computes a large batch in parts, in the memory of one. `Matryoshka` asks the
# same of the first 64 dimensions alone, so that shorter vectors can be kept.

# %%
sizes = [model.backbone.hidden_dim, model.backbone.hidden_dim // 4]
model.compile(
    loss=Matryoshka(MultipleNegativesRanking(), dims=sizes),
    learning_rate=LEARNING_RATE,
    chunk_size=32,
)
history = model.fit(
    train,
    batch_size=64,
    epochs=EPOCHS,
    validation_data=((dev_questions, dev_answers), None),
).history

# %% [markdown]
# ## The result

# %%
show(QUERY)
after = rank_answers()
print(f"\n{'the answer is found':22} {'first':>7} {'in 10':>7}")
for name, ranks in (("before", before), ("after", after)):
    print(f"{name:22} {np.mean(ranks == 1):7.1%} {np.mean(ranks <= 10):7.1%}")
short = [model.embed(texts, dim=sizes[1]) for texts in (dev_questions, dev_answers)]
scores = model.similarity(*short)
ranks = 1 + (scores > np.diag(scores)[:, None]).sum(axis=1)
print(
    f"{f'after, {sizes[1]} dimensions':22} {np.mean(ranks == 1):7.1%} {np.mean(ranks <= 10):7.1%}"
)

# %% [markdown]
# ## Keeping it
#
# The preset is a directory that `from_preset` opens, and `sentence-transformers` as well.

# %%
OUTPUT.mkdir(parents=True, exist_ok=True)
model.save_to_preset(OUTPUT / "preset")
again = kerabert.BertTextEmbedder.from_preset(OUTPUT / "preset")
assert np.abs(again.embed(dev_questions[:8]) - model.embed(dev_questions[:8])).max() < 1e-5
print(f"saved to {OUTPUT / 'preset'}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
similar_after = model.similarity(dev_questions[:24], dev_answers[:24])
for axis, name, similar in zip(
    axes, ("before", "after"), (similar_before, similar_after), strict=False
):
    axis.imshow(similar, cmap="viridis")
    axis.set(title=f"Cosines {name}", xlabel="answer", ylabel="question")
places = np.arange(1, 21)
for name, ranks in (("before", before), ("after", after)):
    axes[2].plot(places, [np.mean(ranks <= place) for place in places], marker=".", label=name)
axes[2].set(title="Questions whose answer is found", xlabel="among the first", ylim=(0, 1))
axes[2].legend()
axes[2].grid(alpha=0.3)
figure.savefig(OUTPUT / "search.png", dpi=120)
print(f"saved {OUTPUT / 'search.png'}")
