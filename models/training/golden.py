"""Golden values for tests/golden.rs: what PyTorch and Hugging Face's tokenizer make of 200 fixed inputs, in f32.

    python golden.py BASE QUERY_TOWER CHECKPOINT docs tests/fixtures/garden > tests/golden/golden.jsonl
    python golden.py BASE QUERY_TOWER CHECKPOINT tests/golden/golden.jsonl > again.jsonl                   the same inputs

BASE: all-MiniLM-L6-v2; QUERY_TOWER and CHECKPOINT: query tower and cross-encoder before their import. The inputs are texts of this
repository and some strings that tokenizers stumble over: 100 texts with their embeddings, 100 pairs with their logits, 25 of
them with the query tower's embedding of the query. With `-` for a CHECKPOINT the same inputs' logits stay as they are.
"""

import html
import json
import random
import re
import sys
from pathlib import Path

import torch
from lists import read_jsonl
from safetensors.torch import load_file
from tokenizers import Tokenizer
from train_query_tower import WORDS
from transformers import BertConfig, BertForSequenceClassification, BertModel
from weights import on_grid, rows_on_grid

WORD_STEP, LAYER_STEP = 0.5, 0.08  # of the shipped query tower, which was trained on what these leave

STRANGE = ["", " ", "--cfg", "Vec::<u8>::with_capacity(10)", "naïve café Ångström", "ǅungla İstanbul", "東京都 日本語", "emoji 🦀 in text", "a" * 120,
           "tab\tand\nline", "E0277", "don't can't won't", "x²+y²=z²", "\u200bzero\u200bwidth", "ﬁne ligature", "100,000.50 €"]


def sentences(folders):
    found = []
    for folder in folders:
        for path in sorted([*Path(folder).glob("*.md"), *Path(folder).glob("*.html")]):
            text = html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf8")))
            for block in re.split(r"\n\s*\n", text):
                block = " ".join(block.split())
                if 30 < len(block) < 900:
                    found.append(block)
    return found


def inputs(folders):
    """→ 100 texts and 100 pairs"""
    if folders[0].endswith(".jsonl"):
        rows = list(read_jsonl(folders[0]))
        return [row["text"] for row in rows if "text" in row], [(row["query"], row["passage"]) for row in rows if "query" in row]
    rng = random.Random(7)
    texts = sentences(folders)
    rng.shuffle(texts)
    pairs = []
    for i in range(100):
        passage = texts[-1 - i]
        pairs.append((" ".join((passage.split()[3:9]) if i % 4 == 0 else rng.choice(texts).split()[:7]), passage))
    return [*STRANGE, *texts][:100], pairs


def cross_encoder(checkpoint, words):
    """The checkpoint with the word embeddings that it shares."""
    cross = BertForSequenceClassification(BertConfig.from_pretrained(checkpoint, num_labels=1)).eval()
    weights = {k: v.float() for k, v in load_file(f"{checkpoint}/model.safetensors").items()}
    missing = cross.load_state_dict({**weights, f"bert.{WORDS}": words}, strict=False).missing_keys
    assert not missing, missing
    return cross


def main(base, query_tower, checkpoint, *folders):
    torch.manual_seed(0)
    texts, pairs = inputs(folders)
    tokenizer = Tokenizer.from_file(f"{base}/tokenizer.json")
    tokenizer.no_padding(), tokenizer.no_truncation()
    ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids

    bi_encoder = BertModel.from_pretrained(base).eval()
    state = load_file(f"{query_tower}/model.safetensors")
    state = {**{k: v.float() for k, v in state.items()}, WORDS: on_grid(state[WORDS], WORD_STEP)}
    tower = BertModel(BertConfig.from_pretrained(query_tower), add_pooling_layer=False).eval()
    tower.load_state_dict(state)
    for layer in tower.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight.data = rows_on_grid(layer.weight.data, LAYER_STEP)
    if checkpoint == "-":
        known = {(row["query"], row["passage"]): row["logit"] for row in read_jsonl(folders[0]) if "query" in row}
    else:
        cross = cross_encoder(checkpoint, bi_encoder.embeddings.word_embeddings.weight)

    def embedding(model, row):
        hidden = model(torch.tensor([row])).last_hidden_state[0]
        return [round(x, 4) for x in torch.nn.functional.normalize(hidden.mean(0), dim=0).tolist()]

    with torch.no_grad():
        for text in texts:
            row = [101, *ids(text)[:254], 102]
            print(json.dumps({"text": text, "ids": row, "embedding": embedding(bi_encoder, row)}))
        for i, (query, passage) in enumerate(pairs):
            q, p = ids(query)[:48], ids(passage)
            p = p[: 160 - 3 - len(q)]
            row, types = [101, *q, 102, *p, 102], [0] * (len(q) + 2) + [1] * (len(p) + 1)
            logit = known[query, passage] if checkpoint == "-" else cross(torch.tensor([row]), token_type_ids=torch.tensor([types])).logits.item()
            of_query = {"query_embedding": embedding(tower, row[: len(q) + 2])} if i % 4 == 1 else {}
            print(json.dumps({"query": query, "passage": passage, "ids": row, "logit": round(logit, 5), **of_query}))


if __name__ == "__main__":
    main(*sys.argv[1:])
