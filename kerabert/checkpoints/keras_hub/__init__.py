"""KerasHub's presets of BERT, without KerasHub."""
