"""No host is reached: what each would be asked for is looked at."""

from kerabert.checkpoints.hosted import download as hosted
from kerabert.checkpoints.hosted.handles import parse_handle


def test_each_handle_goes_to_its_host(monkeypatch):
    asked = []
    monkeypatch.setattr(hosted, "download_from_kaggle", lambda *a: asked.append(("kaggle", *a)))
    monkeypatch.setattr(hosted, "download_from_hugging_face", lambda *a: asked.append(("hf", *a)))
    one, other = parse_handle("hf://a/b"), parse_handle("kaggle://a/b/c/d")
    hosted.download(one)
    hosted.download(one, weights=False, load_pickled=True)
    hosted.download(other, weights=False)
    assert asked == [("hf", one, True, False), ("hf", one, False, True), ("kaggle", other)]
