"""Each guide is a script, for those who read and test it, and a notebook, for those who use it."""

import jupytext
import pytest

from tests.guides.run_guide import GUIDES

SCRIPTS = sorted(GUIDES.glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_notebook_is_the_script(script):
    cells = [
        [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]
        for path in (script, script.with_suffix(".ipynb"))
    ]
    assert cells[0] == cells[1], f"run: jupytext --to ipynb guides/{script.name}"


def test_no_notebook_without_a_script():
    assert {path.stem for path in GUIDES.glob("*.ipynb")} == {path.stem for path in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_guide_is_run(script):
    assert (GUIDES.parent / "tests" / "guides" / f"test_{script.name}").exists()
