"""Fits the static query tower: query vector = normalise(sum of the rows of its tokens), in the bi-encoder's space.

    python static_query_tower.py --data FOLDER --base MINILM --out OUT --epochs 12

FOLDER: what static_texts.py wrote, with the embeddings beside it (`texts.f32`, `passages.f32`, `vocabulary.f32`; a shorter texts.f32 is used as far as it
goes). Four losses: the cosine to the bi-encoder's vector of the text; which vector of the batch it is; the bi-encoder's scores of passages (KL); and for written
queries the section they were written for among all asked-for sections of its site, those that are hard to tell apart included.

Sites named by `--dev` are kept apart whole; nDCG@10 on them, beside the bi-encoder's, goes to OUT/curve.jsonl after each epoch, the best epoch's rows to
OUT/model.safetensors, and `--resume` goes on from OUT/last.pt.
"""

import argparse
import collections
import json
import math
import random
import re
import time
from pathlib import Path

import numpy as np
import torch
from lists import read_jsonl
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy, embedding_bag, kl_div, log_softmax, normalize, softmax

WRITTEN = ("kw", "nl", "goal")
SCALE = 20.0  # of cosines in a softmax
FUSION = (0.94, 0.59)  # weights of the z-scores of cosine and BM25: src/search/fuse.rs


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--base", required=True, help="all-MiniLM-L6-v2: tokenizer.json")
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--epochs", type=int, default=12)
    a.add_argument("--batch", type=int, default=512)
    a.add_argument("--site-batch", type=int, default=128, help="written queries of one site in each step")
    a.add_argument("--rate", type=float, default=4e-3)
    a.add_argument("--cosine", type=float, default=1.0)
    a.add_argument("--contrast", type=float, default=0.1)
    a.add_argument("--scores", type=float, default=0.3)
    a.add_argument("--site", type=float, default=0.1)
    a.add_argument("--hard", type=float, default=0.5, help="of the site loss: weight of the right section, the rest is the bi-encoder's scores")
    a.add_argument("--dev", default="svelte-docs,restic-docs,pip-docs,pytest-docs", help="sites kept apart whole")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--resume", action="store_true")
    return a.parse_args()


class Data:
    """Texts with their tokens and the bi-encoder's vectors; passages; where the dev sites are."""

    def __init__(self, a):
        vectors = lambda name: torch.from_numpy(np.fromfile(a.data / f"{name}.f32", np.float32).reshape(-1, 384))
        self.target = vectors("texts")
        rows = list(read_jsonl(a.data / "texts.jsonl"))[: len(self.target)]
        self.tokenizer = Tokenizer.from_file(f"{a.base}/tokenizer.json")
        self.tokenizer.no_padding(), self.tokenizer.no_truncation()
        encoded = self.tokenizer.encode_batch([row["text"] for row in rows], add_special_tokens=False)
        bags = [e.ids for e in encoded]
        self.offsets = np.concatenate([[0], np.cumsum([len(b) for b in bags])])
        self.flat = torch.tensor([i for b in bags for i in b])
        self.vocabulary = vectors("vocabulary")
        passages = list(read_jsonl(a.data / "passages.jsonl"))
        self.passages, self.passage_texts = vectors("passages"), [p["text"] for p in passages]
        self.place = {p["id"]: i for i, p in enumerate(passages)}
        self.sites = collections.defaultdict(list)
        for i, p in enumerate(passages):
            self.sites[p["source"]].append(i)
        self.kind, self.pos, self.text = [r["kind"] for r in rows], [r["pos"] for r in rows], [r["text"] for r in rows]
        dev = set(a.dev.split(","))
        is_written = [bool(b) and r["pos"] is not None and r["kind"] in WRITTEN for r, b in zip(rows, bags)]
        self.train = [i for i, r in enumerate(rows) if r["source"] not in dev and bags[i]]
        self.written, self.dev = collections.defaultdict(list), collections.defaultdict(list)
        for i, r in enumerate(rows):
            if is_written[i]:
                (self.dev if r["source"] in dev else self.written)[r["source"]].append(i)
        self.pool = torch.tensor([i for site, at in self.sites.items() if site not in dev for i in at])

    def bags(self, chosen):
        """Tokens of these texts, end to end, and where each begins."""
        parts = [self.flat[self.offsets[i] : self.offsets[i + 1]] for i in chosen]
        starts = np.concatenate([[0], np.cumsum([len(p) for p in parts])[:-1]])
        return torch.cat(parts), torch.tensor(starts)


