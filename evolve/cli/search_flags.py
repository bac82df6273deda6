"""The flags of verbs that start searches, and the settings that they come to."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.configuration import configured, usd

if TYPE_CHECKING:
    from evolve.cli.verb import Parser
    from evolve.settings import Settings

MODEL = "model."
# keys of --set, too
FLAGS = "evaluations seconds seed workers executor usd tokens ask_tell".split()


def add_search(parser: Parser) -> None:
    """Everything that decides a search."""
    flags.add_problem(parser)
    flags.add_device(parser)
    parser.add_argument("--name", help="the run's name (PROBLEM-1, PROBLEM-2, ...)")
    parser.add_argument("--seed", type=int, help="of every random number (0)")
    add_budget(parser, "how many candidates may be evaluated (400)", flags.positive)
    flags.add_workers(parser)
    flags.add_executor(parser)
    parser.add_argument(
        "--exact", action="store_true", help="reproducible: measured objectives decide nothing"
    )
    parser.add_argument(
        "--objectives", metavar="A,B", type=flags.names, default=(), help="search by these (all)"
    )
    parser.add_argument(
        "--require", metavar="EXPR", action="append", default=[], help="'moved_share<=0.1', first"
    )
    parser.add_argument(
        "--seed-policy", metavar="FILE", action="append", default=[], help="start from it too"
    )
    parser.add_argument(
        "--from", metavar="RUN|ID", action="append", default=[], dest="start_from",
        help="start from a run's front, or from an entry, too",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="PROVIDER/NAME", action="append",
        help="ask a language model: openai/gpt-5, anthropic/..., any provider of litellm's",
    )  # fmt: skip
    _add_spending(parser)
    parser.add_argument(
        "--ask-tell", metavar="N", type=flags.positive, nargs="?", const=4,
        help="keep N prompts (4) open for people and other programs, who answer with `adrs ask` and"
        " `adrs tell`: beside models, or else alone; the run waits for them until --seconds end it",
    )  # fmt: skip
    parser.add_argument(
        "--hint", metavar="TEXT", action="append", default=[], help="what the models are told too"
    )
    parser.add_argument("--config", metavar="FILE", help="a TOML file with the keys of --set")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[],
        help="model.base_url=http://127.0.0.1:8000/v1, lookahead=16, ...",
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true", help="say what it may ask for and spend, and stop"
    )
    flags.add_archive(parser)


def _add_spending(parser: Parser) -> None:
    parser.add_argument(
        "--usd", metavar="X", type=usd, help="dollars that calls to models may cost"
    )
    parser.add_argument(
        "--tokens", metavar="N", type=flags.positive, help="tokens that they may use"
    )


def add_budget(
    parser: Parser,
    help_text: str,
    kind: Callable[[str], int],
    seconds_text: str = "stop after this long, over all resumptions",
) -> None:
    """--evaluations, --seconds."""
    parser.add_argument("--evaluations", metavar="N", type=kind, help=help_text)
    parser.add_argument("--seconds", metavar="S", type=flags.duration_s, help=seconds_text)


def settings_of(args: Namespace) -> Settings:
    """What the flags come to. Raises UsageError."""
    from evolve.settings import ModelSettings, Settings

    values = configured(args.config, args.set)
    values |= {k: v for k in FLAGS if (v := getattr(args, k)) is not None}
    model = {k.removeprefix(MODEL): values.pop(k) for k in list(values) if k.startswith(MODEL)}
    configured_names = model.pop("name", ())
    names = tuple(args.model or configured_names)
    _check_bounded(names, {k: values.get(k) for k in ("usd", "tokens")})
    return Settings(
        problem=flags.problem_spec(args),
        exact=args.exact,
        objectives=args.objectives,
        require=tuple(args.require),
        seed_policies=_seed_policies(args),
        model=ModelSettings(**{**model, "names": names}),
        hints=tuple(args.hint),
        name=args.name,
        archive=args.archive,
        unsafe_no_sandbox=args.unsafe_no_sandbox,
        **values,
    )


def _check_bounded(models: Sequence[str], limits: Mapping[str, Any]) -> None:
    """No call without a limit on what calls may cost; no limit on calls that nobody makes."""
    given = [f"--{name}" for name, value in limits.items() if value is not None]
    if models and not given:
        raise UsageError(
            f"nothing bounds what {models[0]} may cost", "give --usd 5, or --tokens 2000000"
        )
    if given and not models:
        raise UsageError(f"{given[0]} bounds no model", "name one: --model openai/gpt-5")


def _seed_policies(args: Namespace) -> tuple[str, ...]:
    sources = [flags.read_text(path) for path in args.seed_policy]
    for reference in args.start_from:
        sources += _sources_of(args.archive, reference)
    return tuple(sources)


def _sources_of(archive: str, reference: str) -> list[str]:
    """The sources of `RUN/N`, or of everything on the front of `RUN`."""
    from evolve.cli.lookup import find_entry
    from evolve.runs import open_run

    if "/" in reference:
        return [find_entry(archive, reference)[1].proposal.source]
    return [e.proposal.source for e in open_run(archive, reference).front()]
