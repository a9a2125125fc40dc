"""Learned sparse retrieval without training, tried on a site: each passage is expanded by the tokens of the static query tower whose rows
say most about it, and a query costs only its own tokens' postings.

    impact(t, p) = row_t · v_p − mean over the site's passages       the T largest of a passage are kept, the others are 0
    score(q, p)  = Σ_t impact(t, p)                                  q's tokens; a section has that of its best passage

    siteseer index SITE --no-client
    cargo run --release --example candidates -- SITE/siteseer queries.jsonl 300 lexical > lexical.jsonl     queries: {"q", "kind", "id"} a line
    python expansion.py --models .. --vectors SITE/siteseer/vectors-*.safetensors --qrels qrels/dev.tsv lexical.jsonl

Prints nDCG@10 (linear gain) of the words alone, of the expansion alone, and of both (z-scores, as src/search/fuse.rs), by style. With `--rows` the same of
rows that train_sparse.py trained.
"""

import argparse
import collections
import math

import numpy as np
import weights
from lists import read_jsonl
from pairs import tokenizer
from safetensors.numpy import load_file
from train_sparse import saved_impacts

TERMS = (16, 32, 64, 128, 256)
SHARES = ((0.8, 0.75), (0.4, 0.75))  # weights of expansion and words: of the whole static tower, and half as much


def ndcg(ranked, grades, k=10):
    discounted = lambda gains: sum(gain / math.log2(i + 2) for i, gain in enumerate(gains[:k]))
    best = discounted(sorted(grades.values(), reverse=True))
    return discounted([grades.get(link, 0) for link in ranked]) / best if best else 0.0


def normal(link):
    """The link without `index.html`, as src/eval/names.rs compares them."""
    return link.replace("index.html", "")


def standardised(x):
    return (x - x.mean()) / (x.std() or 1.0)


class Collection:
    """Queries with their words' scores of sections, and which section each passage is in."""

    def __init__(self, lexical, qrels, others=()):
        self.section, self.queries, self.link = {}, [], {}
        for row in read_jsonl(lexical):
            if "passage" in row:
                self.section[row["passage"]] = row["section"]
            else:
                self.queries.append(row)
        found = list(self.queries)
        for path in others:
            for row in read_jsonl(path):
                if "passage" in row:
                    self.section[row["passage"]] = row["section"]
                else:
                    found.append(row)
        for query in found:
            self.link.update({self.section[passage]: normal(link) for link, passage, _ in query["candidates"]})
        self.grades = collections.defaultdict(dict)
        with open(qrels, encoding="utf8") as lines:
            for line in list(lines)[1:]:
                query, link, grade = line.split()
                self.grades[query][normal(link)] = int(grade)

    def judge(self, name, scores_of, shares, passages):
        """Prints a line a share: means of nDCG@10 of the words, of the passages' scores, of both."""
        sections = np.array([self.section.get(passage, -1) for passage in range(passages)])
        results = {share: collections.defaultdict(list) for share in shares}
        for query in self.queries:
            words = {self.section[passage]: score for _, passage, score in query["candidates"]}
            scores, best = scores_of(query), {}
            for passage in np.argsort(-scores)[:400]:
                best.setdefault(sections[passage], scores[passage])
            found = [section for section in best if section >= 0][:50]
            pool = list(dict.fromkeys([*list(words)[:50], *found]))
            most = {section: -np.inf for section in pool}
            for passage in np.nonzero(np.isin(sections, pool))[0]:
                most[sections[passage]] = max(most[sections[passage]], scores[passage])
            meaning, lexical = np.array([most[s] for s in pool]), np.array([words.get(s, 0.0) for s in pool])
            for share, result in results.items():
                both = share[0] * standardised(meaning) + share[1] * standardised(lexical)
                orders = {"words": list(words), "alone": found, "both": [pool[i] for i in np.argsort(-both, kind="stable")]}
                for which, order in orders.items():
                    value = ndcg([self.link.get(section) for section in order], self.grades[query["id"]])
                    result[which, "all"].append(value), result[which, query["kind"]].append(value)
        kinds = ("all", *sorted({query["kind"] for query in self.queries}))
        for share, result in results.items():
            cells = [f"{which}: " + " ".join(f"{kind} {np.mean(result[which, kind]):.3f}" for kind in kinds) for which in ("words", "alone", "both")]
            print(f"{name}, weights {share}  " + "  ".join(cells), flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("lexical")
    a.add_argument("--models", required=True)
    a.add_argument("--vectors", required=True)
    a.add_argument("--qrels", required=True)
    a.add_argument("--rows", help="what train_sparse.py left, in place of the static query tower's rows")
    a.add_argument("--links", nargs="*", default=[], help="further files of candidates, for the links of sections that no query's words find")
    a = a.parse_args()
    tower, file = weights.static_rows(f"{a.models}/siteseer-static-tower.safetensors"), load_file(a.vectors)
    numbers, rows = {token: i for i, token in enumerate(tower)}, np.stack(list(tower.values()))
    vocabulary = weights.vocabulary(f"{a.models}/all-MiniLM-L6-v2.safetensors")
    words = tokenizer(vocabulary)
    collection = Collection(a.lexical, a.qrels, a.links)
    vectors = file["vectors"].astype(np.float32) * file["scales"].reshape(-1, 1)
    impacts = saved_impacts(a.rows, vectors) if a.rows else vectors @ rows.T
    tokens = {}
    for query in collection.queries:
        pieces = (vocabulary[i] for i in words.encode(query["q"], add_special_tokens=False).ids[:64])
        tokens[query["id"]] = [numbers[piece] for piece in pieces if piece in numbers]
    collection.judge("whole rows", lambda query: impacts[:, tokens[query["id"]]].sum(1), SHARES if a.rows else SHARES[:1], len(impacts))
    if not a.rows:
        impacts -= impacts.mean(0)
    for terms in TERMS:
        least = -np.partition(-impacts, terms, axis=1)[:, terms : terms + 1]
        wanted = sorted({t for ids in tokens.values() for t in ids})
        cut = {t: np.where(impacts[:, t] >= least[:, 0], impacts[:, t], 0) for t in wanted}
        kept = lambda query: sum((cut[t] for t in tokens[query["id"]]), np.zeros(len(impacts), np.float32))
        collection.judge(f"{terms} tokens a passage", kept, SHARES, len(impacts))


if __name__ == "__main__":
    main()