class Tower(torch.nn.Module):
    """Rows [seen tokens, 384] of length about 1 and the logarithm of each one's weight. Tokens that no text has keep their first
    row, the bi-encoder's vector of the token alone."""

    def __init__(self, data, dropped):
        super().__init__()
        count = np.zeros(len(data.vocabulary))
        for i in data.train:
            count[np.unique(data.flat[data.offsets[i] : data.offsets[i + 1]])] += 1
        self.count = torch.tensor(count, dtype=torch.float)
        idf = torch.log(1 + len(data.train) / (1 + self.count))
        weight = idf / idf.mean()
        self.seen = torch.nonzero(self.count >= 1)[:, 0]
        self.place = torch.zeros(len(count), dtype=torch.long)
        self.place[self.seen] = torch.arange(len(self.seen))
        self.unseen = data.vocabulary * weight[:, None] * ~dropped[:, None]
        self.rows = torch.nn.Parameter(data.vocabulary[self.seen].clone())
        self.log_weight = torch.nn.Parameter(weight[self.seen].log())

    def folded(self):
        """f32[vocabulary, 384]: the rows as the model file has them."""
        table = self.unseen.clone()
        table[self.seen] = (self.rows * self.log_weight.exp()[:, None]).detach()
        return table

    def forward(self, flat, starts):
        """Vectors of texts whose tokens were all seen."""
        at = self.place[flat]
        total = embedding_bag(at, self.rows, starts, mode="sum", per_sample_weights=self.log_weight.exp()[at])
        return normalize(total, dim=1)


def dropped_tokens(tokenizer):
    """bool[vocabulary]: tokens that no English text uses: unused ones, special ones, and any with a character beyond ASCII."""
    tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    return torch.tensor([not t.isascii() or re.fullmatch(r"\[.+\]", t) is not None for t in tokens])


def vectors_of(table, flat, starts):
    """f32[texts, 384] by a table of folded rows."""
    return normalize(embedding_bag(flat, table, starts, mode="sum"), dim=1)


def bm25(texts, queries, k1=1.2, b=0.75):
    """f32[queries, texts] of plain BM25 over alphanumeric words."""
    cut = lambda text: re.findall(r"[a-z0-9]+", text.lower())
    counts = [collections.Counter(cut(t)) for t in texts]
    length = np.array([sum(c.values()) for c in counts], float)
    frequency = collections.Counter(w for c in counts for w in c)
    norm = k1 * (1 - b + b * length / length.mean())
    out = np.zeros((len(queries), len(texts)))
    for row, query in zip(out, queries):
        for word in set(cut(query)) & set(frequency):
            tf = np.array([c[word] for c in counts])
            row += math.log(1 + (len(texts) - frequency[word] + 0.5) / (frequency[word] + 0.5)) * tf * (k1 + 1) / (tf + norm)
    return out


def ndcg(scores, right):
    """nDCG@10 of a single right column a row."""
    rank = (scores > np.take_along_axis(scores, right[:, None], 1)).sum(1)
    return np.where(rank < 10, 1 / np.log2(rank + 2), 0)


class Dev:
    """The dev sites' written queries against the asked-for sections of their site."""

    def __init__(self, data):
        self.data, self.parts = data, []
        for site, queries in sorted(data.dev.items()):
            at = data.sites[site]
            column = {p: i for i, p in enumerate(at)}
            right = np.array([column[data.place[data.pos[i]]] for i in queries])
            words = bm25([data.passage_texts[i] for i in at], [data.text[i] for i in queries])
            self.parts.append((queries, right, data.passages[at], words))
        self.teacher = self.measure(lambda queries: data.target[queries])

    def measure(self, embed):
        """Mean nDCG@10 alone, fused, and of each style; and the mean cosine to the bi-encoder."""
        alone, fused, styles, cosine = [], [], [], []
        z = lambda x: (x - x.mean(1, keepdims=True)) / (x.std(1, keepdims=True) + 1e-6)
        for queries, right, passages, words in self.parts:
            vectors = embed(queries)
            scores = (vectors @ passages.T).numpy()
            alone.append(ndcg(scores, right))
            fused.append(ndcg(FUSION[0] * z(scores) + FUSION[1] * z(words), right))
            styles += [self.data.kind[i] for i in queries]
            cosine.append((vectors * self.data.target[queries]).sum(1).numpy())
        alone, fused, styles = np.concatenate(alone), np.concatenate(fused), np.array(styles)
        result = {"alone": alone.mean(), "fused": fused.mean(), "cosine": np.concatenate(cosine).mean()}
        result |= {f"fused {style}": fused[styles == style].mean() for style in WRITTEN}
        return {name: round(float(value), 4) for name, value in result.items()}


