"""Golden values for tests/golden.rs: what PyTorch and Hugging Face's tokenizer make of 200 fixed inputs, in f32.

    python golden.py BASE CHECKPOINT docs tests/fixtures/garden > tests/golden/golden.jsonl

BASE: all-MiniLM-L6-v2; CHECKPOINT: the cross-encoder before its import (its word embeddings are BASE's). The inputs are texts of this
repository and some strings that tokenizers stumble over: 100 texts with their embeddings, 100 pairs with their logits.
"""

import html
import json
import random
import re
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification, BertModel

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


def main(base, checkpoint, *folders):
    torch.manual_seed(0)
    rng = random.Random(7)
    texts = sentences(folders)
    rng.shuffle(texts)
    tokenizer = Tokenizer.from_file(f"{base}/tokenizer.json")
    tokenizer.no_padding(), tokenizer.no_truncation()
    ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids

    bi_encoder = BertModel.from_pretrained(base).eval()
    cross = BertForSequenceClassification(BertConfig.from_pretrained(base, num_labels=1)).eval()
    weights = {f"bert.{k}": v for k, v in load_file(f"{base}/model.safetensors").items()}
    weights.update({k: v.float() for k, v in load_file(f"{checkpoint}/model.safetensors").items()})
    missing = cross.load_state_dict(weights, strict=False).missing_keys
    assert not missing, missing

    with torch.no_grad():
        for text in [*STRANGE, *texts][:100]:
            row = [101, *ids(text)[:254], 102]
            hidden = bi_encoder(torch.tensor([row])).last_hidden_state[0]
            vector = torch.nn.functional.normalize(hidden.mean(0), dim=0).tolist()
            print(json.dumps({"text": text, "ids": row, "embedding": [round(x, 4) for x in vector]}))
        for i in range(100):
            passage = texts[-1 - i]
            query = " ".join(passage.split()[3:9]) if i % 4 == 0 else " ".join(rng.choice(texts).split()[:7])
            q, p = ids(query)[:48], ids(passage)
            p = p[: 160 - 3 - len(q)]
            row, types = [101, *q, 102, *p, 102], [0] * (len(q) + 2) + [1] * (len(p) + 1)
            logit = cross(torch.tensor([row]), token_type_ids=torch.tensor([types])).logits.item()
            print(json.dumps({"query": query, "passage": passage, "ids": row, "logit": round(logit, 5)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
