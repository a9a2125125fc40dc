"""Trains the cross-encoder as a residual on the cascade's fused score: softmax over `fused + logit` of a list.

The word-embedding table stays frozen, since both models share it. Candidates, their passages and their scores are those
of the running product (examples/candidates.rs), so the model learns what the first stage lacks, on passages as they are
cut, with other sections of the same page and those that outrank the right one among them.

    python train_cross_encoder.py --base MINILM --init CHECKPOINT --out OUT --minutes 60 candidates/*.jsonl

Writes OUT/model.safetensors whenever the dev sites' nDCG@10 is the best so far, and OUT/curve.jsonl. `--resume` goes on
from OUT/last.pt.
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from lists import graded_sections, site_lists
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification

WORDS = "bert.embeddings.word_embeddings.weight"
MAX_TOKENS, QUERY_TOKENS = 160, 48


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("candidates", nargs="+", help="files of examples/candidates.rs, named after their sites")
    a.add_argument("--base", required=True, help="all-MiniLM-L6-v2: tokenizer.json, model.safetensors, config.json")
    a.add_argument("--init", help="checkpoint folder to start from (its word embeddings may be missing)")
    a.add_argument("--graded", help="graded.jsonl.gz")
    a.add_argument("--out", required=True)
    a.add_argument("--minutes", type=float, required=True)
    a.add_argument("--dev", default="svelte-docs,restic-docs", help="sites kept apart whole")
    a.add_argument("--layers", type=int, default=6, help="keep the first N layers of the checkpoint")
    a.add_argument("--frozen", type=int, default=0, help="lowest layers (and embeddings) that are not trained")
    a.add_argument("--negatives", type=int, default=7)
    a.add_argument("--lists-per-step", type=int, default=4)
    a.add_argument("--rate", type=float, default=3e-5)
    a.add_argument("--dev-lists", type=int, default=120)
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--resume", action="store_true")
    return a.parse_args()


def load_model(a):
    """BertForSequenceClassification with one logit, the base's word embeddings, frozen."""
    config = BertConfig.from_pretrained(a.base, num_labels=1, num_hidden_layers=a.layers)
    config._attn_implementation = "eager"  # its backward pass is the quick one on CPUs
    model = BertForSequenceClassification(config)
    base = {f"bert.{name.removeprefix('bert.')}": value for name, value in load_file(f"{a.base}/model.safetensors").items()}
    model.load_state_dict(base, strict=False)
    if a.init:
        start = load_file(f"{a.init}/model.safetensors")
        model.load_state_dict({name: value.float() for name, value in start.items() if name != WORDS}, strict=False)
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    if a.frozen:
        model.bert.embeddings.requires_grad_(False)
        for layer in model.bert.encoder.layer[: a.frozen]:
            layer.requires_grad_(False)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


class Pairs:
    """Tokenizes pairs as src/model/cross_encoder.rs does: the query is cut to 48 pieces, then the passage to 160 in all."""

    def __init__(self, base):
        self.tokenizer = Tokenizer.from_file(f"{base}/tokenizer.json")
        self.tokenizer.no_padding(), self.tokenizer.no_truncation()

    def ids(self, query, text):
        q = self.tokenizer.encode(query, add_special_tokens=False).ids[:QUERY_TOKENS]
        p = self.tokenizer.encode(text, add_special_tokens=False).ids[: MAX_TOKENS - len(q) - 3]
        return [101, *q, 102, *p, 102], len(q) + 2

    def logits(self, model, pairs):
        """f32[len(pairs)]; computed in groups of like length, so that little is padding."""
        encoded = [self.ids(*pair) for pair in pairs]
        order = sorted(range(len(pairs)), key=lambda i: len(encoded[i][0]))
        parts = []
        for at in range(0, len(order), 8):
            group = [encoded[i] for i in order[at : at + 8]]
            longest = max(len(ids) for ids, _ in group)
            x = {name: torch.zeros(len(group), longest, dtype=torch.long) for name in ("input_ids", "token_type_ids", "attention_mask")}
            for row, (ids, first) in enumerate(group):
                x["input_ids"][row, : len(ids)] = torch.tensor(ids)
                x["token_type_ids"][row, first : len(ids)] = 1
                x["attention_mask"][row, : len(ids)] = 1
            parts.append(model(**x).logits.view(-1))
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(parts)[back]


