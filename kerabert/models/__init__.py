"""Step 3: layers made into something you can fit."""

from kerabert.models.answers import Answer
from kerabert.models.backbone import BertBackbone
from kerabert.models.choices import Choice
from kerabert.models.classifications import Classification
from kerabert.models.entities import Entity
from kerabert.models.extended_vocabulary import extend_vocabulary
from kerabert.models.fill_mask import FilledMask
from kerabert.models.masked_lm import BertMaskedLM
from kerabert.models.multiple_choice import BertMultipleChoice
from kerabert.models.next_sentence import NextSentence
from kerabert.models.next_sentence_predictor import BertNextSentencePredictor
from kerabert.models.pretrainer import BertPretrainer
from kerabert.models.question_answerer import BertQuestionAnswerer
from kerabert.models.task import BertTask
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.models.text_embedder import BertTextEmbedder
from kerabert.models.text_regressor import BertTextRegressor
from kerabert.models.text_search import SearchResult
from kerabert.models.token_classifier import BertTokenClassifier

__all__ = [
    "Answer",
    "BertBackbone",
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
    "Choice",
    "Classification",
    "Entity",
    "FilledMask",
    "NextSentence",
    "SearchResult",
    "extend_vocabulary",
]
