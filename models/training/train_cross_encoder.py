"""Trains the cross-encoder as a residual on the cascade's fused score: softmax over `fused + logit` of a list.

The word-embedding table stays frozen, since both models share it. Candidates and their scores are those of the running product
(examples/candidates.rs), so the model learns what the first stage lacks, with other sections of the same page and those that
outrank the right one among them. Lists are read now by the beginnings of their sections, now from the passage that was found.

    python train_cross_encoder.py --models ../ --out OUT --minutes 4 --graded graded.jsonl.gz candidates/*.jsonl
    python train_cross_encoder.py --models ../ --out SMALL --teacher OUT --keep 0,2,5 …      a smaller one that learns from it

Writes OUT/model.safetensors (f16, without word embeddings) whenever the mean nDCG@10 of the sites kept apart is the best so far, and
OUT/curve.jsonl. `--resume` goes on from OUT/last.pt. On a GPU in minutes, on a CPU in hours: `--device`, `--lists-per-step`.
"""

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import torch
import weights
from dataset import Dataset, batch, dev_groups, mean_ndcg
from pairs import pairs, tokenizer
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForSequenceClassification

WORDS = "bert.embeddings.word_embeddings.weight"
READINGS = ("opening", "window")
AT_ONCE = 64  # pairs that a CPU computes together
LAMBDAS = (0.0, 0.25, 0.4, 0.5, 0.7, 1.0)


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("candidates", nargs="+", help="files of examples/candidates.rs, named after their sites")
    a.add_argument("--models", required=True, help="this project's models/: where the weights start, and the vocabulary")
    a.add_argument("--graded", help="graded.jsonl.gz")
    a.add_argument("--out", required=True)
    a.add_argument("--minutes", type=float, required=True)
    a.add_argument("--dev", default="svelte-docs,restic-docs,vitepress-docs", help="sites kept apart whole")
    a.add_argument("--teacher", help="checkpoint whose logits are learned, too, or `shipped`; the weights start from it")
    a.add_argument("--gains", type=float, default=0.4, help="weight of the lists' own gains beside the teacher's order")
    a.add_argument("--word-step", type=float, default=0.0, help="as for train_query_tower.py, whose word embeddings it then shares")
    a.add_argument("--layer-step", type=float, default=0.0, help="compute with weights as `siteseer model import --layer-step` rounds them: for a last, short go")
    a.add_argument("--keep", help="numbers of the layers that are kept, such as 0,2,5")
    a.add_argument("--size", type=int, default=16, help="candidates of a list")
    a.add_argument("--lists-per-step", type=int, default=32)
    a.add_argument("--rate", type=float, default=5e-5)
    a.add_argument("--dropout", type=float, default=0.1)
    a.add_argument("--dev-lists", type=int, default=400)
    a.add_argument("--reports", type=int, default=6)
    a.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a.add_argument("--threads", type=int, default=torch.get_num_threads())
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--resume", action="store_true")
    return a.parse_args()


def model_of(state, dropout, device):
    """BertForSequenceClassification with one logit and frozen word embeddings."""
    layers = 1 + max(int(name.split(".")[3]) for name in state if ".layer." in name)
    config = BertConfig(hidden_size=384, num_hidden_layers=layers, num_attention_heads=12, intermediate_size=1536, num_labels=1,
                        hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0, _attn_implementation="sdpa")
    model = BertForSequenceClassification(config)
    problems = model.load_state_dict(state, strict=False)
    assert not problems.unexpected_keys and not problems.missing_keys, problems
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    return model.to(device)


def starting_state(a):
    """The checkpoint's weights, or those of the shipped cross-encoder; the passage tower's word embeddings."""
    bi_encoder = weights.load(f"{a.models}/all-MiniLM-L6-v2.safetensors")
    if a.teacher and a.teacher != "shipped":
        state = {name: value.float() for name, value in load_file(f"{a.teacher}/model.safetensors").items()}
    else:
        state = weights.with_positions(weights.load(f"{a.models}/siteseer-cross-encoder.safetensors"), 512)
    return {**state, WORDS: bi_encoder[WORDS]}


def logits_of(model, data, queries, texts, device):
    """f32[texts.shape]; the pairs of one list share its query. On a CPU, which pays for padding, pairs of like length go together."""
    shape = texts.shape
    queries = torch.as_tensor(queries, device=device).repeat_interleave(shape[1])
    texts = torch.as_tensor(texts, device=device).flatten()
    order = (data.queries.lengths[queries] + data.texts.lengths[texts]).argsort()
    parts = [order] if device == "cuda" else order.split(AT_ONCE)
    with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
        logits = [model(**pairs(data.queries, queries[part], data.texts, texts[part])).logits for part in parts]
    return torch.cat(logits).float().flatten()[order.argsort()].view(shape)


