import pytest

from kerabert.models import BertBackbone, BertTextRegressor
from tests.checks import largest_difference
from tests.tiny import TEXTS, make_backbone, make_tokenizer


def test_each_class_reads_its_own_kind(tmp_path):
    model = BertTextRegressor(make_backbone(num_layers=1), tokenizer=make_tokenizer())
    model.save_to_preset(tmp_path / "preset")
    again = BertTextRegressor.from_preset(tmp_path / "preset")
    assert type(again) is BertTextRegressor
    assert largest_difference(again.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0)) == 0
    assert type(BertBackbone.from_preset(tmp_path / "preset")) is BertBackbone


def test_formats_go_on_to_the_writers(tmp_path):
    backbone = make_backbone(num_layers=1)
    with pytest.raises(ValueError, match="`format` must be one of"):
        backbone.save_to_preset(tmp_path / "preset", format="pickle")
    with pytest.raises(ValueError, match="`format`"):
        backbone.export(tmp_path / "model", format="pickle")
