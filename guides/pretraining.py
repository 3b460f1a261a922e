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
# # Pretrain your own BERT
#
# From a folder of text to a BERT: clean the text, train a vocabulary, store tokens as shards, draw
# masked pairs of segments while the model trains, and keep it as a preset. The text here is a small
# sample of news ([Wikinews](data/wikinews/README.md), CC BY 2.5), the model a tiny one, so that all
# of it takes a few minutes on two CPU cores. The last section says what to change for a real run.
#
# Choose the backend before Keras is imported: `tensorflow`, `jax` or `torch`. In Colab, clone the
# repository, change into its folder `guides` and run
# `pip install -e '..[jax,corpora,plot,monitor]'`.

# %%
import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
import matplotlib

if "__file__" in globals():  # a script: draw into a file, without a window
    matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import kerabert
from kerabert.corpora import (
    CorpusCleaner,
    DocumentReader,
    PretrainingBatches,
    build_shards,
    cleaning_steps,
)

GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
TEXTS = GUIDES / "data" / "wikinews" / "wikinews.txt.gz"
OUTPUT = GUIDES / "output" / "pretraining"
VOCABULARY_SIZE = 4000
EPOCHS, STEPS_PER_EPOCH = 8, 100

# %% [markdown]
# ## Choose and clean the text
#
# `DocumentReader` streams plain text, JSON lines, Parquet files, a MediaWiki dump, or a folder of
# any of these, compressed or not. A cleaning step is a function from a text to a text, or to None
# to drop the document; your own do as well. The report says what each step did.

# %%
cleaner = CorpusCleaner(
    [
        cleaning_steps.repair_unicode,
        cleaning_steps.remove_control_characters,
        cleaning_steps.LengthFilter(least=20),
        cleaning_steps.NearDuplicates(threshold=0.8),
    ]
)
documents = list(cleaner(DocumentReader(TEXTS)))
print(cleaner.report)

OUTPUT.mkdir(parents=True, exist_ok=True)
cleaner.report.plot(OUTPUT / "lengths.png")
train_documents, held_out_documents = documents[:-60], documents[-60:]

# %% [markdown]
# ## Train a vocabulary
#
# Deterministic: the same text gives the same pieces.

# %%
vocabulary = kerabert.train_vocabulary(
    [document.text for document in train_documents], VOCABULARY_SIZE, lowercase=True
)
tokenizer = kerabert.BertTokenizer(vocabulary, lowercase=True)
print(len(vocabulary), "pieces, for example", " ".join(vocabulary[2000:2010]))
print(tokenizer.tokenize("The government announced an investigation yesterday."))

# %% [markdown]
# ## Store the tokens
#
# Sentences are split and tokenised once, by all cores, into Parquet files. Nothing is masked yet:
# pairs and masks are drawn anew each epoch, so nothing is stored ten times. Interrupt this and
# start it again: only what is missing is made.
#
# For a corpus that outgrows one machine, the same transform runs on Apache Beam
# (`pip install 'kerabert[beam]'`), on Dataflow, Flink or Spark:
#
# ```python
# from kerabert.corpora.beam import BuildShards, ReadDocuments
#
# with beam.Pipeline(options=PipelineOptions(["--runner=DataflowRunner", ...])) as pipeline:
#     pipeline | ReadDocuments("gs://bucket/texts") | BuildShards("gs://bucket/shards", tokenizer)
# ```

# %%
for name, part in {"train": train_documents, "held_out": held_out_documents}.items():
    built = build_shards(part, OUTPUT / "shards" / name, tokenizer, verbose=False)
    print(f"{name}: {built.num_documents} documents, {built.num_tokens:,} tokens")

# %% [markdown]
# ## What the model sees
#
# `PretrainingBatches` draws [CLS] A [SEP] B [SEP], where B follows A in half of the examples and
# comes from another document in the others, and hides 15 % of the tokens: 80 % of those behind
# [MASK], 10 % behind a random token, 10 % not at all. With `pack=True` short examples share a row,
# each with attention to itself only, so that hardly any padding is computed. Every batch follows
# from (seed, place) alone.

