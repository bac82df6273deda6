from evolve.streams import stream


def test_streams_are_reproducible_and_distinct():
    first = stream(1, 2, "parents").random(4).tolist()
    assert stream(1, 2, "parents").random(4).tolist() == first
    others = [(2, 2, "parents"), (1, 3, "parents"), (1, 2, "swap"), (12, 2, "parents")]
    assert all(stream(*o).random(4).tolist() != first for o in others)
