"""Google's TensorFlow checkpoints of BERT, without TensorFlow."""
