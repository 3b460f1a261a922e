"""Models for runtimes other than Keras."""
