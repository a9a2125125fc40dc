"""Trains the head of late interaction (ColBERT, Khattab & Zaharia 2020) over the frozen bi-encoder's token vectors.

    q_i, p_j   rows of head · h, brought to length 1               head [dim, 384], h the last layer's vectors
    w_i        softplus(weight · h_i + bias)                       how much a query's token counts
    late(q, p) Σ_i w_i · max_j q_i · p_j                           p without punctuation and stop words

It is a residual, too: softmax over `fused + late` of a list, against the gains and, with `--teacher`, a cross-encoder's order. The
passage is read alone, as the bi-encoder embedded it.

    python train_late.py --models ../ --out late.safetensors --minutes 2 --teacher CHECKPOINT --graded graded.jsonl.gz candidates/*.jsonl
"""

import argparse
import json
import random
import time

import numpy as np
import torch
import weights
from dataset import Dataset, batch, dev_groups, mean_ndcg
from pairs import pairs, single, tokenizer
from safetensors.torch import load_file, save_file
from train_cross_encoder import WORDS, model_of

LAMBDAS = (0.0, 0.25, 0.5, 0.7, 1.0)
STOP_WORDS = "a an and are as at be but by for in into is it of on or such that the their then there these they this to was will with".split()
QUERY_TOKENS, PASSAGE_TOKENS = 64, 140


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("candidates", nargs="+")
    a.add_argument("--models", required=True)
    a.add_argument("--graded")
    a.add_argument("--out", required=True)
    a.add_argument("--minutes", type=float, required=True)
    a.add_argument("--teacher", help="checkpoint of train_cross_encoder.py")
    a.add_argument("--dev", default="svelte-docs,restic-docs,vitepress-docs")
    a.add_argument("--dim", type=int, default=64)
    a.add_argument("--size", type=int, default=16)
    a.add_argument("--lists-per-step", type=int, default=32)
    a.add_argument("--rate", type=float, default=1e-3)
    a.add_argument("--dev-lists", type=int, default=400)
    a.add_argument("--reports", type=int, default=4)
    a.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return a.parse_args()


class Head(torch.nn.Module):
    """The projection, from the encoder's leading directions to start with, and a query token's weight."""

    def __init__(self, dim):
        super().__init__()
        self.head = torch.nn.Linear(384, dim, bias=False)
        self.weight = torch.nn.Linear(384, 1)
        torch.nn.init.orthogonal_(self.head.weight)
        torch.nn.init.zeros_(self.weight.weight), torch.nn.init.constant_(self.weight.bias, 0.5)

    def forward(self, query, query_mask, passages, passage_mask):
        """query f32[lists, tokens, 384], passages f32[lists, size, tokens, 384] → f32[lists, size]"""
        q = torch.nn.functional.normalize(self.head(query), dim=-1)
        p = torch.nn.functional.normalize(self.head(passages), dim=-1)
        each = torch.einsum("lqd,lstd->lsqt", q, p).masked_fill(passage_mask[:, :, None] == 0, -1.0).amax(-1)
        w = torch.nn.functional.softplus(self.weight(query))[..., 0] * query_mask
        return (each * w[:, None]).sum(-1)


class Encoder:
    """The frozen bi-encoder's token vectors."""

    def __init__(self, models, device):
        state = weights.load(f"{models}/all-MiniLM-L6-v2.safetensors", prefix="")
        self.model, self.device = weights.bi_encoder(state, device).eval(), device
        vocabulary = weights.vocabulary(f"{models}/all-MiniLM-L6-v2.safetensors")
        self.tokenizer = tokenizer(vocabulary)
        counts = [any(c.isalnum() for c in t.removeprefix("##")) and t not in STOP_WORDS and not t.startswith("[") for t in vocabulary]
        self.counts = torch.tensor(counts, device=device).long()

    @torch.no_grad()
    def __call__(self, texts, numbers, limit):
        """→ vectors f32[texts, tokens, 384], which tokens there are, which of them a passage keeps"""
        inputs = single(texts, numbers, limit)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            hidden = self.model(**inputs).last_hidden_state
        return hidden.float(), inputs["attention_mask"], self.counts[inputs["input_ids"]] * inputs["attention_mask"]


