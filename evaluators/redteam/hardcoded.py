"""Answers learnt by heart: a policy that recognises the sealed split as it is published.

Whoever has the problem has its published instances. The policy carries a table from every question
that one of them leads to, to the answer that another policy gave there, and asks an honest one
elsewhere. On the published instance it scores as what it recorded; on a split that was drawn with
another salt it must be no more than the honest policy.
"""

from __future__ import annotations

from evaluators.contract import Policy, Problem, Workload
from evaluators.errors import AdrsError
from evaluators.redteam.attack import Attack, decided_otherwise
from evaluators.redteam.liar import LOOK_UP, key_of, liar, literal
from evaluators.testing.probing import questions


class NotTriedError(AdrsError):
    """Nothing can be said of answers learnt by heart; the message says why."""


def learnt_by_heart(published: Problem, salted: Problem, honest: Policy) -> Attack:
    """The attack, on one workload of the sealed split.

    Args:
        published: the problem without a salt, as everybody has it.
        salted: the same with the salt of the split that is played.
        honest: the policy that answers where the table does not.

    Raises:
        NotTriedError: the sealed split is recorded or does not heed the salt, or no baseline
            decides otherwise than the honest policy, so that nothing can be recorded.
    """
    _check_redrawn(published, salted)
    workload = published.workloads("sealed")[0]
    recorded = _another(published, workload, honest)
    table = {
        key_of(published, workload, q.observation): literal(q.answer)
        for q in questions(published, workload, recorded)
    }
    return Attack(
        f"answers of {recorded.name} learnt by heart", "hard-coded", "problem",
        payload=lambda target: liar(target.problem, target.honest, LOOK_UP, table),
        probe=decided_otherwise,
        split="sealed", workload_ids=(workload.id,),
    )  # fmt: skip


def _check_redrawn(published: Problem, salted: Problem) -> None:
    """Raises NotTriedError where a salt leaves real data or whole instances as they were."""
    before = published.workloads("sealed")
    if any(w.spans for w in before):
        raise NotTriedError("the sealed split is recorded, not drawn: its answers can be learnt")
    after = {w.id: w.digest for w in salted.workloads("sealed")}
    same = [w.id for w in before if after.get(w.id) == w.digest]
    if same or len(after) != len(before):
        raise NotTriedError(
            f"{len(same)} of {len(before)} sealed workloads are the same with another `salt`:"
            " their answers can be learnt"
        )


def _another(problem: Problem, workload: Workload, honest: Policy) -> Policy:
    """The first baseline that does not answer as the honest policy does."""
    for policy in problem.baselines().values():
        answers = zip(
            questions(problem, workload, policy),
            questions(problem, workload, honest),
            strict=False,  # once they differ, so may the number of questions
        )
        if any(literal(a.answer) != literal(b.answer) for a, b in answers):
            return policy
    raise NotTriedError(f"no baseline decides otherwise than {honest.name}: nothing to record")