@torch.no_grad()
def evaluate(model, data, device, most, depth=30):
    """Mean nDCG@10 of the dev lists by reading and λ."""

    def scores_of(reading):
        texts = lambda rows, orders: np.stack([row.texts[reading][order] for row, order in zip(rows, orders)])
        return lambda rows, orders: logits_of(model, data, [r.query for r in rows], texts(rows, orders), device).cpu().numpy()

    model.eval()
    scores = {r: mean_ndcg(dev_groups(data.dev, most, depth), LAMBDAS, scores_of(r)) for r in READINGS}
    model.train()
    return scores


def main():
    a = arguments()
    rng, out = random.Random(a.seed), Path(a.out)
    torch.manual_seed(a.seed), torch.set_num_threads(a.threads)
    torch.set_float32_matmul_precision("high")
    out.mkdir(parents=True, exist_ok=True)
    data = Dataset(a.candidates, a.graded, set(a.dev.split(",")), READINGS, 156, a.size)
    words = tokenizer(weights.vocabulary(f"{a.models}/all-MiniLM-L6-v2.safetensors"))
    data.queries.tokenize(words, a.device), data.texts.tokenize(words, a.device)
    print(data.describe(), flush=True)

    state = starting_state(a)
    teacher = model_of(state, 0.0, a.device).eval() if a.teacher else None
    if a.word_step:
        vocabulary = weights.vocabulary(f"{a.models}/all-MiniLM-L6-v2.safetensors")
        state = {**state, WORDS: weights.on_grid(weights.without_other_scripts(state[WORDS], vocabulary), a.word_step)}
    if a.keep:
        state = weights.keep_layers(state, [int(n) for n in a.keep.split(",")])
    model = model_of(state, a.dropout, a.device).train()
    grid = weights.OnGrid(model, a.layer_step)
    live = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(live, lr=a.rate, weight_decay=0.01)
    progress = {"step": 0, "seconds": 0.0, "pairs": 0, "best": 0.0}
    if a.resume and (out / "last.pt").exists():
        saved = torch.load(out / "last.pt")
        model.load_state_dict(saved["model"]), optimiser.load_state_dict(saved["optimiser"])
        progress = saved["progress"]

    def report(loss):
        with grid:
            scores = evaluate(model, data, a.device, a.dev_lists)
        row = {**{k: round(v, 1) for k, v in progress.items() if k != "best"}, "loss": loss, "dev nDCG@10": scores}
        print(json.dumps(row), flush=True)
        with open(out / "curve.jsonl", "a", encoding="utf8") as curve:
            curve.write(json.dumps(row) + "\n")
        best = sum(max(by_lambda.values()) for by_lambda in scores.values()) / len(scores)
        if best > progress["best"]:
            progress["best"] = best
            save_file({k: v.half().contiguous() for k, v in model.state_dict().items() if k != WORDS}, out / "model.safetensors")
            model.config.save_pretrained(out)
        torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "progress": progress}, out / "last.pt")

    report(None)
    budget, order, smooth, start = a.minutes * 60, [], None, time.time() - progress["seconds"]
    every = budget / a.reports
    next_report = progress["seconds"] + every
    while (elapsed := time.time() - start) < budget:
        if len(order) < a.lists_per_step:
            order = rng.sample(data.train, len(data.train))
        rows = [order.pop() for _ in range(a.lists_per_step)]
        queries, texts, fused, gains = batch(rows, a.size, rng.choice(READINGS), rng)
        fused, gains = torch.as_tensor(fused, device=a.device), torch.as_tensor(gains, device=a.device)
        with grid:
            scores = torch.log_softmax(fused + logits_of(model, data, queries, texts, a.device), 1)
            loss = -(gains * scores).sum(1).mean()
            if teacher:
                with torch.no_grad():
                    taught = torch.softmax(fused + logits_of(teacher, data, queries, texts, a.device), 1)
                loss = a.gains * loss - (taught * scores).sum(1).mean()
            optimiser.zero_grad(), loss.backward()
        for group in optimiser.param_groups:
            group["lr"] = a.rate * min(1, (progress["step"] + 1) / 100) * max(0.02, 1 - elapsed / budget)
        torch.nn.utils.clip_grad_norm_(live, 1.0)
        optimiser.step()
        progress.update(step=progress["step"] + 1, seconds=time.time() - start, pairs=progress["pairs"] + texts.size)
        if progress["step"] % 50 == 0:
            smooth = loss.item() if smooth is None else 0.9 * smooth + 0.1 * loss.item()
            print(progress["step"], f"loss {smooth:.4f}, {progress['pairs'] / progress['seconds']:.0f} pairs/s", flush=True)
        if progress["seconds"] >= next_report:
            next_report += every
            report(round(smooth or 0.0, 4))
    report(round(smooth or 0.0, 4))


if __name__ == "__main__":
    main()
