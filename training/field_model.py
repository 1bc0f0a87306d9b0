"""The field tagger's network in PyTorch: LAC's encoder, fine-tuned, and a head that scores spans for each quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from gongbao.document import PLACE_RANKS
from gongbao.names.characters import Vocabulary
from gongbao.names.features import FEATURE_SIZES, KINDS, LONGEST, TextFeatures, WindowArrays
from torch import Tensor, nn
from torch.nn import functional

from training.lac_source import HIDDEN, FloatArray

LISTS = ("initiatives", "orgs", "places")
CLOSED = -1e4
STATUSES = ("actual", "previous", "change", "planned", "rule")


class Encoder(nn.Module):
    """LAC's embedding and two bidirectional GRU layers, plus an embedding of the marks of quantities."""

    def __init__(self, tensors: Mapping[str, FloatArray]) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.tensor(tensors["embedding"]), freeze=False)
        self.marks = nn.Embedding(len(KINDS) + 1, HIDDEN)
        nn.init.zeros_(self.marks.weight)
        layers = {key.replace(".", "_"): value for key, value in tensors.items() if key[0] in "01"}
        self.layers = nn.ParameterDict({key: nn.Parameter(torch.tensor(value)) for key, value in layers.items()})

    def forward(self, numbers: Tensor, marks: Tensor, padding: Tensor, dropout: float) -> Tensor:
        """Numbers and marks [T, B], padding [T, B, 1] (0 or CLOSED) -> states [T, B, 256]."""
        states = self.embedding(numbers) + self.marks(marks)
        states = functional.dropout(states, dropout / 2, self.training)
        states = functional.dropout(self._layer(states, "0", padding), dropout, self.training)
        return self._layer(states, "1", padding)

    def _layer(self, inputs: Tensor, layer: str, padding: Tensor) -> Tensor:
        # Written out because Paddle resets the state before the product, PyTorch's own GRU after it.
        ways = []
        for way in "fb":
            key = f"{layer}{way}"
            before = inputs @ self.layers[f"{key}_input"] + self.layers[f"{key}_bias"]
            gates, candidates = before[..., : 2 * HIDDEN], before[..., 2 * HIDDEN :].unbind(0)
            gates = (gates + padding if way == "b" else gates).unbind(0)
            state = inputs.new_zeros(inputs.shape[1], HIDDEN)
            states: list[Tensor] = [state] * len(gates)
            for step in range(len(gates)) if way == "f" else range(len(gates) - 1, -1, -1):
                opened = torch.sigmoid(torch.addmm(gates[step], state, self.layers[f"{key}_gates"]))
                update, reset = opened.chunk(2, 1)
                candidate = torch.tanh(torch.addmm(candidates[step], reset * state, self.layers[f"{key}_state"]))
                state = torch.lerp(state, candidate, update)
                states[step] = state
            ways.append(torch.stack(states))
        return torch.cat(ways, -1)


