"""From gold files to weights, all of it in one command.

    python corpus/build.py  # makes corpus/training/gold.jsonl, one of the files to learn from
    python -m training.raw_gold RAW.jsonl.xz FIRST.jsonl SECOND.jsonl  # two more
    python -m training GOLD.jsonl ... [--less GOLD.jsonl ...] [--harder GOLD.jsonl ...] [--apart FILE] [--no-networks]

Trains the networks (`train_fields`), then fits the rankers, the status classifier and the confidence (`fit_linker`),
and writes the weights into the package. Articles of --less (written, not found) count half for the rankers; those of
--harder (raw pages, not chosen as bulletins) teach, but confidence is not calibrated on them; those
that --apart lists as `<gold file>/<id>` are judged at the end and never learned from. Needs the `train` dependency
group; about an hour on one core for 950 articles, a few minutes with --no-networks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training import fit_linker, train_fields
from training.field_data import read_examples

PACKAGE = Path(__file__).resolve().parents[1] / "pipeline" / "gongbao"


def main() -> None:
    """Read the arguments, train, fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--less", nargs="*", type=Path, default=[], help="articles that count less")
    parser.add_argument("--harder", nargs="*", type=Path, default=[], help="articles that calibration leaves out")
    parser.add_argument("--apart", type=Path, help="list of articles to judge and never to learn from")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="where the folds' networks are kept")
    parser.add_argument("--output", type=Path, default=PACKAGE, help="where the weights go: the package")
    parser.add_argument("--no-networks", action="store_true", help="use the networks that are there already")
    arguments = parser.parse_args()
    for package in ("names", "linking"):
        (arguments.output / package / "weights").mkdir(parents=True, exist_ok=True)
    apart = frozenset(arguments.apart.read_text("utf-8").split("\n")) if arguments.apart else frozenset()
    if not arguments.no_networks:
        torch.set_num_threads(1)
        train_fields.train(
            read_examples([*arguments.gold, *arguments.less, *arguments.harder]),
            apart,
            folds=arguments.folds,
            epochs=arguments.epochs,
            keep=arguments.work,
            output=arguments.output / "names/weights",
        )
    data = fit_linker.Gold(arguments.gold, arguments.less, arguments.harder, apart)
    fit_linker.fit(data, arguments.work, arguments.output)


if __name__ == "__main__":
    main()
