import json
import subprocess
import sys

from kerabert.corpora.light_process import light_start
from tests.checks import REPOSITORY

RUN = """
import json, sys
initializer, arguments = eval(sys.argv[1], {"runpy": __import__("runpy")})
initializer(*arguments)
seen = ["keras" in sys.modules]
import kerabert.corpora.shard_worker, kerabert.text.tokenizer
from kerabert.corpora import shard
from kerabert import text
seen += ["keras" in sys.modules, hasattr(text, "no_such_module")]
"""
FULL = """
from kerabert import BertTokenizer
import kerabert
seen += ["keras" in sys.modules, BertTokenizer is kerabert.text.tokenizer.BertTokenizer]
seen += [kerabert.corpora.shard is shard, len(kerabert.__all__) > 20]
"""


def run(script):
    initializer, (path, task) = light_start(json.dumps, {"a": 1})
    assert initializer.__module__ == "runpy"
    start = f"(runpy.run_path, ({path!r}, {task!r}))"
    done = subprocess.run(
        [sys.executable, "-c", script + "print(json.dumps(seen))", start],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_modules_come_without_keras_and_names_of_the_package_bring_it():
    assert run(RUN + FULL) == [False, False, False, True, True, True, True]
