"""What codes of token vectors mean, fitted once to passages of many sites, so that every index with the head has the same code.

    python late_code.py --models .. --head late.safetensors --out late-with-code.safetensors candidates/*.jsonl

As src/codes/residual.rs has it: 256 centres (spherical k-means over the tokens of as many passages of each site), and for 1 and 2 bits a dimension the
means of the residuals between quantiles. Writes the head's tensors and `code.centres`, `code.values.1`, `code.values.2`; seeded.
"""

import argparse
import random

import numpy as np
import torch
from lists import read_jsonl
from pairs import Texts
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize
from train_late import PASSAGE_TOKENS, Encoder

CENTRES, ROUNDS = 256, 12


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("candidates", nargs="+", help="files of examples/candidates.rs, whose passages are read")
    a.add_argument("--models", required=True)
    a.add_argument("--head", required=True, help="checkpoint of train_late.py")
    a.add_argument("--out", required=True)
    a.add_argument("--passages", type=int, default=80, help="of each site, at most")
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--seed", type=int, default=1)
    return a.parse_args()


def token_vectors(a, texts):
    """f32[tokens, dim] of the tokens that a passage keeps."""
    encoder, head = Encoder(a.models, "cpu"), load_file(a.head)["head.weight"]
    tokenized = Texts(PASSAGE_TOKENS)
    numbers = [tokenized.add(text) for text in texts]
    tokenized.tokenize(encoder.tokenizer, "cpu")
    numbers.sort(key=lambda at: int(tokenized.lengths[at]))
    parts = []
    for at in range(0, len(numbers), 32):
        hidden, _, kept = encoder(tokenized, torch.tensor(numbers[at : at + 32]), PASSAGE_TOKENS)
        parts.append(normalize(hidden[kept.bool()] @ head.T, dim=1))
    return torch.cat(parts)


def centres_of(vectors, rng):
    """f32[CENTRES, dim] of length 1, on the grid of 127ths that an index has."""
    centres = vectors[rng.sample(range(len(vectors)), CENTRES)]
    for _ in range(ROUNDS):
        cells = torch.cat([(part @ centres.T).argmax(1) for part in vectors.split(8192)])
        sums = torch.zeros_like(centres).index_add_(0, cells, vectors)
        filled = sums.norm(dim=1) > 0
        centres = torch.where(filled[:, None], normalize(sums, dim=1), centres)
    return (centres * 127).round()


def levels_of(residuals, levels):
    """f32[dim, levels]: means of so many equal parts of each dimension's residuals, as 16 bits hold them."""
    ordered = np.sort(residuals.numpy(), axis=0)
    parts = np.array_split(ordered, levels)
    return torch.from_numpy(np.stack([part.mean(0) for part in parts], axis=1)).bfloat16().float().contiguous()


def main():
    a = arguments()
    rng = random.Random(a.seed)
    torch.manual_seed(a.seed), torch.set_num_threads(a.threads)
    texts = []
    for path in sorted(a.candidates):
        passages = [row["prefix"] + row["text"] for row in read_jsonl(path) if "passage" in row]
        texts += rng.sample(passages, min(a.passages, len(passages)))
    vectors = token_vectors(a, texts)
    centres = centres_of(vectors, rng)
    cells = torch.cat([(part @ centres.T).argmax(1) for part in vectors.split(8192)])
    residuals = vectors - centres[cells] / 127
    print(f"{len(texts)} passages, {len(vectors)} tokens; cosine to the centre {(vectors * normalize(centres[cells], dim=1)).sum(1).mean():.4f}")
    code = {"code.centres": centres.to(torch.int8)}
    for bits in (1, 2):
        code[f"code.values.{bits}"] = values = levels_of(residuals, 1 << bits)
        nearest = (residuals[:, :, None] - values).abs().argmin(2)
        coded = normalize(centres[cells] / 127 + values.gather(1, nearest.T).T, dim=1)
        print(f"{bits} bits a dimension: cosine {(vectors * coded).sum(1).mean():.4f}")
    save_file({**load_file(a.head), **code}, a.out)


if __name__ == "__main__":
    main()
