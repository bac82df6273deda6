"""A folder of a user's own: read as it is, or refused with file, line and what was expected."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evaluators.errors import UsageError
from evaluators.playing import play
from evaluators.problems.broadcast_routing.instance import broadcast_of
from evaluators.problems.broadcast_routing.problem import BroadcastRouting
from evaluators.registry import ProblemSpec

REGIONS = ("aws:a", "aws:b", "gcp:c")
PAIRS = [(u, v) for u in REGIONS for v in REGIONS if u != v]
CONFIG = {
    "source_node": "aws:a",
    "dest_nodes": ["gcp:c", "aws:b"],
    "data_vol": 30,
    "num_partitions": 3,
    "ingress_limit": {"aws": 10, "gcp": 16},
    "egress_limit": {"aws": 5, "gcp": 7},
}


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "config").mkdir()
    write_csv(tmp_path, "cost", ["src,dest,cost", *(f"{u},{v},0.0{i + 1}" for i, (u, v) in LINKS)])
    header = "src_region,tag,dst_region,throughput_sent"
    rows = [f"{u},x,{v},{i + 1}e9" for i, (u, v) in LINKS]
    write_csv(tmp_path, "throughput", [header, *rows, "aws:a,x,aws:a,9e9"])
    write_config(tmp_path, CONFIG)
    return tmp_path


LINKS = list(enumerate(PAIRS))


def write_csv(folder, name, lines):
    (folder / "profiles" / f"{name}.csv").write_text("\n".join(lines) + "\n")


def write_config(folder, data):
    (folder / "config" / "mine.json").write_text(json.dumps(data))


def lines_of(folder, name):
    return (folder / "profiles" / f"{name}.csv").read_text().splitlines()


def test_a_folder_becomes_the_sealed_split(folder):
    problem = BroadcastRouting(workload_file=str(folder))
    (workload,) = problem.workloads("sealed")
    b = broadcast_of(workload.content)
    assert (workload.id, workload.family, workload.cluster) == (
        "sealed-mine",
        "inter",
        "from aws:a",
    )
    assert b.price.tolist() == [[0, 0.01, 0.02], [0.03, 0, 0.04], [0.05, 0.06, 0]]
    assert b.throughput.tolist() == [[0, 2, 4], [6, 0, 8], [10, 12, 0]]  # of two machines
    assert b.egress_limit.tolist() == [10, 10, 14]
    assert b.ingress_limit.tolist() == [20, 20, 32]
    assert (b.source, b.destinations.tolist()) == (0, [2, 1])
    assert (b.num_partitions, b.volume_gb) == (3, 30.0)
    for policy in problem.baselines().values():
        measured = play(problem, workload, policy)[0]
        assert measured.values["cost"] >= problem.limits(workload)["cost"].value - 1e-9
        assert measured.breakdown["skydiscover_usd"] > 0


def test_machines_and_their_price_are_the_users(folder):
    spec = ProblemSpec("broadcast_routing", {"num_vms": "1", "vm_usd_per_hour": "3"}, str(folder))
    problem = spec.load()
    (workload,) = problem.workloads("sealed")
    assert workload.content["throughput"].max() == 6
    assert problem.given(workload) == {"region_usd_per_hour": 3.0}


def test_compressed_files_are_read_alike(folder):
    before = BroadcastRouting(workload_file=str(folder)).workloads("sealed")[0].digest
    path = folder / "profiles" / "cost.csv"
    path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert BroadcastRouting(workload_file=str(folder)).workloads("sealed")[0].digest == before


def test_search_and_selection_stay_drawn(folder):
    own, drawn = BroadcastRouting(workload_file=str(folder)), BroadcastRouting()
    for split in ("search", "selection", "tiny"):
        assert [w.digest for w in own.workloads(split)] == [
            w.digest for w in drawn.workloads(split)
        ]


@pytest.mark.parametrize(
    ("name", "line", "text", "message", "hint"),
    [
        ("cost", 0, "from,dest,cost", "cost.csv:1: no column 'src'", "src, dest, cost"),
        (
            "cost",
            2,
            "aws:a,gcp:c,cheap",
            "cost.csv:3: cost is 'cheap'",
            "finite number of at least",
        ),
        ("cost", 2, "aws:a,gcp:c,-1", "cost.csv:3: cost is '-1'", "at least 0"),
        ("cost", 2, "aws:a,gcp:c,nan", "cost.csv:3: cost is 'nan'", "at least 0"),
        ("cost", 2, "aws:a,aws:b,1", "cost.csv:3: aws:a -> aws:b has a row already", "keep one"),
        ("cost", 2, "aws:a,gcp:c", "cost.csv:3: an incomplete row", "src, dest, cost"),
        (
            "cost",
            2,
            "aws:a,gcp:z,1",
            "cost.csv: region 'gcp:z' is not in throughput.csv",
            "profiles",
        ),
        ("cost", 2, "aws:a,aws:a,1", "cost.csv: no row for aws:a -> gcp:c", "every ordered pair"),
        ("throughput", 1, "aws:a,x,aws:b,0", "throughput.csv:2: throughput_sent is '0'", "above 0"),
        ("throughput", 6, "", "throughput.csv: no row for gcp:c -> aws:b", "every ordered pair"),
    ],
)
def test_bad_tables_are_refused(folder, name, line, text, message, hint):
    lines = lines_of(folder, name)
    lines[line] = text
    write_csv(folder, name, lines)
    error = refusal(folder)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source_node": "aws:z"}, "no region 'aws:z'"),
        ({"dest_nodes": ["aws:b", "aws:b"]}, "aws:b more than once"),
        ({"dest_nodes": ["aws:a"]}, "aws:a more than once"),
        ({"dest_nodes": []}, "number of dest_nodes is 0"),
        ({"dest_nodes": "aws:b"}, "dest_nodes is 'aws:b'"),
        ({"dest_nodes": [["aws:b"]]}, "no region ['aws:b']"),
        ({"num_partitions": 0}, "num_partitions is 0"),
        ({"num_partitions": 2.5}, "num_partitions is 2.5"),
        ({"num_partitions": True}, "num_partitions is True"),
        ({"data_vol": -1}, "data_vol is -1"),
        ({"data_vol": float("nan")}, "data_vol is nan"),
        ({"egress_limit": {"aws": 5}}, "egress_limit of 'gcp' is None"),
        ({"ingress_limit": {"aws": 0, "gcp": 1}}, "ingress_limit of 'aws' is 0"),
    ],
)
def test_bad_broadcasts_are_refused(folder, change, message):
    write_config(folder, CONFIG | change)
    error = refusal(folder)
    assert "mine.json" in error.message
    assert message in error.message
    assert error.hint


def test_a_missing_key_is_named(folder):
    write_config(folder, {k: v for k, v in CONFIG.items() if k != "data_vol"})
    assert refusal(folder).message.endswith("mine.json has no 'data_vol'")


@pytest.mark.parametrize(
    ("text", "message"), [("{\n  1", "mine.json:2: "), ("[]", "mine.json holds no object")]
)
def test_broken_json_is_refused(folder, text, message):
    (folder / "config" / "mine.json").write_text(text)
    assert message in refusal(folder).message


def test_missing_files_are_named(folder):
    (folder / "profiles" / "cost.csv").unlink()
    assert refusal(folder).message.endswith("cost.csv or cost.csv.gz")
    assert "is no folder" in refusal(folder / "config" / "mine.json").message
    assert "*.json" in refusal(folder / "profiles").message


def test_damaged_compression_is_refused(folder):
    path = folder / "profiles" / "cost.csv"
    whole = gzip.compress(path.read_bytes())
    path.unlink()
    path.with_suffix(".csv.gz").write_bytes(whole[:-12])
    assert "cannot read" in refusal(folder).message


def refusal(folder):
    with pytest.raises(UsageError) as caught:
        BroadcastRouting(workload_file=str(folder))
    return caught.value
