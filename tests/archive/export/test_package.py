"""An exported package in an environment of its own."""

import gzip
import json
import os
import subprocess
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from archive.constraint import parse_constraint
from archive.export.golden import golden_file
from archive.export.package import Package
from archive.export.reduction import reduce_source
from evaluators.contract import Score
from evaluators.errors import UsageError
from tests.archive.export.test_module import CLASHING, SumWithPrelude, found_run
from tests.problems import GuessProblem, SumProblem


def package_of(problem, source, reduced=None):
    """A package of a policy that descends from the first baseline."""
    entries = found_run(problem, source)
    return Package(problem, "r1", entries[-1], entries, scores_of(problem), reduced)


def scores_of(problem):
    """Values per workload, all 0.375 but the first."""
    score = {}
    for split in ("search", "selection"):
        ids = [w.id for w in problem.workloads(split)]
        values = {i: 0.375 + 0.01 * (i == ids[0]) for i in ids}
        score[split] = Score({o.name: values for o in problem.objectives})
    return score


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A Python that has what is installed here, this project excepted."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    # a path file adds the folder alone: what makes this project importable in it is not read
    (site / "present.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "bin" / "python"


def done(python, *words, cwd):
    environment = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"]}
    return subprocess.run(
        [python, *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=250,
        check=False,
    )  # fmt: skip


CASES = [
    pytest.param(SumWithPrelude(), CLASHING, id="a function with a prelude"),
    pytest.param(GuessProblem(), GuessProblem().baselines()["smooth"].source, id="a class"),
]


@pytest.mark.parametrize(("problem", "source"), CASES)
def test_it_installs_and_passes_its_own_tests(fresh, tmp_path, problem, source):
    folder = tmp_path / "policy"
    package = package_of(problem, source)
    package.write(folder)
    assert done(fresh, "-c", "import evolve", cwd=tmp_path).returncode == 1
    site = tmp_path / "site"
    installed = done(
        fresh, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet",
        "--disable-pip-version-check", "--target", str(site), str(folder), cwd=tmp_path,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    program = f"import sys; sys.path.insert(0, {str(site)!r}); import pytest; "
    program += f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(folder)!r}]))"
    tested = done(fresh, "-c", program, cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout
    assert "skipped" not in tested.stdout


def test_its_tests_see_a_policy_that_decides_otherwise(tmp_path, fresh):
    folder = tmp_path / "policy"
    problem = SumProblem()
    package = package_of(problem, problem.baselines()["round_robin"].source)
    package.write(folder)
    module = folder / package.module / "__init__.py"
    module.write_text(module.read_text().replace("% bins", "% bins * 0 + 1"))
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); import pytest; "
    program += f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(folder)!r}]))"
    tested = done(fresh, "-c", program, cwd=tmp_path)
    assert tested.returncode == 1
    assert "test_it_decides_as_it_did" in tested.stdout


def test_golden_actions_are_of_public_workloads_and_the_same_every_time():
    problem = SumProblem()
    source = problem.baselines()["largest_first"].source
    data = golden_file(problem, source)
    assert data == golden_file(problem, source)
    assert len(data) < 20_000
    golden = json.loads(gzip.decompress(data))
    ids = [e["workload"] for e in golden["episodes"]]
    splits = ("tiny", "search", "selection")
    assert ids == [w.id for split in splits for w in problem.workloads(split)][:20]
    seen, action = golden["episodes"][0]["decisions"][0]
    assert set(seen["fields"]) == {"weight", "previous"}
    assert action["fields"]["bin_of"]["dtype"] == "int64"


def test_golden_actions_leave_tiny_out_where_the_policy_fails_there():
    problem = SumProblem()
    weight = float(problem.workloads("tiny")[0].content["weight"][0])
    source = (
        f"def assign(weight, previous):\n    assert weight[0] != {weight!r}\n    return previous\n"
    )
    golden = json.loads(gzip.decompress(golden_file(problem, source)))
    ids = [e["workload"] for e in golden["episodes"]]
    assert ids == [w.id for split in ("search", "selection") for w in problem.workloads(split)]


def test_a_folder_that_exists_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    problem = SumProblem()
    with pytest.raises(UsageError, match="is there already"):
        package_of(problem, problem.baselines()["stay"].source).write(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_policy_that_fails_is_refused_before_anything_is_written(tmp_path):
    package = package_of(SumProblem(), "def assign(previous):\n    return previous[:3]\n")
    with pytest.raises(UsageError, match="the policy fails, invalid action"):
        package.write(tmp_path / "policy")
    assert not (tmp_path / "policy").exists()


def test_the_readme_says_how_good_it_is(tmp_path):
    source = "def assign(previous):\n    return previous * 1\n"
    reduced = reduce_source(
        source, lambda s: "(previous)" in s and "return p" in s, lambda trials: False
    )
    package = package_of(SumProblem(), source, reduced)
    package.write(tmp_path / "policy")
    readme = Path(tmp_path, "policy", "README.md").read_text(encoding="utf-8")
    assert "On the search workloads:" in readme
    assert "On the selection workloads:" in readme
    assert "sealed" not in readme
    assert "| evenness | higher | 0.375 | - | 0.25 (largest_first) | " in readme
    assert "No interval: 4 clusters, at least 8 are needed." in readme
    assert "* limit: moving nothing is allowed" in readme
    assert package.entry.proposal.digest in readme
    assert "1 seed/largest_first" in readme
    assert "2 lines" in readme
    module = Path(tmp_path, "policy", "sum_policy", "__init__.py").read_text(encoding="utf-8")
    assert "guards against other inputs among it" in module
    assert "return previous\n" in module


def test_a_baseline_that_breaks_a_requirement_is_not_the_best(tmp_path):
    problem = SumProblem()
    required = [parse_constraint("evenness>=0.3", problem.objectives)]
    package = package_of(problem, "def assign(previous):\n    return previous\n")
    replace(package, required=required).write(tmp_path / "policy")
    readme = Path(tmp_path, "policy", "README.md").read_text(encoding="utf-8")
    module = Path(tmp_path, "policy", "sum_policy", "__init__.py").read_text(encoding="utf-8")
    assert "largest_first)" not in readme + module
    assert "| evenness | higher | 0.375 | - | - | " in readme
