"""LAC through ONNX Runtime against a plain numpy reading of the tensors in jieba's wheel."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gongbao.errors import ModelError
from gongbao.names.characters import batches_by_length, twin
from gongbao.names.lac import LABELS, LacTagger
from gongbao.names.network import Network
from gongbao.names.viterbi import viterbi
from hypothesis import given, settings
from hypothesis import strategies as st

from training.lac_source import UNTRAINED, lac_folder, read_dictionary, read_lac

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / ".." / "shared" / "annotated"
WEIGHTS = ROOT / "pipeline/gongbao/names/weights/lac.onnx"

SENTENCES = [
    "绍兴市科学技术局与浙江大学签约，在柯桥区共建现代纺织技术创新中心。",
    "李建国介绍，2021年上半年，中国建设银行苏州分行发放贷款3.6亿元。",
    "（记者陈芳）《平凡的世界》重印２万册；读者来自成都、重庆等地！",
    "增长8.3%",
    "ＧＤＰ",
]


class Reference:
    """The network of jieba/lac_small in numpy, one character after the other, in float64."""

    def __init__(self) -> None:
        folder = lac_folder()
        self.tensors = {key: value.astype(np.float64) for key, value in read_lac(folder / "model_baseline").items()}
        words = read_dictionary(folder / "word.dic")
        trained = np.abs(self.tensors["embedding"]).max(1) > UNTRAINED
        self.numbers = {word: row for row, word in enumerate(words) if trained[row]}
        self.unknown = words.index("OOV")
        self.tags = read_dictionary(folder / "tag.dic")

    def emissions(self, sentence: str) -> np.ndarray:
        rows = [self.numbers.get(c, self.numbers.get(twin(c), self.unknown)) for c in sentence]
        states = self.tensors["embedding"][rows]
        for layer in "01":
            states = np.concatenate(
                [self._gru(states, f"{layer}f"), self._gru(states[::-1], f"{layer}b")[::-1]], axis=1
            )
        return states @ self.tensors["output"] + self.tensors["output_bias"]

    def _gru(self, inputs: np.ndarray, key: str) -> np.ndarray:
        before = inputs @ self.tensors[f"{key}.input"] + self.tensors[f"{key}.bias"]
        state, states = np.zeros(128), []
        for row in before:
            gates = 1 / (1 + np.exp(-(row[:256] + state @ self.tensors[f"{key}.gates"])))
            update, reset = gates[:128], gates[128:]
            candidate = np.tanh(row[256:] + (reset * state) @ self.tensors[f"{key}.state"])
            state = (1 - update) * state + update * candidate
            states.append(state)
        return np.array(states)

    def decode(self, emissions: np.ndarray) -> list[int]:
        scores, back = self.tensors["start"] + emissions[0], []
        for row in emissions[1:]:
            sums = scores[:, None] + self.tensors["transitions"]
            back.append(sums.argmax(0))
            scores = sums.max(0) + row
        path = [int((scores + self.tensors["end"]).argmax())]
        for pointers in reversed(back):
            path.append(int(pointers[path[-1]]))
        return path[::-1]


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference()


@pytest.fixture(scope="module")
def tagger() -> LacTagger:
    return LacTagger.load()


def test_same_tags_as_the_reference(reference: Reference, tagger: LacTagger) -> None:
    for sentence, numbers in zip(SENTENCES, tagger.tag_numbers(SENTENCES), strict=True):
        expected = reference.decode(reference.emissions(sentence))
        assert [reference.tags[n] for n in numbers] == [reference.tags[n] for n in expected]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the annotated articles are not beside the checkout")
def test_same_tags_on_real_text(reference: Reference, tagger: LacTagger) -> None:
    # 8-bit states and 7-bit weights move a few borderline parts of speech; on every processor the same ones.
    import opencc

    simplify = opencc.OpenCC("tw2s").convert
    lines = [line for path in sorted(SHARED.glob("[eils]*.jsonl")) for line in path.open(encoding="utf-8")]
    texts = [simplify(json.loads(line)["text"]) for line in lines]
    sentences = [part for text in texts for part in text.replace("。", "。\n").split("\n") if part.strip()][::6]
    same = same_names = total = 0
    for sentence, numbers in zip(sentences, tagger.tag_numbers(sentences), strict=True):
        expected = reference.decode(reference.emissions(sentence))
        pairs = [(reference.tags[a], reference.tags[b]) for a, b in zip(expected, numbers, strict=True)]
        same += sum(a == b for a, b in pairs)
        same_names += sum(a == b or not {a[:-2], b[:-2]} & LABELS.keys() for a, b in pairs)
        total += len(pairs)
    assert total > 5000
    assert same / total >= 0.99
    assert same_names / total >= 0.995


@pytest.mark.parametrize(
    ("sentence", "label", "name"),
    [
        (SENTENCES[0], "ORG", "绍兴市科学技术局"),
        (SENTENCES[0], "ORG", "浙江大学"),
        (SENTENCES[1], "PER", "李建国"),
        (SENTENCES[1], "ORG", "中国建设银行苏州分行"),
        (SENTENCES[2], "WORK", "平凡的世界"),
        (SENTENCES[2], "LOC", "成都"),
    ],
)
def test_names(tagger: LacTagger, sentence: str, label: str, name: str) -> None:
    (entities,) = tagger.tag([sentence])
    assert (label, name) in {(entity.label, entity.text) for entity in entities}
    assert all(sentence[entity.start : entity.end] == entity.text for entity in entities)


def test_no_names(tagger: LacTagger) -> None:
    assert tagger.tag(["增长8.3%", "", "  ", "的"]) == [[], [], [], []]


def test_result_does_not_depend_on_the_batch(tagger: LacTagger) -> None:
    many = SENTENCES * 30 + [SENTENCES[0] * 4]
    lengths = np.array([len(sentence) for sentence in SENTENCES])
    (together,) = tagger._network.run(lengths, tagger._vocabulary.encode("".join(SENTENCES)))
    for sentence, rows in zip(SENTENCES, np.split(together, np.cumsum(lengths)[:-1]), strict=True):
        (alone,) = tagger._network.run(np.array([len(sentence)]), tagger._vocabulary.encode(sentence))
        assert np.array_equal(alone, rows)
    assert tagger.tag(many)[: len(SENTENCES)] == tagger.tag(SENTENCES)
    assert tagger.tag(many[::-1])[::-1] == tagger.tag(many)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=60), max_size=6))
def test_any_text(sentences: list[str]) -> None:
    tagger = LacTagger.load()
    words = tagger.words(sentences)
    for sentence, row in zip(sentences, words, strict=True):
        assert "".join(sentence[start:end] for start, end, _ in row) == sentence
    for sentence, entities in zip(sentences, tagger.tag(sentences), strict=True):
        assert all(sentence[e.start : e.end] == e.text and e.end > e.start for e in entities)


def test_long_text_is_cut_and_complete(tagger: LacTagger) -> None:
    text = "甘肃省兰州市安宁区" * 400
    (entities,) = tagger.tag([text])
    assert entities[-1].end > 3500
    assert all(text[e.start : e.end] == e.text for e in entities)


@pytest.mark.parametrize(
    ("character", "expected"),
    [("，", ","), ("。", "."), ("Ａ", "a"), ("％", "%"), ("“", '"'), ("中", "中"), ("𠮷", "𠮷")],
)
def test_twin(character: str, expected: str) -> None:
    assert twin(character) == expected


@given(st.lists(st.integers(0, 700), max_size=300))
def test_batches_hold_every_item_once(lengths: list[int]) -> None:
    batches = batches_by_length(lengths)
    assert sorted(index for batch in batches for index in batch) == [i for i, n in enumerate(lengths) if n]
    assert all(len(batch) <= 64 and len(batch) * max(lengths[i] for i in batch) <= 8192 for batch in batches)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_viterbi_finds_the_best_path(seed: int) -> None:
    random = np.random.default_rng(seed)
    tags, lengths = 3, np.array([4, 1, 3])
    emissions = random.normal(size=(4, 3, tags)).astype(np.float32)
    start, end, transitions = (random.normal(size=s).astype(np.float32) for s in (tags, tags, (tags, tags)))
    path = viterbi(emissions, lengths, start, end, transitions)
    for column, length in enumerate(lengths):
        scores = {}
        for option in np.ndindex(*[tags] * int(length)):
            score = start[option[0]] + end[option[-1]] + sum(emissions[t, column, tag] for t, tag in enumerate(option))
            scores[option] = score + sum(transitions[a, b] for a, b in pairwise(option))
        assert scores[tuple(int(t) for t in path[:length, column])] == pytest.approx(max(scores.values()), abs=1e-4)


def test_conversion_gives_the_shipped_bytes(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="only the train dependency group holds onnx")
    from training.convert_lac import convert

    convert(lac_folder(), tmp_path / "lac.onnx")
    assert (tmp_path / "lac.onnx").read_bytes() == WEIGHTS.read_bytes()


@pytest.mark.parametrize("name", ["lac.onnx", "fields.onnx"])
def test_no_pair_of_products_overflows_16_bits(name: str) -> None:
    # Without VNNI, x86 adds the products of uint8 states and int8 weights in pairs in 16 bits, and cuts off what is
    # greater: then the integers, and with them the tags, would depend on the processor.
    onnx = pytest.importorskip("onnx", reason="only the train dependency group holds onnx")
    from onnx import numpy_helper

    graphs = [onnx.load(WEIGHTS.with_name(name)).graph]
    graphs += [a.g for node in graphs[0].node for a in node.attribute if a.HasField("g")]
    weights = [w for graph in graphs for w in graph.initializer if w.name.endswith(".int8")]
    assert weights
    assert all(2 * 255 * int(np.abs(numpy_helper.to_array(w).astype(int)).max()) <= 2**15 - 1 for w in weights)


def test_missing_weights() -> None:
    with pytest.raises(ModelError) as caught:
        Network.load("absent.onnx")
    assert caught.value.code == "model.missing"
