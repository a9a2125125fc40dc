"""Trains learned sparse retrieval (SPLADE, Formal et al. 2021, with a query that needs no model): a row, a bias and a weight for each token.

    impact(t, p) = log1p(relu(row_t · v_p + bias_t))               v_p the passage's vector, as the index has it
    score(q, p)  = Σ_t weight_t · impact(t, p)                     t the tokens of the query

Rows begin as the static query tower's. The loss is a softmax over `words + score` of a query's candidates and of the batch's other passages of its site,
against the gains (and, with `--queries-embedded`, against the bi-encoder's order), and FLOPS (Paria et al. 2020), Σ_t mean_p(impact)², for
passages, which makes most impacts 0. Vocabulary that no query of the batch has is sampled.

    python train_sparse.py --models .. --sites sites --dense candidates --words words --graded graded.jsonl.gz --out out

SITES/NAME/siteseer is the index of a site, DENSE/NAME.jsonl and WORDS/NAME.jsonl what examples/candidates.rs says of its queries, the latter with `lexical`.
nDCG@10 of the sites kept apart goes to OUT/curve.jsonl, rows to OUT/model.safetensors, and `--resume` goes on from OUT/last.pt.
"""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
import weights
from dataset import ndcg
from lists import graded_sections, read_jsonl, site_lists
from pairs import tokenizer
from safetensors.numpy import load_file
from safetensors.torch import save_file