def late(head, encoder, data, queries, texts):
    """f32[lists, size]"""
    device, (lists, size) = encoder.device, texts.shape
    query, mask, _ = encoder(data.queries, torch.as_tensor(queries, device=device), QUERY_TOKENS)
    vectors, _, kept = encoder(data.texts, torch.as_tensor(texts, device=device).flatten(), PASSAGE_TOKENS)
    tokens = vectors.shape[1]
    return head(query, mask, vectors.view(lists, size, tokens, 384), kept.view(lists, size, tokens))


@torch.no_grad()
def evaluate(head, encoder, data, most, depth=30):
    """Mean nDCG@10 of the dev lists by λ."""

    def scores_of(rows, orders):
        texts = np.stack([row.texts["found"][order] for row, order in zip(rows, orders)])
        return late(head, encoder, data, [row.query for row in rows], texts).cpu().numpy()

    return mean_ndcg(dev_groups(data.dev, most, depth), LAMBDAS, scores_of)


def main():
    a = arguments()
    rng = random.Random(1)
    torch.manual_seed(1)
    torch.set_float32_matmul_precision("high")
    readings = ("found", "opening") if a.teacher else ("found",)
    data = Dataset(a.candidates, a.graded, set(a.dev.split(",")), readings, 156, a.size)
    encoder, head = Encoder(a.models, a.device), Head(a.dim).to(a.device)
    data.queries.tokenize(encoder.tokenizer, a.device), data.texts.tokenize(encoder.tokenizer, a.device)
    teacher = None
    if a.teacher:
        state = {name: value.float() for name, value in load_file(f"{a.teacher}/model.safetensors").items()}
        teacher = model_of({**state, WORDS: weights.load(f"{a.models}/all-MiniLM-L6-v2.safetensors")[WORDS]}, 0.0, a.device).eval()
    optimiser = torch.optim.AdamW(head.parameters(), lr=a.rate, weight_decay=0.0)
    budget, start, step, order, smooth, reports = a.minutes * 60, time.time(), 0, [], None, 0
    print(data.describe(), json.dumps(evaluate(head, encoder, data, a.dev_lists)), flush=True)
    while (elapsed := time.time() - start) < budget:
        if len(order) < a.lists_per_step:
            order = rng.sample(data.train, len(data.train))
        rows = [order.pop() for _ in range(a.lists_per_step)]
        picks = random.Random(step)
        queries, texts, fused, gains = batch(rows, a.size, "found", random.Random(step))
        fused, gains = torch.as_tensor(fused, device=a.device), torch.as_tensor(gains, device=a.device)
        scores = torch.log_softmax(fused + late(head, encoder, data, queries, texts), 1)
        loss = -(gains * scores).sum(1).mean()
        if teacher:
            _, read, _, _ = batch(rows, a.size, "opening", picks)
            with torch.no_grad(), torch.autocast(a.device, torch.bfloat16, enabled=a.device == "cuda"):
                each = torch.as_tensor(queries, device=a.device).repeat_interleave(a.size)
                inputs = pairs(data.queries, each, data.texts, torch.as_tensor(read, device=a.device).flatten())
                taught = torch.softmax(fused + 0.5 * teacher(**inputs).logits.float().view(fused.shape), 1)
            loss = 0.5 * loss - (taught * scores).sum(1).mean()
        for group in optimiser.param_groups:
            group["lr"] = a.rate * min(1, (step + 1) / 100) * max(0.02, 1 - elapsed / budget)
        optimiser.zero_grad(), loss.backward()
        optimiser.step()
        step += 1
        if step % 50 == 0:
            smooth = loss.item() if smooth is None else 0.9 * smooth + 0.1 * loss.item()
        if elapsed > budget * (reports + 1) / a.reports:
            reports += 1
            print(step, f"{elapsed:.0f} s, loss {smooth or 0:.4f}", json.dumps(evaluate(head, encoder, data, a.dev_lists)), flush=True)
    print(step, "steps", json.dumps(evaluate(head, encoder, data, a.dev_lists)), flush=True)
    save_file({name: value.detach().cpu().contiguous() for name, value in head.state_dict().items()}, a.out)


if __name__ == "__main__":
    main()