def site_batch(data, size):
    """Written queries of one site, sites by how many they have: (texts, passages of the site, right column of each)"""
    names = list(data.written)
    site = random.choices(names, [len(data.written[n]) for n in names])[0]
    chosen = random.sample(data.written[site], min(size, len(data.written[site])))
    at = data.sites[site]
    column = {p: i for i, p in enumerate(at)}
    return chosen, data.passages[at], torch.tensor([column[data.place[data.pos[i]]] for i in chosen])


def step_loss(a, data, tower, chosen):
    """The weighted sum of the four losses, and the mean cosine."""
    predicted, wanted = tower(*data.bags(chosen)), data.target[chosen]
    cosine = (predicted * wanted).sum(1).mean()
    loss = a.cosine * (1 - cosine) + a.contrast * cross_entropy(predicted @ wanted.T * SCALE, torch.arange(len(chosen)))
    if a.scores:
        pool = data.passages[data.pool[torch.randint(len(data.pool), (512,))]].T
        loss = loss + a.scores * kl_div(log_softmax(predicted @ pool * SCALE, 1), softmax(wanted @ pool * SCALE, 1), reduction="batchmean")
    if a.site:
        queries, passages, right = site_batch(data, a.site_batch)
        predicted, wanted = tower(*data.bags(queries)), data.target[queries]
        teacher = softmax(wanted @ passages.T * SCALE, 1)
        aim = a.hard * torch.nn.functional.one_hot(right, len(passages)) + (1 - a.hard) * teacher
        loss = loss + a.site * cross_entropy(predicted @ passages.T * SCALE, aim) + a.cosine * 0.2 * (1 - (predicted * wanted).sum(1).mean())
    return loss, cosine.item()


def main():
    a = arguments()
    random.seed(a.seed), torch.manual_seed(a.seed), torch.set_num_threads(a.threads)
    a.out.mkdir(parents=True, exist_ok=True)
    data = Data(a)
    dev, tower = Dev(data), Tower(data, dropped_tokens(data.tokenizer))
    print(f"{len(data.train)} texts, {sum(map(len, data.written.values()))} written; tokens seen: {len(tower.seen)}; bi-encoder: {dev.teacher}", flush=True)
    optimiser = torch.optim.Adam([{"params": [tower.rows], "lr": a.rate}, {"params": [tower.log_weight], "lr": 5 * a.rate}], betas=(0.9, 0.99))
    rates = [group["lr"] for group in optimiser.param_groups]
    state = {"epoch": 0, "seconds": 0.0, "best": 0.0}
    if a.resume and (a.out / "last.pt").exists():
        saved = torch.load(a.out / "last.pt", weights_only=False)
        tower.load_state_dict(saved["tower"]), optimiser.load_state_dict(saved["optimiser"]), random.setstate(saved["random"])
        state = saved["state"]
    steps = len(data.train) // a.batch
    while state["epoch"] < a.epochs:
        started, cosines = time.time(), []
        random.shuffle(data.train)
        for step in range(steps):
            loss, cosine = step_loss(a, data, tower, data.train[step * a.batch : (step + 1) * a.batch])
            share = (state["epoch"] + step / steps) / a.epochs
            for group, rate in zip(optimiser.param_groups, rates):
                group["lr"] = rate * min(1, 10 * share + 0.05) * (0.5 + 0.5 * math.cos(math.pi * share))
            optimiser.zero_grad(), loss.backward(), optimiser.step()
            cosines.append(cosine)
        state["epoch"] += 1
        state["seconds"] += time.time() - started
        table = tower.folded()
        found = dev.measure(lambda queries: vectors_of(table, *data.bags(queries)))
        row = {"epoch": state["epoch"], "seconds": round(state["seconds"]), "train cosine": round(float(np.mean(cosines)), 4), "dev": found}
        print(json.dumps(row), flush=True)
        with open(a.out / "curve.jsonl", "a", encoding="utf8") as curve:
            curve.write(json.dumps(row) + "\n")
        if found["fused"] > state["best"]:
            state["best"] = found["fused"]
            save_file({"rows": table, "count": tower.count}, a.out / "model.safetensors")
        torch.save({"tower": tower.state_dict(), "optimiser": optimiser.state_dict(), "random": random.getstate(), "state": state}, a.out / "last.pt")


if __name__ == "__main__":
    main()
