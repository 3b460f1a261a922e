import numpy as np

from tests.checks import largest_difference
from tests.models.test_backbone import INPUTS
from tests.tiny import make_backbone


def test_states_are_those_of_the_backbone():
    backbone = make_backbone()
    outputs = backbone.predict(INPUTS, verbose=0)
    states = backbone.with_states(attention_weights=True).predict(INPUTS, verbose=0)
    assert largest_difference(states["sequence_output"], outputs["sequence_output"]) < 1e-6
    assert largest_difference(states["pooled_output"], outputs["pooled_output"]) < 1e-6
    assert [s.shape for s in states["hidden_states"]] == [(2, 6, 8)] * 3
    assert largest_difference(states["hidden_states"][-1], outputs["sequence_output"]) < 1e-6
    embedded = backbone.embedding(INPUTS["token_ids"], INPUTS["segment_ids"])
    assert largest_difference(states["hidden_states"][0], embedded) < 1e-6
    assert [w.shape for w in states["attention_weights"]] == [(2, 2, 6, 6)] * 2
    for weights in states["attention_weights"]:
        np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)


def test_only_what_was_asked_for():
    backbone = make_backbone(use_pooler=False)
    outputs = backbone.with_states(hidden_states=False)(INPUTS)
    assert set(outputs) == {"sequence_output"}
    outputs = backbone.with_states()(INPUTS)
    assert set(outputs) == {"sequence_output", "hidden_states"}
