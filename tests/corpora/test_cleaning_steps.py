import random

import pytest

from kerabert.corpora import cleaning_steps as steps

WORDS = [f"word{i}" for i in range(500)]


def make_text(seed, length=300):
    generator = random.Random(seed)
    return " ".join(generator.choice(WORDS) for _ in range(length))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cafÃ© â€œquotedâ€\x9d", 'café "quoted"'),
        ("plain 他", "plain 他"),
    ],
)
def test_repair_unicode(before, after):
    pytest.importorskip("ftfy")
    assert steps.repair_unicode(before) == after


def test_remove_control_characters():
    assert steps.remove_control_characters("a\x00\x07\ufeffb\t\u00adc\n\ue000") == "ab\tc\n"


def test_remove_boilerplate():
    long_line = "In the cookie policy of the state, as the court found in its ruling, all must list"
    text = f"Home | Sign in\n{long_line}\n\n-----\nPrivacy Policy\nDose: 5 mg."
    assert steps.remove_boilerplate(text) == f"{long_line}\n\nDose: 5 mg."
    assert steps.remove_boilerplate("Log in\n***") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Call (617) 555-0123 now", "Call [phone] now"),
        ("+1 617.555.0123", "[phone]"),
        ("SSN 123-45-6789", "SSN [ssn]"),
        ("MRN: 0012345 admitted 2019-03-14", "[record] admitted [date]"),
        ("see https://a.org/b?c=1 or www.x.com", "see [url] or [url]"),
        ("a.b+c@mail.example.org", "[email]"),
        ("BP 120/80, 3.5 mg, 10-20 ml, 1999, 98.6", "BP 120/80, 3.5 mg, 10-20 ml, 1999, 98.6"),
        ("on 3/4/19 and 03.04.2019", "on [date] and [date]"),
    ],
)
def test_mask_personal_data(before, after):
    assert steps.mask_personal_data(before) == after


def test_length_filter():
    step = steps.LengthFilter(least=2, most=3)
    assert [step(text) is not None for text in ("a", "a b", "a b c", "a b c d")] == [
        False,
        True,
        True,
        False,
    ]
    assert steps.LengthFilter(least=3)("他来了") is not None


def test_language_filter():
    pytest.importorskip("py3langid")
    english = "The patient was admitted with a fever and treated with antibiotics."
    chinese = "病人因发烧入院，医生给他用了抗生素。"
    assert steps.LanguageFilter("en")(english) == english
    assert steps.LanguageFilter("en")(chinese) is None
    assert steps.LanguageFilter(["en", "zh"])(chinese) == chinese


def test_repetition_filter():
    step = steps.RepetitionFilter()
    assert step(make_text(0)) is not None
    assert step("A line.\n" * 10) is None
    assert step("\n".join(["Chorus", make_text(1, 30), "Chorus", make_text(2, 30)])) is not None
    assert step(" ".join(["one two three", make_text(3, 5)] * 10)) is None
    assert step("short") is not None


def test_exact_duplicates():
    step = steps.ExactDuplicates()
    assert [step(text) is not None for text in ("a b", "A  B\n", "a c", "a b")] == [1, 0, 1, 0]


def test_near_duplicates():
    pytest.importorskip("datasketch")
    step = steps.NearDuplicates(threshold=0.7)
    kept = [make_text(seed) for seed in range(20)]
    assert all(step(text) == text for text in kept)
    dropped = 0
    for text in kept:
        words = text.split()
        words[150] = "changed"  # 5 of 296 phrases
        dropped += step(" ".join(words)) is None
    assert dropped == 20
    halves = [
        " ".join(text.split()[:150] + make_text(99 + i, 150).split()) for i, text in enumerate(kept)
    ]
    assert all(step(text) == text for text in halves)  # a third of all phrases in common
    assert step("one") == "one" and step("one") is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: steps.LengthFilter(least=0), "`least`"),
        (lambda: steps.RepetitionFilter(phrase_length=0), "`phrase_length`"),
        (lambda: steps.LanguageFilter("en", characters=0), "`characters`"),
        (lambda: steps.NearDuplicates(threshold=1.0), "`threshold` must lie"),
        (lambda: steps.NearDuplicates(num_permutations=0), "`num_permutations`"),
    ],
)
def test_bad_arguments(make, message):
    pytest.importorskip("datasketch")
    with pytest.raises(ValueError, match=message):
        make()
