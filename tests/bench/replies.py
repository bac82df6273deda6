"""What a model's replies held, read again from the journal of its run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from archive.entry import Entry
from archive.normal_form import normal_digest
from archive.store.places import store_at
from evolve.calls import reply_of
from evolve.llm.message import Reply, Request
from evolve.replies.reading import read_reply
from evolve.replies.reply import Expected, Source
from evolve.runs import Run
from tests.bench.rows import Row
from tests.bench.skill_stub import programs_in


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that asked for a program, and the reply to it."""

    number: int  # of the proposal
    request: Request
    reply: Reply

    def shown(self, entry: str) -> list[str]:
        """The programs in the prompt, the one to be changed first."""
        return programs_in(self.request.messages[-1].content, entry)


def counts_of(found: Run, archive: str) -> Row:
    """How many replies there were, and what of them: parsed, copied, running, improving.

    A reply is parsed when it gives a policy, copied when that has the normal form of a program in
    its prompt or of an earlier proposal; what is not copied and was scored on every workload is
    running, and improving when it joined the search front.
    """
    entries = {e.number: e for e in found.entries()}
    exchanges = list(exchanges_of(archive, found.name))
    entry = found.problem.signature.entry
    sources = [(x, _source_of(x, entry)) for x in exchanges]
    parsed = [(x, source) for x, source in sources if source is not None]
    new = [(x, s) for x, s in parsed if normal_digest(s) not in _known(x, entry, entries)]
    running = [entries[x.number] for x, s in new if _became(s, entries.get(x.number))]
    usages = [x.reply.usage for x in exchanges if x.reply.usage is not None]
    return {
        "replies": len(exchanges),
        "parsed": len(parsed),
        "copied": len(parsed) - len(new),
        "running": len(running),
        "improving": sum(e.decision == "front" for e in running),
        "running_per_100_replies": round(100 * len(running) / max(len(exchanges), 1), 1),
        "tokens_in": sum(u.input_tokens for u in usages),
        "tokens_out": sum(u.output_tokens for u in usages),
    }


def exchanges_of(archive: str, name: str) -> Iterator[Exchange]:
    """Every answered request of a run, in the order of calls."""
    with closing(store_at(archive).open(name)) as journal:
        ends = {end.id: end for end in journal.call_ends() if end.state == "answered"}
        for call in journal.calls():
            if call.id in ends:
                request = Request.from_json(call.request)
                yield Exchange(call.number, request, reply_of(ends[call.id]))


def _source_of(exchange: Exchange, entry: str) -> str | None:
    shown = exchange.shown(entry)
    said = read_reply(exchange.reply.text, Expected(entry, shown[0] if shown else ""))
    return said.text if isinstance(said, Source) else None


def _known(exchange: Exchange, entry: str, entries: Mapping[int, Entry]) -> set[str]:
    """Normal digests of what was shown, or proposed before."""
    before = {e.proposal.normal_digest for n, e in entries.items() if n < exchange.number}
    return before | set(_digests(exchange.shown(entry)))


def _digests(sources: Sequence[str]) -> Iterator[str]:
    for source in sources:
        try:
            yield normal_digest(source)
        except SyntaxError:  # a refused answer, shown to be mended
            continue


def _became(source: str, entry: Entry | None) -> bool:
    """Whether a reply's policy is what its proposal came to, and that was scored."""
    if entry is None or not entry.is_valid:
        return False
    return entry.proposal.normal_digest == normal_digest(source)
