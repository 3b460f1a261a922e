import json

import pytest

from kerabert.checkpoints.heads import HEADS
from kerabert.checkpoints.model_card import make_model_card
from kerabert.checkpoints.preset import save_preset
from tests.checkpoints.presets import (
    make_backbone,
    make_classifier,
    make_plain,
    make_tokenizer,
)

yaml = pytest.importorskip("yaml")


@pytest.fixture
def classifier(tmp_path):
    model = make_classifier(classes=["no", "yes|no", "Zürich"])
    save_preset(model, tmp_path / "preset")
    return tmp_path / "preset", model


def header_of(card):
    _, header, _ = card.split("---\n", 2)
    return yaml.safe_load(header)


def test_the_header(classifier):
    card = make_model_card(
        classifier[0],
        "hf://me/notes",
        license="apache-2.0",
        language=["en", "de"],
        base_model="google-bert/bert-base-cased",
    )
    assert header_of(card) == {
        "license": "apache-2.0",
        "language": ["en", "de"],
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "base_model": "google-bert/bert-base-cased",
        "tags": ["kerabert", "keras", "bert"],
    }


def test_what_is_not_given_is_not_in_the_header(classifier):
    header = header_of(make_model_card(classifier[0], "hf://me/notes", license="mit"))
    assert not {"language", "base_model"} & set(header)


def test_odd_text_stays_a_value(classifier):
    odd = 'a: "b"\n---\n- {c} #d'
    card = make_model_card(classifier[0], "hf://me/notes", license=odd, base_model=odd)
    header = header_of(card)
    assert (header["license"], header["base_model"]) == (odd, odd)


def test_the_text(classifier):
    directory, model = classifier
    card = make_model_card(
        directory,
        "hf://me/notes",
        license="mit",
        description="Sorts notes.",
        data="My notes.",
        scores={"accuracy, my dev set": 0.91, "F1": "0.90 ± 0.01"},
        limits="Other people's notes.",
    )
    assert "# notes\n\nSorts notes.\n" in card
    assert f"| parameters | {model.count_params():,} |" in card
    assert "| layers | 2 |" in card and "| vocabulary | 17 |" in card
    assert "| pieces | 17 |" in card and "| `lowercase` | `True` |" in card
    assert '0. `"no"`\n1. `"yes|no"`\n2. `"Zürich"`' in card
    assert "## Training data\n\nMy notes.\n" in card
    assert "| accuracy, my dev set | 0.91 |\n| F1 | 0.90 ± 0.01 |" in card
    assert "## Limits\n\nOther people's notes.\n" in card


def test_what_is_not_given_is_not_stated(classifier):
    card = make_model_card(classifier[0], "hf://me/notes", license="mit")
    for title in ("Training data", "Scores", "Limits"):
        assert f"## {title}\n\nNot stated.\n" in card
    assert "A `BertTextClassifier` made with kerabert." in card


def test_the_code_loads_the_preset(classifier, monkeypatch):
    """The code of the card is run, with the directory in place of the repository."""
    pytest.importorskip("transformers")
    directory, model = classifier
    card = make_model_card(directory, "hf://me/notes", license="mit")
    first, second = (part.split("```")[0] for part in card.split("```python\n")[1:])
    names = {}
    exec(first.replace("hf://me/notes", str(directory)), names)
    assert names["model"].classes == model.classes
    exec(second.replace("me/notes", str(directory)), names)
    assert type(names["model"]).__name__ == "BertForSequenceClassification"
    assert names["tokenizer"].tokenize("good") == ["good"]


def test_an_embedder_is_opened_by_sentence_transformers(tmp_path):
    from kerabert.models.text_embedder import BertTextEmbedder

    save_preset(BertTextEmbedder(make_backbone(), tokenizer=make_tokenizer()), tmp_path / "p")
    card = make_model_card(tmp_path / "p", "hf://me/e", license="mit")
    assert 'SentenceTransformer("me/e")' in card
    assert header_of(card)["library_name"] == "sentence-transformers"
    assert header_of(card)["pipeline_tag"] == "sentence-similarity"


def test_a_backbone_and_a_tokenizer(tmp_path):
    save_preset(make_backbone(), tmp_path / "backbone")
    card = make_model_card(tmp_path / "backbone", "hf://me/b", license="mit")
    assert 'BertModel.from_pretrained("me/b")' in card and "## Tokenizer" not in card
    save_preset(make_tokenizer(), tmp_path / "tokenizer")
    card = make_model_card(tmp_path / "tokenizer", "hf://me/t", license="mit")
    assert 'tokenizer = kerabert.BertTokenizer.from_preset("hf://me/t")' in card
    assert "## Model" not in card and "| pieces | 17 |" in card
    assert "pipeline_tag" not in header_of(card)


@pytest.mark.parametrize("name", sorted(HEADS))
def test_every_task_has_a_card(tmp_path, name):
    import kerabert

    head = HEADS[name]
    sizes = {"num_classes": 2} if "num_classes" in head.sizes else {}
    model = getattr(kerabert, name)(make_backbone(), tokenizer=make_tokenizer(), **sizes)
    save_preset(model, tmp_path / "preset")
    card = make_model_card(tmp_path / "preset", "hf://me/m", license="mit")
    assert f'model = kerabert.{name}.from_preset("hf://me/m")' in card
    assert f"| class | `{name}` |" in card


def test_many_labels_are_cut(tmp_path):
    model = make_classifier(classes=[f"c{i}" for i in range(120)])
    save_preset(model, tmp_path / "preset")
    card = make_model_card(tmp_path / "preset", "hf://me/m", license="mit")
    assert '99. `"c99"`\n\n20 more are in `config.json`.' in card and '"c100"' not in card


def test_only_a_whole_preset_of_kerabert(classifier, tmp_path):
    directory, _ = classifier
    make_plain(directory, tmp_path / "plain")
    with pytest.raises(ValueError, match=r"kerabert\.json: the file must exist"):
        make_model_card(tmp_path / "plain", "hf://me/m", license="mit")
    with pytest.raises(ValueError, match=r"`license` must not be empty"):
        make_model_card(directory, "hf://me/m", license=" ")
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {"hidden_size": 6}))
    with pytest.raises(ValueError, match=r"config\.json: must have the"):
        make_model_card(directory, "hf://me/m", license="mit")
