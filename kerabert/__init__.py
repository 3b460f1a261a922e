"""BERT for Keras 3, from raw text to a trained, served model."""

# Before Keras is imported.
from kerabert import default_backend as _default_backend  # noqa: F401

# Strings -> integers.
from kerabert.text import (
    BertTokenizer,
    SequencePacker,
    DocumentPacker,
    TokenMasker,
    TokenBatches,
    list_classes,
    train_vocabulary,
)

# Integers -> vectors.
from kerabert.layers import (
    BertEmbedding,
    SelfAttention,
    EncoderBlock,
    Pooler,
    MaskedLMHead,
    NextSentenceHead,
    SentencePooling,
    DocumentPooling,
)

# Layers -> something you can fit.
from kerabert.models import (
    BertBackbone,
    BertTask,
    BertPretrainer,
    BertMaskedLM,
    BertNextSentencePredictor,
    BertTextClassifier,
    BertTextRegressor,
    BertTokenClassifier,
    BertQuestionAnswerer,
    BertMultipleChoice,
    BertTextEmbedder,
)

# How it is trained.
from kerabert.losses import (
    CosineRegression,
    Matryoshka,
    MultipleNegativesRanking,
    TripletMargin,
)
from kerabert.training import BertAdamW, BertLamb, ExactResume, WarmupLinearDecay

# How it is kept.
from kerabert.checkpoints import list_presets, upload_preset

__version__ = "0.1.0"

__all__ = [
    "BertAdamW",
    "BertBackbone",
    "BertEmbedding",
    "BertLamb",
    "BertMaskedLM",
    "BertMultipleChoice",
    "BertNextSentencePredictor",
    "BertPretrainer",
    "BertQuestionAnswerer",
    "BertTask",
    "BertTextClassifier",
    "BertTextEmbedder",
    "BertTextRegressor",
    "BertTokenClassifier",
    "BertTokenizer",
    "CosineRegression",
    "DocumentPacker",
    "DocumentPooling",
    "EncoderBlock",
    "ExactResume",
    "MaskedLMHead",
    "Matryoshka",
    "MultipleNegativesRanking",
    "NextSentenceHead",
    "Pooler",
    "SelfAttention",
    "SentencePooling",
    "SequencePacker",
    "TokenBatches",
    "TokenMasker",
    "TripletMargin",
    "WarmupLinearDecay",
    "list_classes",
    "list_presets",
    "train_vocabulary",
    "upload_preset",
]
