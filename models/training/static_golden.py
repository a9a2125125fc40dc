"""Golden values for tests/static_tower.rs: what NumPy and Hugging Face's WordPiece make of 40 texts with the shipped static query tower.

    python static_golden.py models/siteseer-static-tower.safetensors BASE tests/golden/golden.jsonl > tests/golden/static.jsonl
"""

import json
import sys

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece

MAX_PIECES, TEXTS = 64, 40


def tokens_of(packed):
    """Tokens in order of id: each as the number of bytes shared with the one before, the other bytes, and a line feed."""
    tokens, at, before = [], 0, b""
    while at < len(packed):
        end = packed.index(b"\n", at + 1)
        before = before[: packed[at]] + packed[at + 1 : end]
        tokens.append(before.decode())
        at = end + 1
    return tokens


def rows_of(tensors, dim):
    """f32[tokens, dim]: each token's row, zeros where it has none."""
    scales, packed, tiers = tensors["scales"], tensors["rows"], tensors["tiers"]
    if packed.dtype == np.int8:
        rows = packed.astype(np.float32)
    else:
        rows = np.empty((len(packed), dim), np.float32)
        rows[:, 0::2], rows[:, 1::2] = (packed & 15).astype(np.float32) - 8, (packed >> 4).astype(np.float32) - 8
    # rows stand by tier, then by token
    order = np.argsort(tiers, kind="stable")
    table = np.zeros((len(tiers), dim), np.float32)
    table[order[(tiers == 0).sum() :]] = rows * scales[:, None]
    return table


def main(model, base, texts):
    tensors = load_file(model)
    table = rows_of(tensors, 384)
    vocabulary = {token: i for i, token in enumerate(tokens_of(tensors["tokens"].tobytes()))}
    tokenizer = Tokenizer.from_file(f"{base}/tokenizer.json")
    tokenizer.model = WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100)
    tokenizer.no_padding(), tokenizer.no_truncation()
    lines = [json.loads(line) for line in open(texts, encoding="utf8")]
    for line in [line for line in lines if "embedding" in line][:TEXTS]:
        ids = tokenizer.encode(line["text"], add_special_tokens=False).ids[:MAX_PIECES]
        total = table[ids].sum(0) if ids else np.zeros(384, np.float32)
        vector = total / max(np.linalg.norm(total), 1e-30)
        print(json.dumps({"text": line["text"], "ids": ids, "vector": [round(float(x), 4) for x in vector]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
