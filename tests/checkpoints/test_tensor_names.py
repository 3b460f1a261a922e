import pytest

from kerabert.checkpoints.tensor_names import current_name


@pytest.mark.parametrize(
    "old, new",
    [
        ("bert.embeddings.LayerNorm.gamma", "bert.embeddings.LayerNorm.weight"),
        ("encoder.layer.0.output.LayerNorm.beta", "encoder.layer.0.output.LayerNorm.bias"),
        ("cls.predictions.transform.LayerNorm.weight", None),
        ("pooler.dense.bias", None),
        ("gamma", None),
    ],
)
def test_names(old, new):
    assert current_name(old) == (new or old)