# %%
settings = {"tokenizer": tokenizer, "sequence_length": 32, "batch_size": 64, "pack": True}
batches = PretrainingBatches(
    OUTPUT / "shards" / "train", steps_per_epoch=STEPS_PER_EPOCH, **settings
)
x, y, weight = batches[0]
shown = x["token_ids"][0][x["example_ids"][0] == 1]
print(" ".join(vocabulary[id] for id in shown))
print("follows" if y["next_sentence"][0, 0] == 0 else "from another document")
print(f"padding: {(x['example_ids'] == 0).mean():.1%}")

# %% [markdown]
# ## Train
#
# `compile()` would take the paper's recipe as it is: AdamW, 1e-4, warm-up, linear decay. A tiny
# model wants a higher rate. `ExactResume` saves as it goes; stop this cell, run the script again,
# and it goes on at the very next batch, with the numbers of a run that was never stopped.

# %%
keras.utils.set_random_seed(0)
backbone = kerabert.BertBackbone(
    vocabulary_size=len(vocabulary),
    hidden_dim=128,
    num_layers=2,
    num_heads=2,
    intermediate_dim=512,
    dropout_rate=0.0,  # the text is too little to be learned by heart
    attention_dropout_rate=0.0,
    initializer_range=0.08,  # narrow layers want larger first weights than BERT's 0.02
)
model = kerabert.BertPretrainer(backbone, tokenizer=tokenizer, packed=True)
model.compile(learning_rate=2e-3)
held_out = PretrainingBatches(OUTPUT / "shards" / "held_out", steps_per_epoch=4, **settings)
history = model.fit(
    batches,
    epochs=EPOCHS,
    validation_data=held_out,
    callbacks=[kerabert.ExactResume(OUTPUT / "states")],
    verbose=2,
)

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, name in zip(axes, ("masked_lm", "next_sentence"), strict=True):
    for prefix, label in (("", "training"), ("val_", "held out")):
        values = history.history[f"{prefix}{name}_accuracy"]
        ax.plot(range(1, len(values) + 1), values, marker=".", label=label)
    ax.set(title=name.replace("_", " "), xlabel="epoch", ylabel="accuracy")
    ax.grid(alpha=0.3)
    ax.legend()
figure.savefig(OUTPUT / "accuracy.png", dpi=120)

# %% [markdown]
# How good is that? A model that always says the most frequent token is right this often:

# %%
targets = [held_out[i][1]["masked_lm"][held_out[i][2]["masked_lm"] > 0] for i in range(4)]
hidden = np.concatenate(targets)
most = int(np.bincount(hidden).argmax())
print(f"always {vocabulary[most]!r}: {(hidden == most).mean():.1%}")
print(f"this model, held out: {history.history['val_masked_lm_accuracy'][-1]:.1%}")

# %% [markdown]
# ## Use it
#
# The preset is a Hugging Face directory. Any task takes it, and so does `transformers`.

# %%
model.save_to_preset(OUTPUT / "preset")
for text in ("the president of the united [MASK] said .", "he was [MASK] in the city ."):
    [[candidates]] = kerabert.BertMaskedLM.from_preset(OUTPUT / "preset").fill_mask([text], top_k=5)
    print(text, " -> ", ", ".join(f"{c.token} {c.score:.0%}" for c in candidates))
classifier = kerabert.BertTextClassifier.from_preset(OUTPUT / "preset", classes=["no", "yes"])

# %% [markdown]
# ## A real run
#
# The same steps in one file, for `kerabert pretrain run.toml`: with a log, a picture of the losses,
# TensorBoard files (`tensorboard --logdir run/tensorboard`), filled masks after each epoch, and
# exact resume. It is started again in the same way after a crash.
#
# A run of few tokens learns faster from short rows: this guide's are of 32 tokens, where BERT's are
# of 128 in the first nine tenths of its steps, and of 512 in the last one.
#
# ```toml
# directory = "run"
# samples = ["the capital of france is [MASK] ."]
#
# [corpus]
# paths = ["texts/"]
# cleaning = ["repair_unicode", "remove_control_characters", "length", "near_duplicates"]
#
# [vocabulary]
# size = 30000
#
# [model]
# hidden_dim = 768
# num_layers = 12
# num_heads = 12
# intermediate_dim = 3072
#
# [optimizer]              # the paper's; for batches of thousands of rows, name = "lamb"
# learning_rate = 1e-4
#
# [[stages]]
# sequence_length = 128
# batch_size = 256
# steps = 900000
#
# [[stages]]
# sequence_length = 512
# batch_size = 256
# steps = 100000
# ```
