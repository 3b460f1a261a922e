"""How models are kept, read and handed on."""

from typing import Any, Self


class PresetMethods:
    """`from_preset`, `save_to_preset` and `export` of the backbone and of every task."""

    @classmethod
    def from_preset(cls, preset: Any, **kwargs: Any) -> Self:
        """Make a model from a preset, hosted or not; see `kerabert.checkpoints.load_preset`."""
        from kerabert.checkpoints.preset import load_preset

        return load_preset(cls, preset, **kwargs)

    def save_to_preset(self, directory: Any, format: str = "hugging_face") -> None:
        """Write a directory that others open too; see `kerabert.checkpoints.save_preset`."""
        from kerabert.checkpoints.preset import save_preset

        save_preset(self, directory, format)

    def export(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """Write the model for other runtimes; see `kerabert.checkpoints.export_model`."""
        from kerabert.checkpoints.export.export_model import export_model

        export_model(self, filepath, *args, **kwargs)