KEPT = (32, 64, 128, 256)
SCALE = 15.0  # length of a row to begin with


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--models", required=True)
    a.add_argument("--sites", type=Path, required=True)
    a.add_argument("--dense", type=Path, required=True)
    a.add_argument("--words", type=Path, required=True)
    a.add_argument("--graded", required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--steps", type=int, default=874)
    a.add_argument("--dev", default="svelte-docs,restic-docs,pip-docs,pytest-docs", help="sites kept apart whole")
    a.add_argument("--queries", type=int, default=64, help="of one site in each step")
    a.add_argument("--others", type=int, default=6, help="wrong candidates of each query")
    a.add_argument("--sample", type=int, default=1024, help="tokens in a step that are no query's")
    a.add_argument("--flops", type=float, default=1e-3)
    a.add_argument("--queries-embedded", type=Path, help="X.f32 of examples/embed.rs, whose texts are in X.jsonl: the bi-encoder teaches")
    a.add_argument("--teacher", type=float, default=0.5, help="weight of the bi-encoder's order")
    a.add_argument("--rate", type=float, default=1.5e-3)
    a.add_argument("--reports", type=int, default=5)
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--resume", action="store_true")
    return a.parse_args()


def passage_vectors(site):
    """f32[passages, 384] of an index."""
    file = load_file(next((site / "siteseer").glob("vectors-*.safetensors")))
    return file["vectors"].astype(np.float32) * file["scales"].reshape(-1, 1)


class SiteLists:
    """A site's queries: tokens, candidates as passages, their grades, and what the words say of each section."""

    def __init__(self, a, name, grades, pieces):
        self.name = name
        self.vectors = torch.from_numpy(passage_vectors(a.sites / name))
        site, lists = site_lists(a.dense / f"{name}.jsonl", grades)
        self.section, words = {p: row["section"] for p, row in site.passages.items()}, {}
        for row in read_jsonl(a.words / f"{name}.jsonl"):
            if "passage" in row:
                self.section[row["passage"]] = row["section"]
            else:
                words[row["q"]] = {self.section[p]: score for _, p, score in row["candidates"]}
        self.queries = []
        for x in lists:
            tokens = pieces(x["q"])
            if tokens and x["pairs"][0][2] > 0:
                passages, _, grade, rank = zip(*x["pairs"])
                self.queries.append((tokens, list(passages), np.array(grade), np.array(rank), words.get(x["q"], {}), x["kind"], x["q"]))


def standard_words(words, sections):
    """z-scores of the words' scores; a section that they do not find is one below the least."""
    if not words:
        return np.zeros(len(sections), np.float32)
    known = np.array(list(words.values()))
    mean, spread = known.mean(), known.std() or 1.0
    none = (known.min() - mean) / spread - 1
    return np.array([(words[s] - mean) / spread if s in words else none for s in sections], np.float32)


class Rows(torch.nn.Module):
    """Rows, biases and (as logarithms) weights of the static query tower's tokens, in its order."""

    def __init__(self, models, vectors):
        super().__init__()
        tower = weights.static_rows(f"{models}/siteseer-static-tower.safetensors")
        self.tokens = list(tower)
        rows = torch.from_numpy(np.stack(list(tower.values())))
        length = rows.norm(dim=1, keepdim=True).clamp(min=1e-6)
        rows = rows / length
        cosines = vectors @ rows.T
        bias = -(cosines.mean(0) + 1.5 * cosines.std(0))
        embedding = lambda x: torch.nn.Embedding.from_pretrained(x.clone(), freeze=False, sparse=True)
        self.rows, self.bias = embedding(rows * SCALE), embedding(bias[:, None] * SCALE)
        self.weight = embedding((length / length.mean()).log())


    def impacts(self, vectors, at):
        """f32[passages, tokens], without the tokens' weights."""
        return torch.log1p(torch.relu(vectors @ self.rows(at).T + self.bias(at)[:, 0]))

    def weights(self, at):
        return self.weight(at)[:, 0].exp()

    @torch.no_grad()
    def all_impacts(self, vectors):
        """f32[passages, tokens], times the tokens' weights: what postings hold."""
        every = torch.arange(len(self.tokens))
        return self.impacts(vectors, every) * self.weights(every)


def saved_impacts(path, vectors):
    """f32[passages, tokens] by the file that training left."""
    file = load_file(path)
    return np.log1p(np.maximum(vectors @ file["rows"].T + file["bias"], 0)) * file["weight"]


@torch.no_grad()
def evaluate(rows, dev, share=1.0):
    """Mean nDCG@10 of the dev lists by how many tokens a passage keeps, alone and with the words; and how many it would have."""
    results, counts, plain = {kept: ([], []) for kept in (*KEPT, "all")}, [], []
    for site in dev:
        impacts = rows.all_impacts(site.vectors)
        counts.append((impacts > 0).float().sum(1).mean().item())
        most = impacts.topk(max(KEPT), dim=1).values
        least = {kept: 0.0 if kept == "all" else most[:, kept - 1 : kept] for kept in results}
        for tokens, passages, grade, rank, words, kind, _ in site.queries:
            if kind == "typo":
                continue
            z = standard_words(words, [site.section[p] for p in passages])
            plain.append(ndcg(z, grade))
            found = impacts[torch.tensor(passages)[:, None], torch.tensor(tokens)[None]]
            for kept, (alone, both) in results.items():
                here = least[kept][passages] if kept != "all" else 0.0
                score = torch.where(found >= here, found, 0).sum(1).numpy()
                alone.append(ndcg(score - 1e-6 * rank, grade)), both.append(ndcg(z + share * score / (score.std() + 1e-6), grade))
    mean = lambda x: round(float(np.mean(x)), 4)
    return {"words": mean(plain), "tokens": round(mean(counts)), **{str(kept): [mean(x) for x in both] for kept, both in results.items()}}


def step_loss(a, rows, site, rng, teacher):
    """The loss of queries of one site, FLOPS, and how many impacts a passage has."""
    chosen = rng.sample(site.queries, min(a.queries, len(site.queries)))
    numbers, of = [], []
    for at, (_, passages, grade, rank, _, _, _) in enumerate(chosen):
        right = [p for p, g in zip(passages, grade) if g >= 2][:1] or passages[:1]
        top = [p for p, g, r in zip(passages, grade, rank) if g < 2 and r < 12]
        low = [p for p, g, r in zip(passages, grade, rank) if g < 2 and r >= 12]
        picked = rng.sample(top, min(len(top), a.others // 2))
        picked += rng.sample(low, min(len(low), a.others - len(picked)))
        numbers += right + picked
        of += [at] * (1 + len(picked))
    pool = sorted(set(numbers))
    column = {p: i for i, p in enumerate(pool)}
    sections = [site.section[p] for p in pool]
    flat = [t for q in chosen for t in q[0]]
    asked = sorted(set(flat))
    place = {t: i for i, t in enumerate(asked)}
    others = torch.randint(len(rows.tokens), (a.sample,))
    vectors = site.vectors[pool]
    impacts = rows.impacts(vectors, torch.cat([torch.tensor(asked), others]))
    bag = torch.zeros(len(chosen), len(asked))
    for at, q in enumerate(chosen):
        for t in q[0]:
            bag[at, place[t]] += 1
    score = (bag * rows.weights(torch.tensor(asked))) @ impacts[:, : len(asked)].T
    words = torch.from_numpy(np.stack([standard_words(q[4], sections) for q in chosen]))
    aim = torch.zeros(len(chosen), len(pool))
    for at, (_, passages, grade, *_) in enumerate(chosen):
        for p, g in zip(passages, grade):
            if p in column:
                aim[at, column[p]] = 2.0**g - 1
    aim /= aim.sum(1, keepdim=True)
    loss = 0
    for total in (score + words, score):
        loss = loss - 0.5 * (aim * torch.log_softmax(total, 1)).sum(1).mean()
    if teacher is not None:
        taught = torch.softmax(20 * teacher(chosen) @ vectors.T, 1)
        loss = loss - a.teacher * (taught * torch.log_softmax(score, 1)).sum(1).mean()
    flops = impacts[:, len(asked) :].mean(0).pow(2).mean() * len(rows.tokens)
    flops_asked = impacts[:, : len(asked)].mean(0).pow(2).mean() * len(rows.tokens)
    return loss, 0.5 * (flops + flops_asked), (impacts[:, len(asked) :] > 0).float().mean().item() * len(rows.tokens)


def main():
    a = arguments()
    rng = random.Random(a.seed)
    torch.manual_seed(a.seed), torch.set_num_threads(a.threads)
    a.out.mkdir(parents=True, exist_ok=True)
    tower = weights.static_rows(f"{a.models}/siteseer-static-tower.safetensors")
    vocabulary = weights.vocabulary(f"{a.models}/all-MiniLM-L6-v2.safetensors")
    words, number = tokenizer(vocabulary), {token: i for i, token in enumerate(tower)}
    pieces = lambda text: [number[vocabulary[i]] for i in words.encode(text, add_special_tokens=False).ids[:64] if vocabulary[i] in number]
    grades = graded_sections(a.graded)
    names = sorted(path.stem for path in a.dense.glob("*.jsonl") if path.stat().st_size)
    sites = {name: SiteLists(a, name, grades, pieces) for name in names}
    dev = [site for name, site in sites.items() if name in a.dev.split(",")]
    train = [site for name, site in sites.items() if name not in a.dev.split(",")]
    sample = torch.cat([site.vectors[:: max(1, len(site.vectors) // 300)] for site in train])
    rows = Rows(a.models, sample)
    teacher = None
    if a.queries_embedded:
        texts = {row["text"]: i for i, row in enumerate(read_jsonl(a.queries_embedded.with_suffix(".jsonl")))}
        embedded = torch.from_numpy(np.fromfile(a.queries_embedded, np.float32).reshape(-1, 384))
        teacher = lambda chosen: embedded[[texts[q[6]] for q in chosen]]
    count = lambda sites: sum(len(site.queries) for site in sites)
    print(f"{count(train)} queries of {len(train)} sites, {count(dev)} of {len(dev)} kept apart; teacher: {teacher is not None}", flush=True)
    parts = ((rows.rows, a.rate * SCALE), (rows.bias, a.rate * SCALE), (rows.weight, 5 * a.rate))
    optimiser = torch.optim.SparseAdam([{"params": [part.weight], "lr": rate} for part, rate in parts])
    rates = [group["lr"] for group in optimiser.param_groups]
    state = {"step": 0, "seconds": 0.0, "reports": 0}
    if a.resume and (a.out / "last.pt").exists():
        saved = torch.load(a.out / "last.pt", weights_only=False)
        rows.load_state_dict(saved["rows"]), optimiser.load_state_dict(saved["optimiser"])
        rng.setstate(saved["random"]), torch.set_rng_state(saved["torch"])
        state = saved["state"]
    else:
        print(json.dumps({"before": evaluate(rows, dev)}), flush=True)
    sizes = [len(site.queries) for site in train]
    smooth = None
    while state["step"] < a.steps:
        started = time.time()
        share = state["step"] / a.steps
        for group, rate in zip(optimiser.param_groups, rates):
            group["lr"] = rate * min(1, state["step"] / 50 + 0.02) * max(0.02, 1 - share)
        site = rng.choices(train, sizes)[0]
        loss, flops, nonzero = step_loss(a, rows, site, rng, teacher)
        weight = a.flops * min(1, 3 * share) ** 2
        optimiser.zero_grad(), (loss + weight * flops).backward(), optimiser.step()
        state["step"] += 1
        state["seconds"] += time.time() - started
        now = np.array([loss.item(), flops.item(), nonzero])
        smooth = now if smooth is None else 0.98 * smooth + 0.02 * now
        if state["step"] * a.reports >= a.steps * (state["reports"] + 1):
            state["reports"] += 1
            means = [round(float(x), 3) for x in smooth]
            row = {"step": state["step"], "seconds": round(state["seconds"]), "loss, flops, tokens": means, "dev": evaluate(rows, dev)}
            print(json.dumps(row), flush=True)
            with open(a.out / "curve.jsonl", "a", encoding="utf8") as curve:
                curve.write(json.dumps(row) + "\n")
            bias, weight = (part.weight[:, 0].detach() for part in (rows.bias, rows.weight))
            tokens = torch.tensor(list("\n".join(rows.tokens).encode()), dtype=torch.uint8)
            tensors = {"tokens": tokens, "rows": rows.rows.weight.detach(), "bias": bias.contiguous(), "weight": weight.exp()}
            save_file(tensors, a.out / "model.safetensors")
            random_states = {"random": rng.getstate(), "torch": torch.get_rng_state()}
            torch.save({"rows": rows.state_dict(), "optimiser": optimiser.state_dict(), "state": state, **random_states}, a.out / "last.pt")


if __name__ == "__main__":
    main()
