from pathlib import Path

import pytest

import kerabert
from kerabert.command import main
from tests.checkpoints.presets import are_equal, make_classifier, make_plain, read_tensors


@pytest.fixture
def preset(tmp_path):
    make_classifier().save_to_preset(tmp_path / "preset")
    return str(tmp_path / "preset")


def test_presets(capsys):
    assert main(["presets"]) == 0
    assert capsys.readouterr().out.strip() == str(kerabert.list_presets())


def test_inspect(preset, capsys):
    assert main(["inspect", preset]) == 0
    out = capsys.readouterr().out
    assert "class          BertTextClassifier" in out and "model.safetensors" in out


def test_convert(preset, tmp_path, capsys):
    assert main(["convert", preset, str(tmp_path / "copy"), "--to", "hugging_face"]) == 0
    assert "a BertTextClassifier in the format hugging_face" in capsys.readouterr().out
    loaded = kerabert.BertTextClassifier.from_preset(tmp_path / "copy")
    assert are_equal(loaded, make_classifier()) and loaded.classes == ["no", "yes", "Zürich"]


def test_pickled_weights_are_read_on_request_only(preset, tmp_path, capsys):
    torch = pytest.importorskip("torch")
    plain = make_plain(Path(preset), tmp_path / "plain")
    tensors = {name: torch.tensor(array) for name, array in read_tensors(plain).items()}
    (plain / "model.safetensors").unlink()
    torch.save(tensors, plain / "pytorch_model.bin")
    words = ["convert", str(plain), str(tmp_path / "copy"), "--to", "hugging_face"]
    assert main(words) == 1
    assert "load_pickled" in capsys.readouterr().err
    assert main([*words, "--load-pickled"]) == 0
    assert main(["inspect", str(plain), "--load-pickled"]) == 0
    assert "pytorch_model.bin" in capsys.readouterr().out
    loaded = kerabert.BertTextClassifier.from_preset(tmp_path / "copy")
    assert are_equal(loaded, make_classifier())


def test_convert_a_part(preset, tmp_path):
    target = str(tmp_path / "copy")
    assert main(["convert", preset, target, "--to", "hugging_face", "--class", "BertBackbone"]) == 0
    assert kerabert.BertBackbone.from_preset(target).hidden_dim == 8


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["inspect", "nowhere"], "nowhere"),
        (["convert", "nowhere", "there", "--to", "google"], "nowhere"),
        (["convert", "PRESET", "there", "--to", "google", "--class", "int"], "`--class` must be"),
    ],
)
def test_an_error_is_a_line_and_a_code(preset, words, message, capsys):
    words = [preset if word == "PRESET" else word for word in words]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("kerabert: ") and message in error and error.count("\n") == 1


def test_usage():
    for words in ([], ["convert", "a", "b"], ["convert", "a", "b", "--to", "onnx"]):
        with pytest.raises(SystemExit) as exit:
            main(words)
        assert exit.value.code == 2


def test_pretrain(tmp_path, capsys, monkeypatch):
    pytest.importorskip("pyarrow")
    texts = [f"the film number {i} was good . it was not very bad . great ." for i in range(40)]
    (tmp_path / "texts.txt").write_text("\n\n".join(texts))
    config = tmp_path / "run.toml"
    config.write_text(
        'directory = "run"\nverbose = 0\n'
        '[corpus]\npaths = ["texts.txt"]\nheld_out_rate = 0.3\n'
        "[vocabulary]\nsize = 50\n"
        "[model]\nhidden_dim = 8\nnum_layers = 1\nnum_heads = 1\nintermediate_dim = 8\n"
        "[[stages]]\nsteps = 1\nsequence_length = 16\nbatch_size = 2\nheld_out_batches = 1\n"
    )
    assert main(["pretrain", str(config)]) == 0
    assert "run: pretrained" in capsys.readouterr().out
    assert kerabert.BertPretrainer.from_preset(tmp_path / "run" / "preset").tokenizer is not None

    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("kerabert.training.pretrain.pretrain", interrupted)
    assert main(["pretrain", str(config)]) == 130
    assert main(["pretrain", str(tmp_path / "nowhere.toml")]) == 1
    assert "nowhere.toml" in capsys.readouterr().err
