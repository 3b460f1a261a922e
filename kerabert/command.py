"""The command `kerabert`: what there is, what is in it, from one format to another, pretraining."""

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 1 after an error that was printed.

    Args:
        arguments: the words after `kerabert`. Default: those of the process.

    Example:

    >>> main(["inspect", "no-such-preset"])
    1
    """
    options = _make_parser().parse_args(arguments)
    try:
        options.run(options)
    except ValueError as error:
        print(f"kerabert: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("kerabert: stopped", file=sys.stderr)
        return 130
    return 0


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kerabert", description="Presets of BERT for Keras.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    presets = commands.add_parser("presets", help="list the presets that can be loaded by name")
    presets.set_defaults(run=_list_presets)

    inspect = commands.add_parser(
        "inspect", help="show what a preset or checkpoint holds, without loading it"
    )
    inspect.add_argument("preset", metavar="DIR", help="a directory, a preset's name or a handle")
    _add_loading(inspect)
    inspect.set_defaults(run=_inspect)

    convert = commands.add_parser(
        "convert", help="write a preset or checkpoint in another format, all of it"
    )
    convert.add_argument(
        "source", metavar="SRC", help="a directory, a preset's name or a handle (hf://owner/name)"
    )
    convert.add_argument("target", metavar="DST", help="a directory, new or a kerabert preset")
    convert.add_argument(
        "--to",
        required=True,
        choices=("hugging_face", "keras_hub", "google"),
        help="whose libraries are to open it",
    )
    convert.add_argument(
        "--class", dest="class_name", metavar="CLASS", help="load this class; default: what fits"
    )
    _add_loading(convert)
    convert.set_defaults(run=_convert)

    pretrain = commands.add_parser(
        "pretrain", help="pretrain a BERT on files of text, or go on with a run that was stopped"
    )
    pretrain.add_argument(
        "config", metavar="CONFIG", help="a TOML file: the arguments of kerabert.training.pretrain"
    )
    pretrain.set_defaults(run=_pretrain)
    return parser


def _add_loading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--revision", help="branch, tag or commit of a preset on the hub")
    parser.add_argument(
        "--load-pickled", action="store_true", help="read PyTorch's .bin where nothing else is"
    )


def _list_presets(options: argparse.Namespace) -> None:
    from kerabert.checkpoints import list_presets

    print(list_presets())


def _inspect(options: argparse.Namespace) -> None:
    from kerabert.checkpoints.inspection import inspect_preset

    print(inspect_preset(options.preset, options.revision, options.load_pickled))


def _convert(options: argparse.Namespace) -> None:
    import kerabert
    from kerabert.checkpoints.heads import HEADS
    from kerabert.checkpoints.inspection import inspect_preset

    known = ["BertBackbone", "BertTokenizer", *HEADS]
    loading = {"revision": options.revision, "load_pickled": options.load_pickled}
    name = options.class_name or inspect_preset(options.source, **loading).class_name
    if name not in known:
        raise ValueError(f"`--class` must be one of {known}. Received: {name}")
    model = getattr(kerabert, name).from_preset(options.source, **loading)
    model.save_to_preset(options.target, format=options.to)
    print(f"{options.target}: a {name} in the format {options.to}")


def _pretrain(options: argparse.Namespace) -> None:
    from kerabert.training.pretrain import pretrain
    from kerabert.training.run_file import read_run

    run = read_run(options.config)
    pretrain(**run)
    print(f"{run['directory']}: pretrained; the model is in its folder preset")


if __name__ == "__main__":
    sys.exit(main())
