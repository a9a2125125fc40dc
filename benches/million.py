"""What search by meaning would cost and find on a site of a million passages: a simulation, since there is no such site at hand.

    python benches/million.py SITE/siteseer QUERIES.f32 [PASSAGES]

SITE/siteseer is an index, QUERIES.f32 embeddings of queries as examples/embed.rs writes them, by the index's query tower. The further
passages are mixtures of two neighbours of the index, moved by half the difference of two passages that are no neighbours, so that they
spread along the axes as the site's own do. Cells, codes and shortlist are those of src/cli/index/nearby.rs and compressed.rs, in floating
point. Needs numpy and safetensors, and 8 GB.
"""

import heapq
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

ERROR = [1.0, 0.3634, 0.1188, 0.0374, 0.0115, 0.0035, 0.00104, 0.0003, 0.00008]
STEP = [0.0, 1.596, 0.9957, 0.5860, 0.3352, 0.1881, 0.1041, 0.0569, 0.0308]
CENTRE_BYTES, CELL_BYTES, CODE_BYTES, ROW_BYTES, ID_BYTES = 16, 32, 96, 388, 1.6
COMPARED = 128  # axes by which cells are found
BLOCK = 20_000


def share_bits(spread, weight, size):
    """src/codes/fit.rs"""
    bits, base = np.zeros(len(spread), int), (spread * weight) ** 2
    gains = [(-base[axis] * (ERROR[0] - ERROR[1]), axis) for axis in range(len(spread))]
    heapq.heapify(gains)
    for _ in range(8 * size):
        _, axis = heapq.heappop(gains)
        bits[axis] += 1
        if bits[axis] < 8:
            heapq.heappush(gains, (-base[axis] * (ERROR[bits[axis]] - ERROR[bits[axis] + 1]), axis))
    return bits


def coded(values, mean, spread, bits):
    """What is left of vectors in codes, along the axes that have bits; the others are their mean."""
    kept = np.nonzero(bits)[0]
    step, half = np.array(STEP)[bits[kept]] * spread[kept], 2.0 ** (bits[kept] - 1)
    level = np.clip(np.floor((values[:, kept] - mean[kept]) / step), -half, half - 1)
    out = np.tile(mean, (len(values), 1))
    out[:, kept] = (level + 0.5) * step + mean[kept]
    return out.astype(np.float32)


def blocks(n):
    return (slice(at, min(at + BLOCK, n)) for at in range(0, n, BLOCK))


def enlarge(vectors, n, random):
    if n <= len(vectors):
        return vectors[:n]
    near = np.empty((len(vectors), 8), np.int32)
    for part in blocks(len(vectors)):
        near[part] = np.argpartition(-(vectors[part] @ vectors.T), 9, axis=1)[:, 1:9]
    out = [vectors]
    for part in blocks(n - len(vectors)):
        count = part.stop - part.start
        own, a, b = random.integers(0, len(vectors), (3, count))
        other = near[own, random.integers(0, 8, count)]
        t = random.uniform(0, 0.5, (count, 1)).astype(np.float32)
        mixed = (1 - t) * vectors[own] + t * vectors[other] + 0.5 * (vectors[a] - vectors[b]) / np.float32(2**0.5)
        out.append(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))
    return np.concatenate(out)


