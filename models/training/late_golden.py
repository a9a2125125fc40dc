"""Golden values for tests/late.rs: scores of late interaction in PyTorch, in f32 with the bi-encoder's original weights, of the pairs of
golden.jsonl.

    python late_golden.py BASE ../siteseer-late.safetensors tests/golden/golden.jsonl > tests/golden/late.jsonl
"""

import json
import sys

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from train_late import STOP_WORDS, Head
from transformers import BertModel


@torch.no_grad()
def main(base, head_file, golden):
    tokenizer, encoder = Tokenizer.from_file(f"{base}/tokenizer.json"), BertModel.from_pretrained(base).eval()
    tokenizer.no_padding(), tokenizer.no_truncation()
    file = load_file(head_file)
    head = Head(file["head.weight"].shape[0])
    head.load_state_dict(file)
    counts = lambda token: any(c.isalnum() for c in token.removeprefix("##")) and token not in STOP_WORDS and not token.startswith("[")

    def hidden(text, limit):
        encoded = tokenizer.encode(text, add_special_tokens=False)
        ids, tokens = [101, *encoded.ids[: limit - 2], 102], ["[CLS]", *encoded.tokens[: limit - 2], "[SEP]"]
        return encoder(torch.tensor([ids])).last_hidden_state, torch.tensor([[counts(token) for token in tokens]]).long()

    with open(golden, encoding="utf8") as lines:
        rows = [row for row in map(json.loads, lines) if "logit" in row][:25]
    for row in rows:
        (query, mask), (passage, kept) = hidden(row["query"], 64), hidden(row["passage"], 256)
        score = head(query, torch.ones_like(mask), passage[None], kept[None]).item()
        print(json.dumps({"query": row["query"], "passage": row["passage"], "score": round(score, 4)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
