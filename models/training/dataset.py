"""All sites' lists as numbers: which query, which texts (one number for each reading of a candidate), fused scores and gains."""

import random
from dataclasses import dataclass

import numpy as np
from lists import graded_sections, site_lists
from pairs import Texts


@dataclass
class Row:
    """A query's candidates, right ones first, then as the first stage ranks them."""

    query: int
    kind: str
    site: str
    texts: dict  # reading → int64[n]
    fused: np.ndarray  # f32[n]
    grades: np.ndarray  # int64[n]
    ranks: np.ndarray  # int64[n]


class Dataset:
    """Lists to train on, and those of the sites kept apart."""

    def __init__(self, candidates, graded, dev_sites, readings, width, per_list):
        self.queries, self.texts = Texts(64), Texts(width)
        grades, rows = graded_sections(graded) if graded else {}, []
        for path in candidates:
            site, lists = site_lists(path, grades)
            for x in lists:
                numbers = {r: np.array([self.texts.add(getattr(site, r)(p[0])) for p in x["pairs"]]) for r in readings}
                fused, grade, rank = (np.array([p[i] for p in x["pairs"]]) for i in (1, 2, 3))
                rows.append(Row(self.queries.add(x["q"]), x["kind"], x["site"], numbers, fused.astype(np.float32), grade, rank))
        self.dev = [row for row in rows if row.site in dev_sites]
        random.Random(5).shuffle(self.dev)
        self.train = [row for row in rows if row.site not in dev_sites and len(row.ranks) >= per_list]

    def describe(self):
        return f"{len(self.train)} lists to train on, {len(self.dev)} of sites kept apart, {len(self.texts.strings)} texts"


def sample(row, size, rng):
    """`size` candidates of a list: one or two right ones, half of the others from the first twelve, where the order is decided."""
    right = [i for i in range(len(row.grades)) if row.grades[i] >= 2][:2]
    rest = [i for i in range(len(row.grades)) if row.grades[i] < 2]
    top, low = [i for i in rest if row.ranks[i] < 12], [i for i in rest if row.ranks[i] >= 12]
    chosen = rng.sample(top, min(len(top), (size - len(right) + 1) // 2))
    chosen += rng.sample(low, min(len(low), size - len(right) - len(chosen)))
    missing = size - len(right) - len(chosen)
    chosen += [i for i in rest if i not in chosen][:missing]
    return (right + chosen + right * size)[:size]


def batch(rows, size, reading, rng):
    """→ queries int64[rows], texts int64[rows, size], fused f32[rows, size], gains f32[rows, size] that sum to 1"""
    chosen = [sample(row, size, rng) for row in rows]
    texts = np.stack([row.texts[reading][c] for row, c in zip(rows, chosen)])
    fused = np.stack([row.fused[c] for row, c in zip(rows, chosen)])
    gains = np.stack([2.0 ** row.grades[c] - 1 for row, c in zip(rows, chosen)])
    return np.array([row.query for row in rows]), texts, fused, (gains / gains.sum(1, keepdims=True)).astype(np.float32)


def dev_groups(rows, most, depth, group=16):
    """Groups of lists with their first `depth` candidates in the first stage's order: (rows, order int64[rows, depth])."""
    rows = [row for row in rows if len(row.ranks) >= depth][:most]
    for at in range(0, len(rows), group):
        yield rows[at : at + group], [row.ranks.argsort()[:depth] for row in rows[at : at + group]]


def mean_ndcg(dev, lambdas, scores_of):
    """Mean nDCG@10 of `fused + λ · score` for each λ; `scores_of(rows, orders)` are f32[rows, depth]."""
    sums, count = [0.0] * len(lambdas), 0
    for rows, orders in dev:
        for row, order, scores in zip(rows, orders, scores_of(rows, orders)):
            count += 1
            for i, weight in enumerate(lambdas):
                sums[i] += ndcg(row.fused[order] + weight * scores, row.grades[order])
    return {str(weight): round(s / max(1, count), 4) for weight, s in zip(lambdas, sums)}


def ndcg(scores, grades, k=10):
    """nDCG@k of one list with gains 2^grade − 1; the best order is that of the list itself."""
    gains = 2.0**grades - 1
    discount = 1 / np.log2(np.arange(2, k + 2))
    dcg = lambda g: float((g[:k] * discount[: len(g[:k])]).sum())
    best = dcg(np.sort(gains)[::-1])
    return dcg(gains[np.argsort(-scores, kind="stable")]) / best if best else 0.0
