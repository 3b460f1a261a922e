import pytest

from kerabert.checkpoints.hosted.handles import Handle, is_handle, parse_handle


@pytest.mark.parametrize(
    "text, revision, expected",
    [
        ("hf://owner/name", None, Handle("hf", "owner/name", None)),
        ("hf://owner/name", "v1.0", Handle("hf", "owner/name", "v1.0")),
        ("hf://owner/name@v1", None, Handle("hf", "owner/name", "v1")),
        ("hf://owner/name@v1", "v1", Handle("hf", "owner/name", "v1")),
        ("hf://a_b/C.d-e@refs/pr/1", None, Handle("hf", "a_b/C.d-e", "refs/pr/1")),
        ("kaggle://a/b/keras/d_v1.5", None, Handle("kaggle", "a/b/keras/d_v1.5", None)),
        ("kaggle://a/b/keras/d/12", None, Handle("kaggle", "a/b/keras/d", "12")),
    ],
)
def test_handles(text, revision, expected):
    assert is_handle(text)
    assert parse_handle(text, revision) == expected


def test_a_handle_is_written_as_it_is_read():
    for text in ("hf://a/b", "hf://a/b@c", "kaggle://a/b/c/d", "kaggle://a/b/c/d/1"):
        assert str(parse_handle(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "hf://",
        "hf://name",
        "hf://owner/",
        "hf://owner/name/more",
        "hf://owner/../name",
        "hf://../name",
        "hf://owner/na..me",
        "hf://owner/.name",
        "hf://owner/-name",
        "hf://owner/name.",
        "hf://owner/na me",
        "hf://owner\\name",
        "hf://owner/na\\me",
        "hf://owner/name\n",
        "hf://owner/näme",
        "hf://owner/name@",
        "hf://owner/name@../../x",
        "hf://owner/name@a//b",
        "hf://owner/name@/a",
        "hf://owner/name@a/",
        "hf://owner/name@a b",
        "hf://owner/name@a@b",
        "hf://owner/" + "n" * 97,
        "kaggle://a/b/c",
        "kaggle://a/b/c/d/0",
        "kaggle://a/b/c/d/-1",
        "kaggle://a/b/c/d/v1",
        "kaggle://a/b/c/d/1/2",
        "kaggle://a/../c/d",
        "kaggle://a/b/c/ d",
        "https://huggingface.co/owner/name",
        "HF://owner/name",
        "://owner/name",
    ],
)
def test_odd_handles_are_refused(text):
    with pytest.raises(ValueError, match="`preset` must be") as caught:
        parse_handle(text)
    assert f"preset={text!r}" in str(caught.value)


@pytest.mark.parametrize("revision", ["", "..", "a b", "a\\b", 3, "x" * 256])
def test_odd_revisions_are_refused(revision):
    with pytest.raises(ValueError, match="`preset` must be hf://owner/name"):
        parse_handle("hf://owner/name", revision)


def test_two_revisions_are_refused():
    with pytest.raises(ValueError, match=r"`revision` must be given once.*revision='v2'"):
        parse_handle("hf://owner/name@v1", "v2")
    with pytest.raises(ValueError, match=r"`revision` must be None for Kaggle.*revision='2'"):
        parse_handle("kaggle://a/b/c/d", "2")
