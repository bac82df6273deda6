"""`column_statistics` with rows that share a prefix as far apart as there are prompts in flight.

Source: own. A prompt that is still under way helps no other, so sorted rows are dealt into as many
lanes of equal length as there are prompts in flight, and the lanes take turns: the row before of a
lane is done when the next one is sent. Rows beyond the lanes come last. Providers advise the same:
wait for one answer before sending its likes.
"""

import numpy as np


def reorder(value, length, in_flight):
    rows = len(value)
    score = [
        length[column].mean() ** 2 * (rows / len(np.unique(column)) - 1) for column in value.T
    ]
    order = np.argsort(-np.array(score), kind="stable")
    by_text = np.lexsort(value[:, order[::-1]].T)
    in_lane = max(1, rows // in_flight)
    dealt = min(rows, in_lane * in_flight)
    place = np.argsort(np.arange(dealt) % in_lane, kind="stable")
    return {
        "row_order": np.concatenate([by_text[place], by_text[dealt:]]),
        "field_order": np.tile(order, (rows, 1)),
    }