def cluster(points, count):
    """Spherical k-means as src/cli/index/k_means.rs has it."""
    chosen = points[:: max(len(points) // (count * 48), 1)]
    centres = chosen[np.arange(count) * len(chosen) // count].copy()
    nearest = lambda rows: np.concatenate(
        [np.argmax(rows[part, :COMPARED] @ centres[:, :COMPARED].T, axis=1) for part in blocks(len(rows))]
    )
    for _ in range(8):
        cell = nearest(chosen)
        order = np.argsort(cell, kind="stable")
        starts = np.searchsorted(cell[order], np.arange(count))
        filled = np.bincount(cell, minlength=count) > 0
        sums = np.add.reduceat(chosen[order], np.minimum(starts, len(chosen) - 1), axis=0)[filled]
        centres[filled] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return centres, nearest(points)


def main(index, queries, wanted=1_000_000):
    random = np.random.default_rng(1)
    tensors = load_file(next(Path(index).glob("vectors-*.safetensors")))
    vectors = tensors["vectors"].astype(np.float32) * tensors["scales"][:, None]
    asked = np.fromfile(queries, np.float32).reshape(-1, vectors.shape[1])
    vectors = enlarge(vectors, int(wanted), random)
    n = len(vectors)
    sample = vectors[:: max(n // 20_000, 1)]
    axes = np.linalg.eigh((sample.T @ sample).astype(np.float64))[1][:, ::-1].astype(np.float32)
    for part in blocks(n):
        vectors[part] = vectors[part] @ axes
    asked = asked @ axes
    mean, spread = vectors.mean(axis=0, dtype=np.float64).astype(np.float32), vectors.std(axis=0)
    weight = np.sqrt(mean**2 + spread**2)
    exact = np.empty((len(asked), 10), np.int64)
    best_codes = [(np.full((len(asked), 0), -1, np.int64), np.zeros((len(asked), 0), np.float32)) for _ in range(2)]
    code_bits = share_bits(spread, weight, CODE_BYTES)
    shortlist = int(np.clip(0.3 * n**0.5, 30, 120))

    def merge(best, scores, start, count):
        ids, values = best
        ids = np.concatenate([ids, np.tile(np.arange(start, start + scores.shape[1]), (len(asked), 1))], axis=1)
        values = np.concatenate([values, scores], axis=1)
        top = np.argpartition(-values, min(count, values.shape[1] - 1), axis=1)[:, :count]
        return np.take_along_axis(ids, top, 1), np.take_along_axis(values, top, 1)

    for part in blocks(n):
        best_codes[0] = merge(best_codes[0], asked @ vectors[part].T, part.start, 10)
        best_codes[1] = merge(best_codes[1], asked @ coded(vectors[part], mean, spread, code_bits).T, part.start, shortlist)
    exact = best_codes[0][0]
    share = lambda found: np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact)])
    print(f"{n:,} passages, {len(asked)} queries, recall@10 against all vectors ({n * ROW_BYTES / 1e6:.0f} MB)")
    print(f"compressed: {n * CODE_BYTES / 1e6:.1f} MB of codes once, {shortlist} vectors a query: {share(best_codes[1][0]):.3f}")

    count = round(4 * n**0.5)
    centres, cell = cluster(vectors, count)
    centre_codes = coded(centres, mean, spread, share_bits(spread, weight, CENTRE_BYTES))
    members = np.argsort(cell, kind="stable")
    bounds = np.searchsorted(cell[members], np.arange(count + 1))
    cell_bits = share_bits(spread, weight, CELL_BYTES)
    order = np.argsort(-(asked @ centre_codes.T), axis=1)
    print(f"{count} cells, {count * CENTRE_BYTES / 1e3:.0f} KB of centres once")
    print("cells  passages      KB a query  in these cells  first ten by codes  best 120 compared again (+46 KB)")
    for probes in (12, 48, 96, 192, 384):
        looked, there, by_code, again = [], [], [], []
        for query, cells, wanted_ids in zip(asked, order, exact):
            ids = np.concatenate([members[bounds[c] : bounds[c + 1]] for c in cells[:probes]])
            scores = coded(vectors[ids], mean, spread, cell_bits) @ query
            best = ids[np.argsort(-scores)]
            looked.append(len(ids))
            there.append(len(set(ids) & set(wanted_ids)) / 10)
            by_code.append(len(set(best[:10]) & set(wanted_ids)) / 10)
            again.append(len(set(best[:120]) & set(wanted_ids)) / 10)
        size = np.mean(looked) * (CELL_BYTES + ID_BYTES) / 1e3
        print(f"{probes:5} {np.mean(looked):9.0f} {size:15.0f} {np.mean(there):15.3f} {np.mean(by_code):19.3f} {np.mean(again):14.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
