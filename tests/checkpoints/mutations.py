"""Directories damaged in every way, and what loading may make of them, which the tests share."""

import json
import random
import shutil
import warnings

from kerabert.checkpoints.preset import load_preset, save_preset
from tests.checkpoints.presets import are_equal

WRONG_VALUES = [
    10**12,
    2**31 - 1,
    -1,
    0,
    1,
    0.5,
    1e308,
    True,
    None,
    "",
    "absolute",
    "../../etc/passwd",
    [],
    {},
    [1] * 100,
    {"0": 1},
    "\x00",
]
KINDS = ["bit", "bit", "bit", "cut", "extend", "zero", "delete", "swap", "rename", "link"]
KINDS += ["directory", "copy", "value", "value", "text"]


def walk(value, path=()):
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, member in items:
        yield from walk(member, (*path, key))


def edit_value(path, generator):
    content = json.loads(path.read_text())
    place = generator.choice([place for place in walk(content) if place])
    parent = content
    for key in place[:-1]:
        parent = parent[key]
    change = generator.randrange(4)
    if change == 0 and isinstance(parent, dict):
        del parent[place[-1]]
    elif change == 1 and isinstance(parent, dict):
        parent[generator.choice(["../x", "/etc/passwd", "", "a" * 10_000])] = parent[place[-1]]
    else:
        parent[place[-1]] = generator.choice(WRONG_VALUES)
    path.write_text(json.dumps(content))


def edit_text(path, generator):
    """Raw edits that no JSON writer makes."""
    text = path.read_text()
    if generator.random() < 0.5:
        text = text.replace("{", '{"hidden_size": 8, "hidden_size": 16, ', 1)
    else:
        number = generator.choice(["NaN", "Infinity", "1e999", "9" * 5000, "[" * 100_000])
        text = text.replace(": ", f': {number}, "x": ', 1)
    path.write_text(text)


def mutate(directory, generator):
    """Damage a directory once; return what was done and the files that it happened to."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    path = generator.choice(files)
    name = path.relative_to(directory).as_posix()
    data = path.read_bytes()
    kind = generator.choice(KINDS)
    if kind == "bit":
        place = generator.randrange(min(len(data), 4000) if generator.random() < 0.5 else len(data))
        changed = data[place] ^ (1 << generator.randrange(8))
        path.write_bytes(data[:place] + bytes([changed]) + data[place + 1 :])
    elif kind == "cut":
        path.write_bytes(data[: generator.randrange(len(data))])
    elif kind == "extend":
        path.write_bytes(data + generator.randbytes(generator.choice([1, 8, 5000])))
    elif kind == "zero":
        start = generator.randrange(len(data))
        path.write_bytes(data[:start] + bytes(len(data) - start))
    elif kind == "delete":
        path.unlink()
    elif kind == "swap":
        other = generator.choice([file for file in files if file != path])
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
        return kind, {name, other.relative_to(directory).as_posix()}
    elif kind == "rename":
        path.rename(path.with_name(f"x{path.name}"))
    elif kind == "link":
        target = directory.parent / f"linked-{path.name}"
        path.rename(target)
        path.symlink_to(
            generator.choice([target, "/etc/passwd", "nowhere", path.name, "/dev/zero"])
        )
    elif kind == "directory":
        path.unlink()
        path.mkdir()
    elif kind == "copy":
        path.write_bytes(generator.choice(files).read_bytes())
    elif path.suffix == ".json":
        (edit_value if kind == "value" else edit_text)(path, generator)
    else:
        path.write_bytes(generator.randbytes(len(data)))
    return kind, {name}


def load_mutated(directory, tmp_path, seed, cls):
    """Load a directory after one mutation: a model or a ValueError, and what was done."""
    broken = tmp_path / "broken"
    shutil.copytree(directory, broken)
    kind, names = mutate(broken, random.Random(seed))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_preset(cls, broken), kind, names
    except ValueError as error:
        return error, kind, names
    finally:
        for path in tmp_path.iterdir():
            if path != directory:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def mutate_a_preset(model, tmp_path, seeds, format="hugging_face"):
    """What loads is what was saved, or the damage is named by its file."""
    directory = tmp_path / "preset"
    save_preset(model, directory, format=format)
    raised = 0
    for seed in seeds:
        loaded, kind, names = load_mutated(directory, tmp_path, seed, type(model))
        what = f"seed {seed}: {kind} of {names}"
        if isinstance(loaded, ValueError):
            raised += 1
            assert any(f"broken/{name}" in str(loaded) for name in names), f"{what}: {loaded}"
        else:
            assert are_equal(loaded, model), what
            assert without_names(loaded.get_config()) == without_names(model.get_config()), what
    print(f"{raised} of {len(seeds)} raised")
    assert raised > 0.9 * len(seeds)


def without_names(config):
    """A task's config but for what loading may change."""
    backbone = config["backbone"]["config"]
    backbone = backbone | {"name": None}
    return config | {"name": None, "backbone": backbone}


def mutate_a_plain_directory(directory, cls, tmp_path, seeds):
    """No checksums here: the damage may go unseen, but nothing else than ValueError is raised."""
    raised = 0
    for seed in seeds:
        loaded, _, _ = load_mutated(directory, tmp_path, seed, cls)
        raised += isinstance(loaded, ValueError)
    print(f"{raised} of {len(seeds)} raised")
    assert 0.3 * len(seeds) < raised < len(seeds)
