"""Expert placement on a GPU, in one call of at most ten minutes: figures for docs/results.md.

    python -m tests.bench.gpu_placement --device cuda:0 --out DIR

First how the simulator's balancedness ranks placements by their time (DIR/placement.json; numpy and
PyTorch alone), then a short search by the simulator whose front is confirmed (DIR/confirm.json and
DIR/runs), for which adrs has to be installed. `--run NAME --archive DIR` confirms a run that is
there already. Each part stands when a later one fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from evaluators.engines.gpu.measure import main as measure

MEASURED_S = 200  # of the ten minutes; each confirmed policy then takes about 20 s on an H200
ROUNDS = 3
MOST = 5  # of the front, beside six baselines
QUICK = {"timed_layers": "1", "timed_rounds": "1"}  # a play's own repeats: the rounds are repeats


def main(words: Sequence[str]) -> int:
    args = _parser().parse_args(words)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    params = [word for pair in args.param for word in ("--param", pair)]
    code = measure(
        ["expert_placement", "--device", args.device, "--out", str(out / "placement.json"),
         "--seconds", str(args.seconds), *args.measure, *params]
    )  # fmt: skip
    if code == 2:
        return code
    try:
        return max(code, _confirm(args, out))
    except ModuleNotFoundError as error:
        print(f"nothing is confirmed: {error.name} is missing, install adrs", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("gpu_placement", description=__doc__)
    parser.add_argument("--device", required=True)
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=MEASURED_S, help="for the first part")
    parser.add_argument("--evaluations", type=int, default=60, help="of the search")
    parser.add_argument("--run", help="confirm this one, without a search")
    parser.add_argument("--archive", help="where it is")
    parser.add_argument("--param", action="append", default=[], metavar="K=V")
    parser.add_argument("--measure", nargs="*", default=[], help="further words for the first part")
    parser.add_argument("--unsafe-no-sandbox", action="store_true")
    return parser


def _confirm(args: Namespace, out: Path) -> int:
    from evolve.cli.confirm_page import confirm_document, print_confirmed
    from evolve.cli.progress import watching_play
    from evolve.confirming import confirm

    given = dict(pair.split("=", 1) for pair in args.param)
    archive, name = (args.archive or "runs", args.run) if args.run else _searched(args, out, given)
    with watching_play() as observer:
        found = confirm(
            archive, name, args.device, parameters={**QUICK, **given}, most=MOST, rounds=ROUNDS,
            observer=observer, unsafe_no_sandbox=args.unsafe_no_sandbox,
        )  # fmt: skip
    (out / "confirm.json").write_text(json.dumps(confirm_document(found), indent=1) + "\n")
    print_confirmed(found)
    return 1 if found.objection else 0


def _searched(args: Namespace, out: Path, given: dict[str, str]) -> tuple[str, str]:
    from evaluators.registry import ProblemSpec
    from evolve.search import run
    from evolve.settings import Settings

    settings = Settings(
        ProblemSpec("expert_placement", given), evaluations=args.evaluations, seed=1, exact=True,
        name="placed", archive=str(out / "runs"), unsafe_no_sandbox=args.unsafe_no_sandbox,
    )  # fmt: skip
    run(settings)
    return settings.archive, "placed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
