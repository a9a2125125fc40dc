"""Teaches a query tower to rank: contrastive training on written queries, against the vectors that the index holds.

Distillation can make a query tower as good as the passage tower, never better, and the passage tower has not seen what visitors of documentation type. The passages'
vectors stay as they are, so indexes do; only where a query lies is learned. In each step for queries of one site, against *all* passages of that site:

    −log softmax of the right sections, by cosine, and by cosine and words together        a section is its best passage; words are z-scores of BM25
    1 − cos(student, passage tower) and KL over its cosines to passages                     of these queries and of as many other texts: what it knew is kept

    python rank_query_tower.py --models .. --base MINILM --sites sites --words words --queries queries --graded graded.jsonl.gz --texts texts/texts.jsonl \\
        --embedded texts/texts.f32 --out OUT

SITES/NAME/siteseer is the index of a site (`--vectors whole`), WORDS/NAME.jsonl what examples/candidates.rs says of its queries with `lexical`, TEXTS what static_texts.py wrote and
EMBEDDED what examples/embed.rs makes of it. Word embeddings stay as they are: a cross-encoder shares them. With `--layer-step STEP` it computes with weights as `siteseer model import` with the
same option will round them, gradients going to the weights before (a straight-through estimator, Bengio et al. 2013): for a last, short go. Sites named by `--dev` are kept apart; their MRR@10 goes to OUT/curve.jsonl, `--resume` goes on from OUT/last.pt.
"""

import argparse
import gzip
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
import weights
from lists import graded_sections, read_jsonl, section_of
from pairs import single, tokenizer
from safetensors.torch import load_file
from torch.nn.functional import kl_div, log_softmax, softmax
from train_query_tower import QUERY_TOKENS, WORDS, forward, save, tokenized
from train_sparse import passage_vectors, standard_words

SCALE = 20.0  # of cosines in a softmax
WORDS_SCALE = 1.25  # of the words' z-scores beside them: the proportion of src/search/fuse.rs, where cosines deviate by a tenth
ALIKE = 0.95  # cosine from which another section may answer as well
CHUNK_HEADER = 20  # src/index/chunks.rs


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--models", required=True, help="this project's models/")
    for name in ("base", "sites", "words", "queries", "texts", "embedded", "out"):
        a.add_argument(f"--{name}", type=Path, required=True)
    a.add_argument("--graded", required=True)
    a.add_argument("--init", type=Path, help="the query tower to begin with, a file of this project or the OUT of a go before; without, the one of --models")
    a.add_argument("--layer-step", type=float, default=0.0, help="grid of the layers' weights, in root mean squares")
    a.add_argument("--dev", default="svelte-docs,restic-docs,pip-docs,pytest-docs", help="sites kept apart whole")
    a.add_argument("--steps", type=int, default=1000)
    a.add_argument("--batch", type=int, default=64, help="queries of one site in each step, and as many other texts")
    a.add_argument("--rate", type=float, default=1e-4)
    a.add_argument("--keep", type=float, default=1.0, help="weight of what the passage tower says")
    a.add_argument("--reports", type=int, default=8)
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--resume", action="store_true")
    return a.parse_args()


def sections(index):
    """int64[passages]: the id that sites.py gave each passage's section, −1 before the first heading."""
    chunks = sorted(index.glob("passages-*.bin.gz"), key=lambda path: int(path.name.rsplit("-", 1)[1].split(".")[0]))
    records = (record for path in chunks for record in json.loads(gzip.decompress(path.read_bytes())[CHUNK_HEADER:]))
    return np.array([int(r["anchor"][1:]) if r.get("anchor", "").startswith("s") else -1 for r in records])


