"""The naive evaluator, which every attack must succeed against: a process that trusts policies.

It is given a job on each line of its standard input and answers each with a report. Policies are
played in a plain subprocess, within this process, or behind the project's own channel without its
protections. Nothing is checked, nothing is limited, and a descriptor to the outside is inherited.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import socket
import subprocess
import sys
import time
from dataclasses import asdict

from evaluators.contract import Failure, Policy, Score
from evaluators.execution.executor import Report, Sandbox
from evaluators.execution.message import encode_report
from evaluators.playing import as_seen, named, trusted_policy
from evaluators.registry import ProblemSpec
from tests.attacks.credulous import CredulousChild

NOBODY_KNOWS = 1.0  # of measured objectives
HISTORY = []  # every answer, for the record
POLICY = [sys.executable, "-m", "tests.attacks.naive_policy"]


class PolicyError(Exception):
    """What a policy says of its own failure."""


class Subprocess:
    """A policy of its own process, believed in all that it writes."""

    def __init__(self, spec, problem, source):
        self._problem = problem
        self._process = subprocess.Popen(
            POLICY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            close_fds=False,
        )  # fmt: skip
        self._say((asdict(spec), source))
        self.cpu_s = 0.0

    def begin(self, given):
        self._ask("given", given)

    def decide(self, observation):
        return self._ask("observation", as_seen(self._problem.signature.observation, observation))

    def _ask(self, group, values):
        self._say((group, values))
        answer, failure, cpu_s = pickle.load(self._process.stdout)
        self.cpu_s += cpu_s
        if failure:
            raise PolicyError(failure)
        return answer

    def _say(self, message):
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()

    def close(self):
        self._process.kill()
        self._process.wait()


class InProcess:
    """A policy beside the scorer, in one interpreter."""

    def __init__(self, spec, problem, source):
        self._problem = problem
        self._source = source
        self.cpu_s = 0.0

    def begin(self, given):
        try:
            self._decide = trusted_policy(self._problem, Policy("", self._source), given)
        except Exception as error:
            raise PolicyError(f"{type(error).__name__}: {error}") from error

    def decide(self, observation):
        start_s = time.process_time()
        try:
            return self._decide(as_seen(self._problem.signature.observation, observation))
        except Exception as error:
            raise PolicyError(f"{type(error).__name__}: {error}") from error
        finally:
            self.cpu_s += time.process_time() - start_s

    def close(self):
        """Nothing to give back."""


class Credulous(CredulousChild):
    """A policy behind shared memory that is believed."""

    def __init__(self, spec, problem, source):
        super().__init__(problem, source)
        self.cpu_s = 0.0

    def begin(self, given):
        try:
            super().begin(given)
        except RuntimeError as error:
            raise PolicyError(str(error)) from error

    def decide(self, observation):
        try:
            return super().decide(observation)
        except RuntimeError as error:
            raise PolicyError(str(error)) from error


RUNNERS = {"subprocess": Subprocess, "in process": InProcess, "credulous": Credulous}


def play(spec, source, split, runner_name):
    """The report of all workloads of a split, one after another in one runner if it can."""
    problem = spec.load()
    runner = RUNNERS[runner_name]
    values = {o.name: {} for o in problem.objectives}
    failures, traces = {}, {}
    shared = None if runner is Credulous else runner(spec, problem, source)
    cpu_s = 0.0
    for index in range(len(problem.workloads(split))):
        workload = problem.workloads(split)[index]  # drawn when it is needed
        one = shared or runner(spec, problem, source)
        try:
            measured, traces[workload.id] = play_one(problem, workload, one)
        except PolicyError as error:
            failures[workload.id] = Failure("crash", str(error))
            measured = {o.name: o.worst for o in problem.objectives}
        for name in values:
            values[name][workload.id] = measured.get(name, NOBODY_KNOWS)
        cpu_s = one.cpu_s
        if one is not shared:
            one.close()
    if shared:
        shared.close()
    return Report(Score(values, failures), Sandbox("none", "", "naive"), traces, cpu_s=cpu_s)


def play_one(problem, workload, runner):
    runner.begin({**problem.given(workload), "seed": 0})
    episode = problem.episode(workload)
    observation = next(episode)
    trace = hashlib.sha256()
    while True:
        answer = named(problem.signature, runner.decide(observation))
        trace.update(repr(answer)[:1000].encode())
        HISTORY.append(answer)
        try:
            observation = episode.send(answer)
        except StopIteration as end:
            return end.value.values, trace.hexdigest()
        except (TypeError, ValueError) as error:
            raise PolicyError(f"{type(error).__name__}: {error}") from error


def main():
    """Serve jobs; the telemetry's descriptor is inherited by all that is started from here."""
    port = int(sys.argv[1])
    telemetry = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    telemetry.connect(("127.0.0.1", port))
    telemetry.set_inheritable(True)
    for line in sys.stdin:
        job = json.loads(line)
        report = play(ProblemSpec(**job["spec"]), job["source"], job["split"], job["runner"])
        print(encode_report(report), flush=True)


if __name__ == "__main__":
    main()
