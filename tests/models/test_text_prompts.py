from types import SimpleNamespace

import pytest

from kerabert.models.text_prompts import check_prompts, document_prompt, find_prompt, query_prompt


def make(default_prompt=None, **prompts):
    return SimpleNamespace(prompts=prompts, default_prompt=default_prompt)


def test_check_prompts():
    prompts = {"query": "query: "}
    assert check_prompts(None, None) == {}
    checked = check_prompts(prompts, "query")
    assert checked == prompts
    assert checked is not prompts


@pytest.mark.parametrize(
    ("prompts", "default", "message"),
    [
        (["query: "], None, "`prompts` must be a dict of str"),
        ({"query": None}, None, "`prompts` must be a dict of str"),
        ({"query": "q: "}, "document", r"`default_prompt` must be one of \['query'\]"),
        (None, "query", r"`default_prompt` must be one of \[\]"),
    ],
)
def test_bad_prompts(prompts, default, message):
    with pytest.raises(ValueError, match=message):
        check_prompts(prompts, default)


def test_which_prompt_is_taken():
    everything = make("plain", plain="P ", query="Q ", document="D ", passage="S ")
    assert find_prompt(everything, None) == "P "
    assert find_prompt(everything, "passage") == "S "
    assert find_prompt(everything, "") == ""
    assert query_prompt(everything) == "Q "
    assert document_prompt(everything) == "D "
    assert document_prompt(make("plain", plain="P ", passage="S ")) == "S "
    assert query_prompt(make("plain", plain="P ")) == "P "
    assert query_prompt(make(query="")) == ""
    assert document_prompt(make(query="Q ")) == ""
    with pytest.raises(ValueError, match=r"`prompt` must be one of \['query'\].*'passage'"):
        find_prompt(make(query="Q "), "passage")
