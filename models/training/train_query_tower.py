"""Trains a query tower: a shallower bi-encoder whose vectors of queries lie where the passage tower's do, and the word embeddings that
it shares with a cross-encoder, on a coarse grid so that they are few bytes.

Passages are embedded once, by the passage tower, on the author's machine; a visitor's machine embeds queries only. So the query tower
learns (Hinton et al. 2015; TinyBERT, Jiao et al. 2020, for the tokens) of each text

    1 − cos(student, teacher)                        where the vector lies, of a misspelt text where the right one's does
    1 − cos of each token's last vector              late interaction reads those
    KL over the teacher's cosines to passages        which passages it finds, in which order

    python train_query_tower.py --models .. --base MINILM --texts texts/texts.jsonl --passages texts/passages.jsonl --keep 0,2,5 --minutes 3 --out OUT

`texts` and `passages` are what static_texts.py wrote; MINILM is the folder that all-MiniLM-L6-v2 was imported from (tokenizer and
pooling settings are copied from it). Sites named by `--dev` are kept apart whole; OUT/curve.jsonl has their mean cosine (of `stretch`,
longer texts, apart), how much of the teacher's first ten passages is found, and MRR@10 of the sections that queries were written for. `siteseer model import OUT
--aligned-to models/all-MiniLM-L6-v2.safetensors --word-step STEP` makes the file.
"""

import argparse
import json
import random
import shutil
import time
from pathlib import Path

import torch
import weights
from lists import read_jsonl
from pairs import Texts, single, tokenizer
from queries import misspell
from safetensors.torch import save_file
from torch.nn.functional import cosine_similarity, kl_div, log_softmax, normalize, softmax

WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
WRITTEN = ("kw", "nl", "goal")
SCALE = 20.0  # of cosines in a softmax
QUERY_TOKENS, PASSAGE_TOKENS = 64, 142
SETTINGS = ("tokenizer.json", "vocab.txt", "tokenizer_config.json", "modules.json", "config_sentence_transformers.json", "1_Pooling/config.json")


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--models", required=True, help="this project's models/")
    a.add_argument("--base", type=Path, required=True, help="all-MiniLM-L6-v2 as it came")
    a.add_argument("--texts", required=True)
    a.add_argument("--passages", required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--minutes", type=float, required=True)
    a.add_argument("--keep", default="0,2,5", help="layers that it starts from")
    a.add_argument("--init", help="a query tower's file, to go on from its layers")
    a.add_argument("--word-step", type=float, default=0.5, help="grid of the word embeddings, in root mean squares")
    a.add_argument("--dev", default="svelte-docs,restic-docs,pip-docs,pytest-docs")
    a.add_argument("--batch", type=int, default=1024)
    a.add_argument("--rate", type=float, default=4e-4)
    a.add_argument("--slips", type=float, default=0.2, help="share of texts that come a second time, misspelt")
    a.add_argument("--positions", type=int, default=128)
    a.add_argument("--reports", type=int, default=4)
    a.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return a.parse_args()


def forward(model, inputs):
    """→ vectors of the tokens f32[texts, tokens, 384], of the texts f32[texts, 384] (their mean, of length 1)"""
    with torch.autocast(inputs["input_ids"].device.type, torch.bfloat16, enabled=inputs["input_ids"].is_cuda):
        hidden = model(**inputs).last_hidden_state
    hidden, mask = hidden.float(), inputs["attention_mask"][:, :, None]
    return hidden, normalize((hidden * mask).sum(1), dim=1)


def tokenized(words, strings, limit, device):
    """→ `Texts` and each string's number in them"""
    texts = Texts(limit - 2)
    numbers = torch.tensor([texts.add(string) for string in strings], device=device)
    texts.tokenize(words, device)
    return texts, numbers


@torch.no_grad()
def embed(model, texts, batch=2048):
    """f32[texts, 384]"""
    out = torch.empty(len(texts.strings), 384, device=texts.lengths.device)
    for numbers in texts.lengths.argsort().split(batch):
        out[numbers] = forward(model, single(texts, numbers, texts.width + 2))[1]
    return out


class Judge:
    """The dev sites' texts and passages."""

    def __init__(self, rows, passages, targets, vectors, sites):
        self.rows = torch.tensor([i for i, row in enumerate(rows) if row["source"] in sites])
        self.targets, self.vectors = targets[self.rows.to(targets.device)], vectors
        self.long = torch.tensor([rows[i]["kind"] == "stretch" for i in self.rows.tolist()], device=targets.device)
        of_site = lambda site: torch.tensor([i for i, p in enumerate(passages) if p["source"] == site])
        place = {p["id"]: i for i, p in enumerate(passages)}
        self.pools = {site: of_site(site) for site in sites}
        self.written = {
            site: [(at, place[rows[i]["pos"]]) for at, i in enumerate(self.rows.tolist())
                   if rows[i]["source"] == site and rows[i]["kind"] in WRITTEN and rows[i]["pos"] in place]
            for site in sites
        }

    def mrr(self, vectors):
        """MRR@10 of the right sections among those of their site that have a query, over all written queries."""
        total, count = 0.0, 0
        for site, queries in self.written.items():
            pool = self.pools[site].to(vectors.device)
            at, right = (torch.tensor(x, device=vectors.device) for x in zip(*queries))
            scores = vectors[at] @ self.vectors[pool].T
            own = (vectors[at] * self.vectors[right]).sum(1, keepdim=True)
            rank = (scores > own + 1e-6).sum(1) + 1
            total, count = total + float((1.0 / rank * (rank <= 10)).sum()), count + len(queries)
        return round(total / count, 4)

    def __call__(self, vectors):
        """vectors f32[rows, 384]: the student's"""
        k = 10
        first, found = ((v @ self.vectors.T).topk(k).indices for v in (self.targets, vectors))
        overlap = (first[:, :, None] == found[:, None]).any(2).float().mean()
        cosines = (vectors * self.targets).sum(1)
        measured = {"cosine": cosines[~self.long].mean(), "cosine_long": cosines[self.long].mean(), "top10": overlap}
        return {**{name: round(float(value), 4) for name, value in measured.items()}, "mrr": self.mrr(vectors)}


def save(model, kept, base, folder, layers):
    """A folder for `siteseer model import`: weights of the type `layers`, word embeddings as they are before the import puts them on the grid."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items() if "position_ids" not in name}
    saved = {name: value.to(layers) if value.dtype == torch.float32 else value for name, value in saved.items()}
    save_file({**saved, WORDS: kept.contiguous()}, folder / "model.safetensors")
    model.config.save_pretrained(folder)
    for name in SETTINGS:
        if (base / name).exists():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(base / name, folder / name)
    positions = len(saved["embeddings.position_embeddings.weight"])
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": positions}), encoding="utf8")


def main():
    a = arguments()
    rng = random.Random(1)
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    file = f"{a.models}/all-MiniLM-L6-v2.safetensors"
    vocabulary, full = weights.vocabulary(file), weights.load(file, prefix="")
    words = tokenizer(vocabulary)
    rows, passages = list(read_jsonl(a.texts)), list(read_jsonl(a.passages))
    slips = [(i, misspell(row["text"], rng)) for i, row in enumerate(rows) if rng.random() < a.slips]
    slips = [(i, text) for i, text in slips if text]
    texts, number = tokenized(words, [row["text"] for row in rows] + [text for _, text in slips], QUERY_TOKENS, a.device)
    clean = torch.tensor(list(range(len(rows))) + [i for i, _ in slips])
    teacher = weights.bi_encoder(full, a.device).eval()
    of_passages, each = tokenized(words, [p["text"] for p in passages], PASSAGE_TOKENS, a.device)
    vectors = embed(teacher, of_passages)[each]
    targets = embed(teacher, texts)[number[: len(rows)]]
    lengths = texts.lengths[number].cpu()
    inputs_of = lambda chosen: single(texts, number[chosen.to(a.device)], QUERY_TOKENS)
    dev = set(a.dev.split(","))
    judge = Judge(rows, passages, targets, vectors, dev)
    train = torch.tensor([i for i, row in enumerate(clean.tolist()) if rows[row]["source"] not in dev])
    pool = vectors[torch.tensor([i for i, p in enumerate(passages) if p["source"] not in dev], device=a.device)]
    print(f"{len(train)} texts, {len(judge.rows)} of sites kept apart, {len(pool)} passages; teacher's mrr {judge.mrr(judge.targets)}", flush=True)

    state = weights.load(a.init, prefix="") if a.init else weights.keep_layers(full, [int(n) for n in a.keep.split(",")], prefix="")
    kept = weights.without_other_scripts(full[WORDS], vocabulary)
    state[WORDS], state[POSITIONS] = weights.on_grid(kept, a.word_step), state[POSITIONS][: a.positions].clone()
    model = weights.bi_encoder(state, a.device).train()
    model.embeddings.word_embeddings.weight.requires_grad = False
    live = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(live, lr=a.rate, weight_decay=0.01)
    a.out.mkdir(parents=True, exist_ok=True)

    def report(step, seconds):
        model.eval()
        found = torch.cat([forward(model, inputs_of(numbers))[1].detach() for numbers in judge.rows.split(1024)])
        line = json.dumps({"step": step, "seconds": round(seconds), **judge(found)})
        model.train()
        print(line, flush=True)
        with open(a.out / "curve.jsonl", "a", encoding="utf8") as curve:
            curve.write(line + "\n")

    budget, start, step, reports, blocks = a.minutes * 60, time.time(), 0, 0, []
    with torch.no_grad():
        report(0, 0)
    while (elapsed := time.time() - start) < budget:
        if not blocks:  # texts of a block are about as long, so that little is padded
            order = train[torch.randperm(len(train))]
            blocks = [part for big in order.split(a.batch * 32) for part in big[lengths[big].argsort()].split(a.batch)]
            random.Random(step).shuffle(blocks)
        numbers = blocks.pop()
        right = clean[numbers]
        inputs, target = inputs_of(numbers), targets[right.to(a.device)]
        with torch.no_grad():
            theirs, _ = forward(teacher, inputs)
        ours, vector = forward(model, inputs)
        mask = inputs["attention_mask"].float() * (numbers == right).to(a.device)[:, None]
        tokens = ((1 - cosine_similarity(ours, theirs, dim=2)) * mask).sum() / mask.sum()
        some = pool[torch.randint(len(pool), (min(4096, len(pool)),), device=a.device)]
        order = kl_div(log_softmax(SCALE * vector @ some.T, 1), softmax(SCALE * target @ some.T, 1), reduction="batchmean")
        loss = 4 * (1 - (vector * target).sum(1)).mean() + tokens + order
        for group in optimiser.param_groups:
            group["lr"] = a.rate * min(1, (step + 1) / 200) * max(0.01, 1 - elapsed / budget)
        optimiser.zero_grad(), loss.backward()
        torch.nn.utils.clip_grad_norm_(live, 1.0)
        optimiser.step()
        step += 1
        if elapsed > budget * (reports + 1) / a.reports:
            reports += 1
            with torch.no_grad():
                report(step, elapsed)
    with torch.no_grad():
        report(step, time.time() - start)
    save(model, kept, a.base, a.out, torch.float16)


if __name__ == "__main__":
    main()
