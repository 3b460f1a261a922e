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
# # Adapt BERT to your domain
#
# A BERT that was pretrained on general text goes on with text of your field before it is
# fine-tuned, as ClinicalBERT did with clinical notes. Here the field is health: questions and
# answers of the National Institutes of Health ([MedQuAD](data/medquad/README.md), CC BY 4.0). The
# vocabulary gets the words that it has to cut into most pieces; the model goes on with masked
# tokens and next sentences; and at the end the same held-out text, and the same masks, show what
# that was worth. It takes a few minutes on two CPU cores.
#
# Choose the backend before Keras is imported: `tensorflow`, `jax` or `torch`. In Colab, clone the
# repository, change into its folder `guides` and run `pip install -e '..[jax,corpora,plot]'`.

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

import kerabert
from kerabert.corpora import (
    CorpusCleaner,
    DocumentReader,
    PretrainingBatches,
    build_shards,
    cleaning_steps,
)
from kerabert.models import extend_vocabulary
from kerabert.text import choose_new_words

PRESET = "kerabert_mini_en_uncased"
GUIDES = Path(__file__).parent if "__file__" in globals() else Path.cwd()
TEXTS = GUIDES / "data" / "medquad" / "medquad.txt.gz"
OUTPUT = GUIDES / "output" / "domain_adaptation"
NEW_WORDS = 200
EPOCHS, STEPS_PER_EPOCH = 4, 100
HELD_OUT_STEPS = 10

keras.utils.set_random_seed(0)

# %% [markdown]
# ## The text of the field
#
# For notes about patients, `mask_personal_data` puts placeholders in the place of dates, addresses,
# telephone numbers and the like; it does not replace a proper de-identification.

# %%
cleaner = CorpusCleaner(
    [
        cleaning_steps.repair_unicode,
        cleaning_steps.mask_personal_data,
        cleaning_steps.LengthFilter(least=20),
        cleaning_steps.NearDuplicates(threshold=0.8),
    ]
)
documents = list(cleaner(DocumentReader(TEXTS)))
print(cleaner.report)
train_documents, held_out_documents = documents[:-120], documents[-120:]

# %% [markdown]
# ## New words
#
# A word that comes often and in many pieces costs most. Its embedding begins as the mean of its
# pieces'.

# %%
general = kerabert.BertPretrainer.from_preset(PRESET, packed=True)
words = choose_new_words(
    [document.text for document in train_documents], general.tokenizer, NEW_WORDS
)
print(len(words), "new words:", ", ".join(words[:12]))
model = extend_vocabulary(general, words)
for word in words[:3]:
    print(" ".join(general.tokenizer.tokenize(word)), " -> ", *model.tokenizer.tokenize(word))

# %% [markdown]
# ## Shards of tokens, and the model as it is
#
# Both measurements are of the extended vocabulary: losses of different vocabularies do not compare.

# %%
for name, part in {"train": train_documents, "held_out": held_out_documents}.items():
    built = build_shards(part, OUTPUT / "shards" / name, model.tokenizer, verbose=False)
    print(f"{name}: {built.num_documents} documents, {built.num_tokens:,} tokens")


def read(name: str, steps: int) -> PretrainingBatches:
    return PretrainingBatches(
        OUTPUT / "shards" / name,
        model.tokenizer,
        sequence_length=128,
        batch_size=16,
        steps_per_epoch=steps,
        pack=True,
    )


MASKED = [
    "the doctor gave her [MASK] for the pain .",
    "symptoms of the disease include fever and [MASK] .",
    "the cancer has spread to the [MASK] nodes .",
]
model.compile(learning_rate=5e-4)
before = model.evaluate(read("held_out", HELD_OUT_STEPS), return_dict=True, verbose=0)
filled_before = model.fill_mask(MASKED, top_k=4)

# %% [markdown]
# ## Go on with pretraining

# %%
history = model.fit(
    read("train", STEPS_PER_EPOCH),
    epochs=EPOCHS,
    callbacks=[kerabert.ExactResume(OUTPUT / "states")],
    verbose=2,
)
after = model.evaluate(read("held_out", HELD_OUT_STEPS), return_dict=True, verbose=0)
filled_after = model.fill_mask(MASKED, top_k=4)

# %%
for name in ("masked_lm_loss", "masked_lm_accuracy", "next_sentence_accuracy"):
    print(f"{name.replace('_', ' '):<24} {before[name]:7.3f} before {after[name]:7.3f} after")
for text, [old], [new] in zip(MASKED, filled_before, filled_after, strict=True):
    print(text)
    print("   before:", ", ".join(candidate.token for candidate in old))
    print("   after: ", ", ".join(candidate.token for candidate in new))

names = ("masked_lm_accuracy", "next_sentence_accuracy")
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for shift, label, figures in ((-0.2, "before", before), (0.2, "after", after)):
    ax.bar([i + shift for i in range(2)], [figures[n] for n in names], 0.4, label=label)
ax.set_xticks(range(2), [name.replace("_accuracy", "").replace("_", " ") for name in names])
ax.set(ylabel="accuracy on held-out health text")
ax.legend()
figure.savefig(OUTPUT / "before_and_after.png", dpi=120)

# %% [markdown]
# ## Fine-tune the adapted model
#
# The preset is like any other: give it to a task.

# %%
model.save_to_preset(OUTPUT / "preset")
tagger = kerabert.BertTokenClassifier.from_preset(
    OUTPUT / "preset", classes=["O", "B-Disease", "I-Disease"]
)
print(f"{tagger.count_params():,} parameters, {tagger.tokenizer.vocabulary_size:,} pieces")

# %% [markdown]
# On a larger scale the same is a file for `kerabert pretrain run.toml`: with `preset` under
# `[model]` and `additions` under `[vocabulary]`. The preset `kerabert_mini_clinical_en_uncased` was
# made in this way.
#
# ```toml
# directory = "clinical"
# [corpus]
# paths = ["notes/"]
# cleaning = ["repair_unicode", "mask_personal_data", "length", "near_duplicates"]
# [vocabulary]
# additions = 500
# [model]
# preset = "kerabert_mini_en_uncased"
# [optimizer]
# learning_rate = 3e-4
# [[stages]]
# steps = 10000
# ```
