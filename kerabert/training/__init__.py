"""Step 4: how a model is trained."""

from kerabert.training.exact_resume import ExactResume
from kerabert.training.lamb import BertLamb
from kerabert.training.optimizer import BertAdamW
from kerabert.training.schedule import WarmupLinearDecay

__all__ = ["BertAdamW", "BertLamb", "ExactResume", "WarmupLinearDecay"]
