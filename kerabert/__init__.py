"""BERT for Keras 3, from raw text to a trained, served model."""
