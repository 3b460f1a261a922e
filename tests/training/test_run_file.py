from pathlib import Path

import pytest

from kerabert.training.run_file import read_run

RUN = """
directory = "out"
samples = ["a [MASK] ."]

[corpus]
paths = ["texts", "/absolute/more.txt"]

[model]
hidden_dim = 8

[[stages]]
steps = 5
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    run = read_run(write(tmp_path, RUN))
    assert run["directory"] == tmp_path / "out"
    assert run["corpus"]["paths"] == [str(tmp_path / "texts"), "/absolute/more.txt"]
    assert (run["model"], run["stages"]) == ({"hidden_dim": 8}, [{"steps": 5}])


def test_a_preset_that_is_a_folder_is_relative_too(tmp_path: Path) -> None:
    text = RUN.replace("hidden_dim = 8", 'preset = "general"')
    assert read_run(write(tmp_path, text))["model"]["preset"] == "general"
    (tmp_path / "general").mkdir()
    assert read_run(write(tmp_path, text))["model"]["preset"] == str(tmp_path / "general")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RUN + "\n[training]\nrate = 1\n", "run.toml: keys must be among .*training"),
        (RUN.replace("[[stages]]\nsteps = 5", ""), "run.toml: must have the key `stages`"),
        ("directory = ", "run.toml: must be a file in TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_run(write(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not-there.toml: must be a file in TOML"):
        read_run(tmp_path / "not-there.toml")
