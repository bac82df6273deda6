"""A policy in a plain subprocess of ordinary Python, as most tools of the field play them.

It inherits environment and descriptors, answers by pickles on its standard output and times itself.
"""

from __future__ import annotations

import pickle
import sys
import time

from evaluators.contract import Policy
from evaluators.playing import trusted_policy
from evaluators.registry import ProblemSpec


def main():
    inbox, outbox = sys.stdin.buffer, sys.stdout.buffer
    spec, source = pickle.load(inbox)
    problem = ProblemSpec(**spec).load()
    decide = None
    while True:
        group, values = pickle.load(inbox)
        start_s = time.process_time()
        try:
            if group == "given":
                decide = trusted_policy(problem, Policy("", source), values)
                answer = None
            else:
                answer = decide(values)
            failure = None
        except Exception as error:  # noqa: BLE001  # a policy may raise anything
            answer, failure = None, f"{type(error).__name__}: {error}"
        pickle.dump((answer, failure, time.process_time() - start_s), outbox)
        outbox.flush()


if __name__ == "__main__":
    main()
