"""The best tag sequence of a linear-chain CRF, for a whole batch at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


def viterbi(
    emissions: FloatArray, lengths: npt.NDArray[np.int64], start: FloatArray, end: FloatArray, transitions: FloatArray
) -> npt.NDArray[np.intp]:
    """Decode a padded batch.

    Only the scores are kept on the way forward; the way back finds again which tag gave each maximum, for the one tag
    chosen instead of for all.

    Args:
        emissions: Scores [T, B, N].
        lengths: Lengths [B], each from 1 to T.
        start: Score [N] of each tag at the beginning.
        end: Score [N] of each tag at the end.
        transitions: Scores [N, N] from the row's tag to the column's.

    Returns:
        Tags [T, B]; beyond a sequence's length they are meaningless.
    """
    steps, batch, tags = emissions.shape
    scores = np.empty_like(emissions)
    scores[0] = emissions[0] + start
    sums = np.empty((tags, batch, tags), np.float32)
    by_source = np.ascontiguousarray(transitions)[:, None, :]
    for step in range(1, steps):
        np.add(scores[step - 1].T[:, :, None], by_source, out=sums)
        np.max(sums, axis=0, out=scores[step])
        scores[step] += emissions[step]
    columns = np.arange(batch)
    path = np.zeros((steps, batch), np.intp)
    chosen = (scores[lengths - 1, columns] + end).argmax(1)
    by_target = np.ascontiguousarray(transitions.T)
    for step in range(steps - 1, -1, -1):
        if step < steps - 1:
            earlier = (scores[step] + by_target[path[step + 1]]).argmax(1)
            path[step] = np.where(lengths - 1 > step, earlier, chosen)
        else:
            path[step] = chosen
    return path