def sample(x, negatives):
    """Positives (at most 2) and `negatives` others, half of them from the list's top, where the product is decided."""
    right = [p for p in x["pairs"] if p[2] >= 2][:2]
    rest = [p for p in x["pairs"] if p[2] < 2]
    top = [p for p in rest if p[3] < 12]
    chosen = random.sample(top, min(len(top), (negatives + 1) // 2))
    others = [p for p in rest if p not in chosen]
    chosen += random.sample(others, min(len(others), negatives - len(chosen)))
    return right + chosen


def targets(pairs):
    """Gains 2^grade − 1, normalised: the soft target of the listwise loss."""
    gains = torch.tensor([2.0 ** p[2] - 1 for p in pairs])
    return gains / gains.sum()


def ndcg(scores, grades, k=10):
    gain = lambda values: sum((2.0**g - 1) / math.log2(i + 2) for i, g in enumerate(values[:k]))
    best = gain(sorted(grades, reverse=True))
    return gain([grades[i] for i in sorted(range(len(scores)), key=lambda i: -scores[i])]) / best if best else 0.0


def evaluate(model, pairs, dev, depth=30):
    """Mean nDCG@10 of the dev lists: first stage, then fused + λ · logit for several λ."""
    sums, lambdas = [0.0] * 5, (0.0, 0.25, 0.5, 1.0, 2.0)
    with torch.no_grad():
        for x in dev:
            listed = sorted(x["pairs"], key=lambda p: p[3])[:depth]
            logits = pairs.logits(model, [(x["q"], p[0]) for p in listed])
            for i, weight in enumerate(lambdas):
                sums[i] += ndcg([p[1] + weight * z for p, z in zip(listed, logits.tolist())], [p[2] for p in listed])
    return {str(weight): round(s / max(1, len(dev)), 4) for weight, s in zip(lambdas, sums)}


def main():
    a = arguments()
    random.seed(a.seed), torch.manual_seed(a.seed), torch.set_num_threads(a.threads)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    graded = graded_sections(a.graded) if a.graded else {}
    lists = [x for path in a.candidates for x in site_lists(path, graded)]
    dev_sites = set(a.dev.split(","))
    dev = [x for x in lists if x["site"] in dev_sites]
    random.Random(5).shuffle(dev)
    dev = dev[: a.dev_lists]
    train = [x for x in lists if x["site"] not in dev_sites and len(x["pairs"]) > a.negatives]
    print(len(train), "lists to train on,", len(dev), "dev lists of", sorted(dev_sites), flush=True)

    model, pairs = load_model(a), Pairs(a.base)
    live = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(live, lr=a.rate, weight_decay=0.01)
    state = {"step": 0, "seconds": 0.0, "pairs": 0, "best": 0.0}
    if a.resume and (out / "last.pt").exists():
        saved = torch.load(out / "last.pt")
        model.load_state_dict(saved["model"]), optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]

    def report(loss):
        scores = evaluate(model, pairs, dev)
        row = {**{k: round(v, 1) for k, v in state.items() if k != "best"}, "loss": loss, "dev nDCG@10 by lambda": scores}
        print(json.dumps(row), flush=True)
        with open(out / "curve.jsonl", "a", encoding="utf8") as curve:
            curve.write(json.dumps(row) + "\n")
        if max(scores.values()) > state["best"]:
            state["best"] = max(scores.values())
            save_file({k: v.half().contiguous() for k, v in model.state_dict().items() if k != WORDS}, out / "model.safetensors")
            model.config.save_pretrained(out)
        torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": state}, out / "last.pt")

    report(None)
    budget, order, smooth, start = a.minutes * 60, [], None, time.time() - state["seconds"]
    next_report = state["seconds"] + 480
    while (elapsed := time.time() - start) < budget:
        if len(order) < a.lists_per_step:
            order = random.sample(train, len(train))
        rows = [order.pop() for _ in range(a.lists_per_step)]
        chosen = [sample(x, a.negatives) for x in rows]
        logits = pairs.logits(model, [(x["q"], p[0]) for x, c in zip(rows, chosen) for p in c])
        loss, at = 0.0, 0
        for c in chosen:
            score = torch.tensor([p[1] for p in c]) + logits[at : at + len(c)]
            loss = loss - (targets(c) * torch.log_softmax(score, 0)).sum() / len(chosen)
            at += len(c)
        rate = a.rate * min(1, (state["step"] + 1) / 50) * (1 - elapsed / budget)
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad(), loss.backward()
        torch.nn.utils.clip_grad_norm_(live, 1.0)
        optimiser.step()
        state.update(step=state["step"] + 1, seconds=time.time() - start, pairs=state["pairs"] + len(logits))
        smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
        if state["step"] % 50 == 0:
            print(state["step"], f"loss {smooth:.4f}, {state['pairs'] / state['seconds']:.1f} pairs/s", flush=True)
        if state["seconds"] >= next_report:
            next_report = state["seconds"] + 480
            report(round(smooth, 4))
    report(round(smooth or 0.0, 4))


if __name__ == "__main__":
    main()
