"""Step 5: how models are kept."""

from kerabert.checkpoints.export import export_model
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.checkpoints.presets_folder import list_presets

__all__ = ["export_model", "list_presets", "load_preset", "save_preset"]