class Site:
    """A site's passages, and the queries whose right section it has."""

    def __init__(self, a, name, grades):
        self.name = name
        self.vectors = torch.from_numpy(passage_vectors(a.sites / name))
        ids, self.group = np.unique(sections(a.sites / name / "siteseer"), return_inverse=True)
        assert len(self.group) == len(self.vectors), name
        self.place = {int(section): at for at, section in enumerate(ids) if section >= 0}
        self.group, self.count = torch.from_numpy(self.group), len(ids)
        found = {}
        for row in read_jsonl(a.words / f"{name}.jsonl"):
            if "passage" not in row:
                found[row["q"]] = {section_of(link): score for link, _, score in row["candidates"] if section_of(link) in self.place}
        self.queries = []
        for row in read_jsonl(a.queries / f"{name}.jsonl"):
            if row["pos"] in self.place:
                gains = {s: g for s, g in grades.get(row.get("of", row["q"]), {}).items() if s in self.place and g > 0}
                gains.setdefault(row["pos"], 3)
                self.queries.append({**row, "gains": gains, "words": found.get(row["q"], {})})

    def scores(self, vectors):
        """f32[queries, sections]: the cosine of each section's best passage."""
        cosines = vectors @ self.vectors.T
        group = self.group.expand(len(vectors), -1)
        return torch.full((len(vectors), self.count), -1.0).scatter_reduce(1, group, cosines, "amax")

    def alike(self, section):
        """bool[sections]: whose vectors are nearly those of this section."""
        own = self.vectors[self.group == section]
        return self.scores(own).amax(0) > ALIKE

    def words(self, query):
        """f32[sections]: z-scores of BM25; a section that the words do not find is one below the least."""
        known = list(query["words"])
        z = torch.from_numpy(standard_words(query["words"], [*known, -1]))
        words = z[-1].repeat(self.count)
        words[[self.place[section] for section in known]] = z[:-1]
        return words

    def ranking_loss(self, chosen, scores):
        aim = torch.zeros_like(scores)
        masked = torch.zeros_like(scores, dtype=torch.bool)
        for at, query in enumerate(chosen):
            masked[at] = self.alike(self.place[query["pos"]])
            for section, grade in query["gains"].items():
                aim[at, self.place[section]] = 2.0**grade - 1
                masked[at, self.place[section]] = False
        aim /= aim.sum(1, keepdim=True)
        words, loss = torch.stack([self.words(query) for query in chosen]), 0
        for total in (SCALE * scores, SCALE * scores + WORDS_SCALE * words):
            loss = loss - 0.5 * (aim * log_softmax(total.masked_fill(masked, -1e4), 1)).sum(1).mean()
        return loss


@torch.no_grad()
def mrr(model, words, sites):
    """MRR@10 of the sections that queries were written for, by cosine alone and with the words, over all sites' queries."""
    model.eval()
    alone, both = [], []
    for site in sites:
        texts, numbers = tokenized(words, [query["q"] for query in site.queries], QUERY_TOKENS, "cpu")
        vectors = torch.cat([forward(model, single(texts, part, QUERY_TOKENS))[1] for part in numbers.split(256)])
        for part, queries in zip(vectors.split(64), (site.queries[at : at + 64] for at in range(0, len(site.queries), 64))):
            for scores, query in zip(site.scores(part), queries):
                for kept, total in ((alone, scores), (both, SCALE * scores + WORDS_SCALE * site.words(query))):
                    rank = int((total > total[site.place[query["pos"]]]).sum()) + 1
                    kept.append(1 / rank if rank <= 10 else 0.0)
    model.train()
    return [round(float(np.mean(x)), 4) for x in (alone, both)]


