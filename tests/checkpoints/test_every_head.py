"""Every head of Hugging Face's BERT in and out, over many small architectures: nothing is lost."""

import json
import warnings

import numpy as np
import pytest

import kerabert
from kerabert.checkpoints.preset import load_preset, save_preset
from tests.checkpoints.presets import VOCABULARY, read_tensors
from tests.checks import to_numpy

TASKS = {
    "BertModel": "BertBackbone",
    "BertForPreTraining": "BertPretrainer",
    "BertForMaskedLM": "BertMaskedLM",
    "BertForNextSentencePrediction": "BertNextSentencePredictor",
    "BertForSequenceClassification": "BertTextClassifier",
    "regression": "BertTextRegressor",
    "BertForTokenClassification": "BertTokenClassifier",
    "BertForQuestionAnswering": "BertQuestionAnswerer",
    "BertForMultipleChoice": "BertMultipleChoice",
}
ACTIVATIONS = ("gelu", "gelu_new", "relu", "silu")
LENGTH = 7


def random_config(seed):
    """The sizes and rules of a small BERT, different for each seed."""
    generator = np.random.default_rng(seed)
    heads = int(generator.choice([1, 2, 4]))
    return {
        "vocab_size": len(VOCABULARY) + int(generator.integers(0, 3)),
        "hidden_size": heads * int(generator.integers(2, 5)),
        "num_hidden_layers": int(generator.integers(1, 4)),
        "num_attention_heads": heads,
        "intermediate_size": int(generator.integers(5, 20)),
        "max_position_embeddings": int(generator.integers(LENGTH, 20)),
        "type_vocab_size": int(generator.integers(1, 4)),
        "hidden_act": ACTIVATIONS[seed % len(ACTIVATIONS)],
        "layer_norm_eps": float(generator.choice([1e-12, 1e-5, 1e-3])),
        "hidden_dropout_prob": float(generator.choice([0.0, 0.1, 0.3])),
        "attention_probs_dropout_prob": float(generator.choice([0.0, 0.2])),
        "tie_word_embeddings": bool(generator.integers(0, 2)),
        "classifier_dropout": None if seed % 2 else 0.25,
        "initializer_range": 0.05,
    }


def make_theirs(name, seed, directory):
    """A model of transformers with random weights, saved."""
    import torch
    import transformers

    config = random_config(seed)
    if name == "BertForSequenceClassification":
        labels = {i: f"label {i}" for i in range(2 + seed % 3)}
        kind = "multi_label_classification" if seed % 2 else None
        config |= {"id2label": labels, "problem_type": kind}
        config["label2id"] = {label: i for i, label in labels.items()}
    elif name == "BertForTokenClassification":
        config |= {"num_labels": 5}
    elif name == "regression":
        config |= {"num_labels": 1 + seed % 3, "problem_type": "regression"}
        name = "BertForSequenceClassification"
    torch.manual_seed(seed)
    model = getattr(transformers, name)(transformers.BertConfig(**config)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(directory)
    return model


def random_inputs(config, seed, multiple_choice):
    generator = np.random.default_rng(seed)
    shape = (2, 3, LENGTH) if multiple_choice else (3, LENGTH)
    mask = np.ones(shape, bool)
    mask[..., 1, LENGTH - 2 :] = False
    return {
        "token_ids": generator.integers(0, config["vocab_size"], shape).astype("int32"),
        "segment_ids": generator.integers(0, config["type_vocab_size"], shape).astype("int32"),
        "padding_mask": mask,
    }


def their_outputs(model, x):
    """What transformers computes, in kerabert's form; at padding nothing is compared."""
    import torch

    with torch.no_grad():
        outputs = model(
            input_ids=torch.tensor(x["token_ids"]).long(),
            token_type_ids=torch.tensor(x["segment_ids"]).long(),
            attention_mask=torch.tensor(x["padding_mask"]).long(),
        )
    name = type(model).__name__
    named = {
        "BertModel": {"last_hidden_state": "sequence_output", "pooler_output": "pooled_output"},
        "BertForPreTraining": {
            "prediction_logits": "masked_lm",
            "seq_relationship_logits": "next_sentence",
        },
        "BertForQuestionAnswering": {"start_logits": "start", "end_logits": "end"},
    }.get(name)
    if named is None:
        return outputs.logits.numpy()
    return {ours: getattr(outputs, theirs).numpy() for theirs, ours in named.items()}


def our_outputs(model, x):
    if "mask_positions" in (model.input if isinstance(model.input, dict) else ()):
        positions = np.tile(np.arange(LENGTH, dtype="int32"), (len(x["token_ids"]), 1))
        x = {**x, "mask_positions": positions}
    return to_numpy(model(x))


def difference(ours, theirs, mask):
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        return max(difference(ours[key], theirs[key], mask) for key in theirs)
    assert ours.shape == theirs.shape
    by_token = ours.shape[: mask.ndim] == mask.shape
    gap = np.abs(ours - theirs)
    return float(gap[mask].max() if by_token else gap.max())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", TASKS)
def test_in_and_out(name, seed, tmp_path):
    import transformers

    theirs = make_theirs(name, seed, tmp_path / "theirs")
    task = getattr(kerabert, TASKS[name])
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*fresh")
        ours = load_preset(task, tmp_path / "theirs")
        save_preset(ours, tmp_path / "ours")
        again = load_preset(task, tmp_path / "ours")
    config = theirs.config.to_dict()
    x = random_inputs(config, seed, name == "BertForMultipleChoice")
    expected = their_outputs(theirs, x)
    assert difference(our_outputs(ours, x), expected, x["padding_mask"]) < 1e-5
    assert again.get_config() | {"name": "", "backbone": ""} == ours.get_config() | {
        "name": "",
        "backbone": "",
    }

    before, after = read_tensors(tmp_path / "theirs"), read_tensors(tmp_path / "ours")
    if not config["tie_word_embeddings"] and "cls.predictions.bias" in before:
        # Untied, transformers computes with the decoder's bias and leaves this one unused.
        before["cls.predictions.bias"] = before["cls.predictions.decoder.bias"]
    assert before.keys() == after.keys()
    for tensor in before:
        assert before[tensor].tobytes() == after[tensor].tobytes(), tensor

    written = json.loads((tmp_path / "ours" / "config.json").read_text())
    for key in random_config(seed).keys() - {"classifier_dropout", "tie_word_embeddings"}:
        assert written[key] == config[key], key
    reopened, info = type(theirs).from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert reopened.config.id2label == theirs.config.id2label
    assert difference(their_outputs(reopened.eval(), x), expected, x["padding_mask"]) < 1e-6
    assert transformers.AutoConfig.from_pretrained(tmp_path / "ours").model_type == "bert"
