"""What learned sparse retrieval costs and brings on a site: impacts of train_sparse.py as postings of sections, cut, in eight levels, judged as expansion.py judges.

    python sparse_postings.py --models .. --rows out/model.safetensors --vectors SITE/siteseer/vectors-*.safetensors --qrels qrels/dev.tsv \\
        --words-bytes 25000 lexical.jsonl more-candidates.jsonl…

A passage keeps its `terms` largest impacts, a section has the greatest of its passages, and a token's list its `cap` greatest. The list stands in order of
impact: for each level the numbers of its sections as differences, in varints. Lists stand in the order of their tokens in chunks of CHUNK bytes or
more, each compressed by itself; a query reads those of its tokens. A line a setting: mean bytes of a query, that and `--words-bytes` in
proportion to the latter, and nDCG@10.
"""

import argparse
import zlib

import numpy as np
import weights
from expansion import Collection
from pairs import tokenizer
from safetensors.numpy import load_file
from train_sparse import saved_impacts

LEVELS, CHUNK = 8, 1000
SETTINGS = [(terms, cap) for terms in (32, 64, 128, 256) for cap in (300, 1000)]
SHARES = ((0.4, 0.75), (0.55, 0.75))


def varints(numbers):
    """Bytes of the numbers, seven bits each, lowest first."""
    out = bytearray()
    for number in numbers:
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return bytes(out)


def posting_list(impacts, cap):
    """(bytes, sections, impacts as they come back) of a token's impacts f32[sections]."""
    found = np.nonzero(impacts)[0]
    if len(found) > cap:
        found = np.sort(found[np.argsort(-impacts[found], kind="stable")[:cap]])
    if not len(found):
        return b"\0", found, impacts[found]
    step = impacts[found].max() / LEVELS
    levels = np.clip(np.ceil(impacts[found] / step), 1, LEVELS).astype(int)
    out = [np.float16(step).tobytes()]
    for level in range(LEVELS, 0, -1):
        here = found[levels == level]
        out += [varints([len(here)]), varints(np.diff(here, prepend=0).tolist())]
    return b"".join(out), found, (levels - 0.5) * step


class Postings:
    """All lists of a setting: what comes back of each token of `wanted`, and the chunk that it is in."""

    def __init__(self, impacts, cap, order, wanted):
        self.lists, self.chunk, self.sizes, pending = {}, {}, [], b""
        for token in order:
            coded, *self.lists[token] = posting_list(impacts[:, token], cap)
            if token not in wanted:
                del self.lists[token]
            pending += coded
            self.chunk[token] = len(self.sizes)
            if len(pending) >= CHUNK:
                self.sizes.append(len(zlib.compress(pending, 9)) + 20)
                pending = b""
        self.sizes.append(len(zlib.compress(pending, 9)) + 20)

    def bytes_of(self, tokens):
        return sum(self.sizes[chunk] for chunk in {self.chunk[token] for token in tokens})

    def scores(self, tokens, sections):
        out = np.zeros(sections, np.float32)
        for token in tokens:
            found, impacts = self.lists[token]
            out[found] += impacts
        return out


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("candidates", nargs="+", help="what the words say of the queries, and others that tell sections")
    for name in ("models", "rows", "vectors", "qrels"):
        a.add_argument(f"--{name}", required=True)
    a.add_argument("--words-bytes", type=float, required=True, help="what a query by words reads (`siteseer eval`)")
    a = a.parse_args()
    file, names = load_file(a.vectors), list(weights.static_rows(f"{a.models}/siteseer-static-tower.safetensors"))
    collection = Collection(a.candidates[0], a.qrels, a.candidates[1:])
    impacts = saved_impacts(a.rows, file["vectors"].astype(np.float32) * file["scales"].reshape(-1, 1))
    # passages of sections that no list has count as sections of their own
    first = [collection.section.get(passage, passage) for passage in range(len(impacts))]
    starts = np.nonzero(np.diff(first, prepend=-1))[0]
    section_of = np.searchsorted(starts, np.arange(len(impacts)), side="right") - 1
    print(f"{len(impacts)} passages, {len(collection.section)} of known sections; {(impacts > 0).sum(1).mean():.0f} impacts a passage uncut", flush=True)
    vocabulary = weights.vocabulary(f"{a.models}/all-MiniLM-L6-v2.safetensors")
    numbers, words, tokens = {token: i for i, token in enumerate(names)}, tokenizer(vocabulary), {}
    for query in collection.queries:
        pieces = (vocabulary[i] for i in words.encode(query["q"], add_special_tokens=False).ids[:64])
        tokens[query["id"]] = [numbers[piece] for piece in pieces if piece in numbers]
    wanted = {token for of_query in tokens.values() for token in of_query}
    order = sorted(range(len(names)), key=names.__getitem__)
    by_terms = -np.partition(-impacts, [terms for terms, _ in SETTINGS[::2]], axis=1)
    for terms, cap in SETTINGS:
        if cap == SETTINGS[0][1]:
            cut = np.maximum.reduceat(np.where(impacts > by_terms[:, terms : terms + 1], impacts, 0), starts)
        postings = Postings(cut, cap, order, wanted)
        read = np.mean([postings.bytes_of(of_query) for of_query in tokens.values()])
        all_bytes = sum(postings.sizes)
        name = f"{terms} terms, cap {cap}: {read / 1000:.1f} KB a query, {1 + read / a.words_bytes:.2f} of words; {all_bytes / 1e6:.2f} MB, {len(postings.sizes)} files;"
        collection.judge(name, lambda query: postings.scores(tokens[query["id"]], len(starts))[section_of], SHARES, len(impacts))


if __name__ == "__main__":
    main()