def main():
    a = arguments()
    rng = random.Random(a.seed)
    torch.manual_seed(a.seed), torch.set_num_threads(a.threads)
    file = f"{a.models}/all-MiniLM-L6-v2.safetensors"
    vocabulary = weights.vocabulary(file)
    words, kept = tokenizer(vocabulary), weights.without_other_scripts(weights.load(file, prefix="")[WORDS], vocabulary)
    before = weights.load(f"{a.models}/siteseer-query-tower.safetensors", prefix="")
    if a.init and a.init.is_dir():
        before = {**load_file(a.init / "model.safetensors"), WORDS: before[WORDS]}
    elif a.init:
        before = weights.load(a.init, prefix="")
    model = weights.bi_encoder(before, "cpu").train()
    grid = weights.OnGrid(model, a.layer_step)
    model.embeddings.word_embeddings.weight.requires_grad = False
    grades = graded_sections(a.graded)
    names = sorted(path.stem for path in a.words.glob("*.jsonl") if path.stat().st_size)
    sites = [Site(a, name, grades) for name in names]
    dev = [site for site in sites if site.name in a.dev.split(",")]
    train = [site for site in sites if site not in dev]
    rows = list(read_jsonl(a.texts))
    targets = torch.from_numpy(np.fromfile(a.embedded, np.float32).reshape(-1, 384))
    rows, row_of = rows[: len(targets)], {row["text"]: at for at, row in enumerate(rows[: len(targets)])}
    away = set(a.dev.split(","))
    others = [at for at, row in enumerate(rows) if row["source"] not in away]
    texts, number = tokenized(words, [row["text"] for row in rows], QUERY_TOKENS, "cpu")
    pool = torch.cat([site.vectors[:: max(1, len(site.vectors) // 300)] for site in train])
    live = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(live, lr=a.rate, weight_decay=0.01)
    sizes = [len(site.queries) for site in train]
    print(f"{sum(sizes)} queries of {len(train)} sites, {sum(len(site.queries) for site in dev)} of {len(dev)} kept apart; {len(others)} other texts, {len(pool)} passages", flush=True)
    a.out.mkdir(parents=True, exist_ok=True)
    state = {"step": 0, "seconds": 0.0}
    if a.resume and (a.out / "last.pt").exists():
        saved = torch.load(a.out / "last.pt", weights_only=False)
        model.load_state_dict(saved["model"]), optimiser.load_state_dict(saved["optimiser"])
        rng.setstate(saved["random"])
        state = saved["state"]
    else:
        with grid:
            print(json.dumps({"step": 0, "mrr": mrr(model, words, dev)}), flush=True)
    means = None
    while state["step"] < a.steps:
        started, share = time.time(), state["step"] / a.steps
        for group in optimiser.param_groups:
            group["lr"] = a.rate * min(1, (state["step"] + 1) / 50) * max(0.02, 1 - share)
        site = rng.choices(train, sizes)[0]
        chosen = rng.sample(site.queries, min(a.batch, len(site.queries)))
        asked, asked_numbers = tokenized(words, [query["q"] for query in chosen], QUERY_TOKENS, "cpu")
        with grid:
            vectors = forward(model, single(asked, asked_numbers, QUERY_TOKENS))[1]
            ranking = site.ranking_loss(chosen, site.scores(vectors))
            some = torch.tensor(rng.sample(others, a.batch))
            found = forward(model, single(texts, number[some], QUERY_TOKENS))[1]
            known = [(at, row_of[query["q"]]) for at, query in enumerate(chosen) if query["q"] in row_of]
            found = torch.cat([found, vectors[[at for at, _ in known]]])
            target = torch.cat([targets[some], targets[[row for _, row in known]]])
            sampled = pool[torch.randint(len(pool), (2048,))]
            order = kl_div(log_softmax(SCALE * found @ sampled.T, 1), softmax(SCALE * target @ sampled.T, 1), reduction="none").sum(1)
            apart = 4 * (1 - (found * target).sum(1)) + order
            of_queries = 0.25  # they are to move
            keeping = (apart[: a.batch].sum() + of_queries * apart[a.batch :].sum()) / (a.batch + of_queries * len(known))
            loss = ranking + a.keep * keeping
            optimiser.zero_grad(), loss.backward()
        torch.nn.utils.clip_grad_norm_(live, 1.0)
        optimiser.step()
        state["step"] += 1
        state["seconds"] += time.time() - started
        now = np.array([ranking.item(), keeping.item()])
        means = now if means is None else 0.98 * means + 0.02 * now
        if state["step"] % max(1, a.steps // a.reports) == 0:
            with grid:
                found = mrr(model, words, dev)
            row = {"step": state["step"], "seconds": round(state["seconds"]), "ranking, keeping": [round(float(x), 3) for x in means], "mrr": found}
            print(json.dumps(row), flush=True)
            with open(a.out / "curve.jsonl", "a", encoding="utf8") as curve:
                curve.write(json.dumps(row) + "\n")
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": state, "random": rng.getstate()}, a.out / "last.pt")
            save(model, kept, a.base, a.out, torch.float32)


if __name__ == "__main__":
    main()