class FieldNetwork(nn.Module):
    """Scores for beginning, end and inside of indicator and initiative at every position around each quantity."""

    def __init__(self, tensors: Mapping[str, FloatArray], hidden: int = 96) -> None:
        super().__init__()
        self.encoder = Encoder(tensors)
        self.key = nn.Linear(2 * HIDDEN, hidden)
        self.query = nn.Linear(4 * HIDDEN, hidden)
        self.kinds = nn.Embedding(len(KINDS) + 1, hidden)
        self.features = nn.ModuleList([nn.Embedding(size, hidden) for size in FEATURE_SIZES])
        for table in (self.kinds, *self.features):
            nn.init.normal_(table.weight, std=0.1)
        self.output = nn.Linear(hidden, 6)
        self.output_initiative = nn.Linear(hidden, 3)
        self.indicator_seen = nn.Parameter(torch.zeros(3, hidden))
        self.lengths = nn.Parameter(torch.zeros(2, LONGEST + 1))
        self.lists = nn.Linear(2 * HIDDEN, 3 * len(LISTS))
        self.status_hidden = nn.Linear(4 * HIDDEN, hidden)
        self.status = nn.Linear(hidden, len(STATUSES))
        self.rank_hidden = nn.Linear(4 * HIDDEN, hidden)
        self.rank_window = nn.Linear(hidden, hidden, bias=False)
        self.rank_article = nn.Linear(hidden, hidden, bias=False)
        self.rank = nn.Linear(hidden, len(PLACE_RANKS))

    def encode(
        self, articles: Sequence[TextFeatures], vocabulary: Vocabulary, dropout: float
    ) -> tuple[Tensor, list[int]]:
        """States of all articles one after the other (one row more than characters each), and where each begins."""
        jobs = [(n, start, end) for n, article in enumerate(articles) for start, end in article.sequences.tolist()]
        jobs.sort(key=lambda job: job[2] - job[1])
        batches: list[list[tuple[int, int, int]]] = [[]]
        for job in jobs:
            if batches[-1] and (len(batches[-1]) + 1) * (job[2] - job[1]) > 6000:
                batches.append([])
            batches[-1].append(job)
        bases = np.cumsum([0, *(len(article.text) + 1 for article in articles)]).tolist()
        encoded = [vocabulary.encode(article.text) for article in articles]
        states, rows = [], []
        for batch in batches:
            shape = (max(end - start for _, start, end in batch), len(batch))
            numbers, marks = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
            padding = np.full((*shape, 1), CLOSED, np.float32)
            for column, (n, start, end) in enumerate(batch):
                numbers[: end - start, column] = encoded[n][start:end]
                marks[: end - start, column] = articles[n].marks[start:end]
                padding[: end - start, column] = 0
            found = self.encoder(*(torch.tensor(array) for array in (numbers, marks, padding)), dropout)
            for column, (n, start, end) in enumerate(batch):
                states.append(found[: end - start, column])
                rows.extend(range(bases[n] + start, bases[n] + end))
        everything = torch.zeros(bases[-1], 2 * HIDDEN).index_copy(0, torch.tensor(rows), torch.cat(states))
        return everything, bases[:-1]

    def forward(
        self,
        states: Tensor,
        base: int,
        article: TextFeatures,
        around: WindowArrays,
        dropout: float,
        rows: Sequence[int],
    ) -> Tensor:
        """Scores [len(rows), W, 6] for those quantities of one article."""
        chosen = np.array(rows)
        starts = torch.tensor([base + article.amounts[n].start for n in rows])
        lasts = torch.tensor([base + article.amounts[n].end - 1 for n in rows])
        asked = self.query(torch.cat([states[starts], states[lasts]], 1))
        asked = asked + self.kinds(torch.tensor(around.kinds[chosen]))
        hidden = self.key(states)[base + torch.tensor(around.positions[chosen])] + asked[:, None]
        for table, values in zip(self.features, around.features, strict=True):
            hidden = hidden + table(torch.tensor(values[chosen].astype(np.int64)))
        scores = self.output(functional.dropout(torch.relu(hidden), dropout, self.training))
        absent = ~torch.tensor(around.present[chosen])
        begins, ends = (torch.softmax(scores[..., c].masked_fill(absent, CLOSED), 1).detach() for c in (0, 1))
        covered = torch.clamp(torch.cumsum(begins, 1) - torch.cumsum(ends, 1) + ends, 0, 1)
        for row, share in zip(self.indicator_seen, (begins, ends, covered), strict=True):
            hidden = hidden + share[..., None] * row
        second = self.output_initiative(functional.dropout(torch.relu(hidden), dropout, self.training))
        return torch.cat([scores[..., :3], second], -1)

    def statuses(self, states: Tensor, base: int, article: TextFeatures, rows: Sequence[int], dropout: float) -> Tensor:
        """Scores [len(rows), 5] of what those quantities of one article say of the world."""
        starts = torch.tensor([base + article.amounts[n].start for n in rows])
        lasts = torch.tensor([base + article.amounts[n].end - 1 for n in rows])
        hidden = torch.relu(self.status_hidden(torch.cat([states[starts], states[lasts]], 1)))
        return self.status(functional.dropout(hidden, dropout, self.training))

    def ranks(
        self,
        states: Tensor,
        base: int,
        article: TextFeatures,
        around: WindowArrays,
        rows: Sequence[int],
        dropout: float,
    ) -> Tensor:
        """Scores [len(rows), 6] of the rank of those quantities' place: from the quantity, its window, all windows."""
        own = states[base : base + len(article.text)]
        sums = functional.pad(torch.cumsum(torch.relu(own @ self.key.weight.T), 0), (0, 0, 1, 0))
        blocks = torch.tensor(around.blocks)
        lengths = (blocks[..., 1] - blocks[..., 0]).sum(1, keepdim=True).clamp_min(1)
        windows = (sums[blocks[..., 1]] - sums[blocks[..., 0]]).sum(1) / lengths
        starts = torch.tensor([base + article.amounts[n].start for n in rows])
        lasts = torch.tensor([base + article.amounts[n].end - 1 for n in rows])
        hidden = self.rank_hidden(torch.cat([states[starts], states[lasts]], 1))
        hidden = hidden + self.rank_window(windows[list(rows)]) + self.rank_article(windows.mean(0))
        return self.rank(functional.dropout(torch.relu(hidden), dropout, self.training))

    def spans(self, scores: Tensor, allowed: Tensor, field: int) -> Tensor:
        """Scores [N, W, LONGEST] of spans by first position and length - 1; `allowed` is boolean of that shape."""
        begin, end, inside = scores[..., 3 * field : 3 * field + 3].unbind(-1)
        width = begin.shape[1]
        summed = functional.pad(torch.cumsum(functional.pad(inside, (1, 0)), 1), (0, LONGEST))
        ends = functional.pad(end, (0, LONGEST)).unfold(1, LONGEST, 1)[:, :width]
        within = summed.unfold(1, LONGEST, 1)[:, 1 : width + 1] - summed[:, :width, None]
        return (begin[..., None] + ends + within + self.lengths[field, 1:]).masked_fill(~allowed, CLOSED)
