"""Step 5: how models are kept."""

from kerabert.checkpoints.export.export_model import export_model
from kerabert.checkpoints.hosted.publish import upload_preset
from kerabert.checkpoints.model_card import make_model_card
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.presets_folder import list_presets

__all__ = [
    "export_model",
    "list_presets",
    "load_preset",
    "make_model_card",
    "save_preset",
    "upload_preset",
]
