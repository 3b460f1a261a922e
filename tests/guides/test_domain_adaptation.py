"""The guide runs as it is written, with a tiny model and little text in place of the real ones."""

import re

import keras
import pytest

from kerabert import BertBackbone, BertPretrainer, BertTokenizer, train_vocabulary
from kerabert.corpora import DocumentReader
from tests.checks import REPOSITORY
from tests.guides.run_guide import run_guide


def test_runs(tmp_path, capsys):
    for package in ("matplotlib", "datasketch", "ftfy", "pyarrow"):
        pytest.importorskip(package)
    texts = DocumentReader(REPOSITORY / "guides" / "data" / "medquad" / "medquad.txt.gz")
    few = [document.text for document, _ in zip(texts, range(170), strict=False)]
    (tmp_path / "few.txt").write_text("\n\n".join(few), encoding="utf-8")
    tokenizer = BertTokenizer(train_vocabulary(few, 300))
    keras.utils.set_random_seed(0)
    backbone = BertBackbone(300, 16, 1, 2, 32, max_sequence_length=128)
    BertPretrainer(backbone, tokenizer=tokenizer).save_to_preset(tmp_path / "tiny")
    settings = {
        "PRESET = .*": f"PRESET = {str(tmp_path / 'tiny')!r}",
        "TEXTS = .*": f"TEXTS = Path({str(tmp_path / 'few.txt')!r})",
        "OUTPUT = .*": f"OUTPUT = Path({str(tmp_path / 'output')!r})",
        "NEW_WORDS = .*": "NEW_WORDS = 20",
        "EPOCHS, STEPS_PER_EPOCH = .*": "EPOCHS, STEPS_PER_EPOCH = 1, 3",
        "HELD_OUT_STEPS = .*": "HELD_OUT_STEPS = 2",
    }
    run_guide("domain_adaptation", settings)
    printed = capsys.readouterr().out
    assert "20 new words: " in printed
    assert len(re.findall(r"^.+ ##.+  ->  (\w+)$", printed, flags=re.MULTILINE)) == 3
    losses = re.search(r"^masked lm loss +(\S+) before +(\S+) after$", printed, flags=re.MULTILINE)
    assert float(losses[1]) != float(losses[2])
    assert printed.count("   before: ") == printed.count("   after:  ") == 3
    assert re.search(r"^[\d,]+ parameters, 320 pieces$", printed, flags=re.MULTILINE)
    assert (tmp_path / "output" / "before_and_after.png").stat().st_size > 5_000
