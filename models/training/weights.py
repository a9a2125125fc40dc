"""Weights of this project's model files (src/model/layout.rs) as Hugging Face's BERT names them: f32, the int8 rows times their scales.

A model is trained on what the product runs, not on weights that it rounds away, and nothing but the repository is needed.
"""

import unicodedata

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

PARTS = {
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}


def load(path, prefix="bert."):
    """State dict of `BertModel` under `prefix`, with a cross-encoder's pooler and classifier where the file has them."""
    file, state = load_file(path), {}

    def rows(name):
        return file[name].float() * file[name.removesuffix(".weight") + ".scale"][:, None]

    embeddings = prefix + "embeddings."
    if "embeddings.word" in file:
        state[embeddings + "word_embeddings.weight"] = rows("embeddings.word")
    state[embeddings + "position_embeddings.weight"] = rows("embeddings.position")
    state[embeddings + "token_type_embeddings.weight"] = file["embeddings.token_type"]
    for field in ("weight", "bias"):
        state[embeddings + f"LayerNorm.{field}"] = file[f"embeddings.norm.{field}"]
    layers = sum(name.endswith("qkv.weight") for name in file)
    for layer in range(layers):
        ours, theirs = f"layers.{layer}.", f"{prefix}encoder.layer.{layer}."
        for name, weight, bias in zip(("query", "key", "value"), rows(ours + "qkv.weight").chunk(3), file[ours + "qkv.bias"].chunk(3)):
            state[f"{theirs}attention.self.{name}.weight"], state[f"{theirs}attention.self.{name}.bias"] = weight, bias
        for name, to in PARTS.items():
            weight = f"{ours}{name}.weight"
            state[f"{theirs}{to}.weight"] = file[weight] if name.endswith("norm") else rows(weight)
            state[f"{theirs}{to}.bias"] = file[f"{ours}{name}.bias"]
    if "pooler.weight" in file:
        state[prefix + "pooler.dense.weight"], state[prefix + "pooler.dense.bias"] = rows("pooler.weight"), file["pooler.bias"]
        state["classifier.weight"], state["classifier.bias"] = file["classifier.weight"][None], file["classifier.bias"]
    return {name: value.clone() for name, value in state.items()}


def vocabulary(path):
    """Tokens of a bi-encoder's file, in order of their ids."""
    return bytes(load_file(path)["tokenizer.vocab"].tolist()).decode().removesuffix("\n").split("\n")


def static_rows(path):
    """{token: f32[dim]} of a static query tower's file (src/model/static_tower.rs), 4 bits a value."""
    file, tokens, data, at = load_file(path), [], b"", 0
    data = bytes(file["tokens"].tolist())
    while at < len(data):
        end = data.index(b"\n", at + 1)
        before = tokens[-1] if tokens else b""
        tokens.append(before[: data[at]] + data[at + 1 : end])
        at = end + 1
    tiers = file["tiers"].tolist()
    order = sorted((i for i in range(len(tokens)) if tiers[i]), key=lambda i: (tiers[i], i))
    halves = torch.stack([file["rows"] & 15, file["rows"] >> 4], dim=2).flatten(1).float() - 8
    rows = (halves * file["scales"][:, None]).numpy()
    return {tokens[token].decode(): rows[slot] for slot, token in enumerate(order)}


def bi_encoder(state, device):
    """`BertModel` of a state without prefix, of all-MiniLM-L6-v2's width and as many layers and positions as it has; no pooler."""
    layers = 1 + max(int(name.split(".")[2]) for name in state if ".layer." in name)
    positions = len(state["embeddings.position_embeddings.weight"])
    config = BertConfig(hidden_size=384, num_hidden_layers=layers, num_attention_heads=12, intermediate_size=1536, max_position_embeddings=positions,
                        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, _attn_implementation="sdpa")
    model = BertModel(config, add_pooling_layer=False)
    problems = model.load_state_dict(state, strict=False)
    assert not problems.missing_keys and not problems.unexpected_keys, problems
    return model.to(device)


def keep_layers(state, layers, prefix="bert."):
    """The state of a model that has only these layers of it, in this order."""
    kept = {name: value for name, value in state.items() if f"{prefix}encoder.layer." not in name}
    for at, layer in enumerate(layers):
        old, new = (f"{prefix}encoder.layer.{n}." for n in (layer, at))
        kept.update({new + name.removeprefix(old): value for name, value in state.items() if name.startswith(old)})
    return kept


def with_positions(state, positions, prefix="bert."):
    """A cross-encoder's file holds only the positions that it reads: rows of nothing up to `positions`."""
    name = prefix + "embeddings.position_embeddings.weight"
    missing = positions - len(state[name])
    return {**state, name: torch.nn.functional.pad(state[name], (0, 0, 0, missing))}


def without_other_scripts(words, vocabulary):
    """Word embeddings with rows of nothing for tokens that no English text has: unused ones, and letters of other scripts than
    Latin and Greek. They cost next to no bytes then."""

    def is_kept(token):
        letters = [c for c in token.removeprefix("##") if c.isalpha()]
        return not token.startswith("[unused") and all(unicodedata.name(c, "").startswith(("LATIN", "GREEK", "MICRO")) for c in letters)

    kept = torch.tensor([is_kept(token) for token in vocabulary])
    return words * kept[:, None]


def on_grid(words, step):
    """Word embeddings as `siteseer model import --word-step STEP` rounds them, where the step is so large that all rows share it."""
    grid = float(step * words.double().pow(2).mean().sqrt())
    return (words / grid).round().clamp(-127, 127) * grid


def rows_on_grid(matrix, step):
    """A layer's weights as `siteseer model import --layer-step STEP` rounds them: a scale for each row, none below `step` root mean squares of the matrix."""
    scale = (matrix.abs().amax(1, keepdim=True) / 127).clamp(min=step * float(matrix.pow(2).mean().sqrt()))
    return (matrix / scale).round() * scale


class OnGrid:
    """While it is entered, the layers' weights are what the import rounds them to; without a step they stay as they are."""

    def __init__(self, model, step):
        layers = [layer for name, layer in model.named_modules() if "encoder.layer." in name and isinstance(layer, torch.nn.Linear)]
        self.weights = [layer.weight for layer in layers] if step else []
        self.step = step

    def __enter__(self):
        self.exact = [weight.data.clone() for weight in self.weights]
        for weight in self.weights:
            weight.data = rows_on_grid(weight.data, self.step)

    def __exit__(self, *_):
        for weight, exact in zip(self.weights, self.exact):
            weight.data = exact
