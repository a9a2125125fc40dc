"""The same weights for the other runtimes: ONNX models of the bi-encoder and the cross-encoder, f32 and int8.

    python make_onnx.py REFERENCE_FOLDER MODELS_FOLDER OUT_FOLDER

The bi-encoder comes from the f32 checkpoint, the cross-encoder from Siteseer's files (weights int8 times scale, the word embeddings
those of its bi-encoder); it is written as f32 safetensors, too, for candle. The graph is the one that a PyTorch export gives, and int8 is
what transformers.js ships as `model_quantized`: dynamic, per channel, 7-bit weights (reduce_range), which do not overflow where a processor lacks VNNI.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors import safe_open
from safetensors.numpy import save_file

OPSET = 17
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# Siteseer's names of a layer's parts, and the checkpoint's.
PARTS = {
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}


def read(path):
    with safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def cross_weights(models, num_layers):
    """Siteseer's cross-encoder as f32 tensors with the checkpoint's names."""
    file = read(models / "siteseer-cross-encoder.safetensors")
    bi = read(models / "all-MiniLM-L6-v2.safetensors")

    def table(tensors, name):
        return tensors[name].astype(np.float32) * tensors[f"{name}.scale"][:, None]

    def dense(name):
        return file[f"{name}.weight"].astype(np.float32) * file[f"{name}.scale"][:, None], file[f"{name}.bias"]

    weights = {
        "embeddings.word_embeddings.weight": table(bi, "embeddings.word"),
        "embeddings.position_embeddings.weight": table(file, "embeddings.position"),
        "embeddings.token_type_embeddings.weight": file["embeddings.token_type"],
        "embeddings.LayerNorm.weight": file["embeddings.norm.weight"],
        "embeddings.LayerNorm.bias": file["embeddings.norm.bias"],
        "classifier.weight": file["classifier.weight"][None, :],
        "classifier.bias": file["classifier.bias"],
    }
    weights["pooler.dense.weight"], weights["pooler.dense.bias"] = dense("pooler")
    for layer in range(num_layers):
        ours, theirs = f"layers.{layer}.", f"encoder.layer.{layer}."
        rows, bias = dense(ours + "qkv")
        for name, w, b in zip(("query", "key", "value"), np.split(rows, 3), np.split(bias, 3)):
            weights[f"{theirs}attention.self.{name}.weight"], weights[f"{theirs}attention.self.{name}.bias"] = w, b
        for part, name in PARTS.items():
            if part.endswith("norm"):
                pair = file[f"{ours}{part}.weight"], file[f"{ours}{part}.bias"]
            else:
                pair = dense(ours + part)
            weights[f"{theirs}{name}.weight"], weights[f"{theirs}{name}.bias"] = pair
    return weights


class Graph:
    """Nodes and constants of a graph that grows; every method gives the name of a value."""

    def __init__(self, weights, config):
        self.weights, self.config = weights, config
        self.nodes, self.constants, self.count = [], {}, 0

    def op(self, kind, *inputs, **attributes):
        self.count += 1
        out = f"{kind}_{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=out, **attributes))
        return out

    def constant(self, value, name=None, dtype=np.float32):
        name = name or f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(value, dtype=dtype)
        self.constants[name] = numpy_helper.from_array(array.reshape(np.shape(value)), name)
        return name

    def ints(self, *values):
        return self.constant(list(values), dtype=np.int64)

    def weight(self, name):
        return self.constant(self.weights[name], name)

    def linear(self, x, name):
        """x · Wᵀ + b"""
        product = self.op("MatMul", x, self.constant(self.weights[f"{name}.weight"].T, f"{name}.transposed"))
        return self.op("Add", product, self.weight(f"{name}.bias"))

    def norm(self, x, name):
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=self.config["layer_norm_eps"])

    def embeddings(self):
        table = "embeddings.{}_embeddings.weight"
        length = self.op("Slice", self.op("Shape", INPUTS[0]), self.ints(1), self.ints(2))
        positions = self.op("Slice", self.weight(table.format("position")), self.ints(0), length, self.ints(0))
        words = self.op("Gather", self.weight(table.format("word")), INPUTS[0])
        types = self.op("Gather", self.weight(table.format("token_type")), INPUTS[2])
        return self.norm(self.op("Add", self.op("Add", words, types), positions), "embeddings.LayerNorm")

    def mask(self):
        """0 where a token counts, the least f32 where it is padding: [batch, 1, 1, seq]."""
        mask = self.op("Cast", self.op("Unsqueeze", INPUTS[1], self.ints(1, 2)), to=TensorProto.FLOAT)
        return self.op("Mul", self.op("Sub", self.constant(1.0), mask), self.constant(np.finfo(np.float32).min))

    def attention(self, x, mask, name):
        hidden, heads = self.config["hidden_size"], self.config["num_attention_heads"]

        def split(part, order):
            shape = self.ints(0, 0, heads, hidden // heads)
            return self.op("Transpose", self.op("Reshape", self.linear(x, f"{name}.{part}"), shape), perm=order)

        query, key, value = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
        scores = self.op("Div", self.op("MatMul", query, key), self.constant(np.sqrt(hidden // heads)))
        scores = self.op("Softmax", self.op("Add", scores, mask), axis=-1)
        context = self.op("Transpose", self.op("MatMul", scores, value), perm=[0, 2, 1, 3])
        return self.op("Reshape", context, self.ints(0, 0, hidden))

    def gelu(self, x):
        erf = self.op("Erf", self.op("Div", x, self.constant(np.sqrt(2))))
        product = self.op("Mul", x, self.op("Add", erf, self.constant(1.0)))
        return self.op("Mul", product, self.constant(0.5))

    def encoder(self):
        x, mask = self.embeddings(), self.mask()
        for layer in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}."
            y = self.linear(self.attention(x, mask, name + "attention.self"), name + "attention.output.dense")
            x = self.norm(self.op("Add", y, x), name + "attention.output.LayerNorm")
            y = self.linear(self.gelu(self.linear(x, name + "intermediate.dense")), name + "output.dense")
            x = self.norm(self.op("Add", y, x), name + "output.LayerNorm")
        return x

    def model(self, out, name, shape):
        self.nodes.append(helper.make_node("Identity", [out], [name]))
        inputs = [helper.make_tensor_value_info(i, TensorProto.INT64, ["batch", "seq"]) for i in INPUTS]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self.nodes, "minilm", inputs, outputs, list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def bi_encoder(weights, config):
    graph = Graph(weights, config)
    return graph.model(graph.encoder(), "last_hidden_state", ["batch", "seq", config["hidden_size"]])


def cross_encoder(weights, config):
    graph = Graph(weights, config)
    first = graph.op("Gather", graph.encoder(), graph.constant(0, dtype=np.int64), axis=1)
    pooled = graph.op("Tanh", graph.linear(first, "pooler.dense"))
    return graph.model(graph.linear(pooled, "classifier"), "logits", ["batch", 1])


def main():
    reference_folder, models, out = map(Path, sys.argv[1:4])
    config = json.loads((reference_folder / "config.json").read_text())
    reference = read(reference_folder / "model.safetensors")
    cross = cross_weights(models, config["num_hidden_layers"])
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in cross.items()}, out / "cross.safetensors")
    for name, model in (("bi", bi_encoder(reference, config)), ("cross", cross_encoder(cross, config))):
        exact = out / f"{name}-fp32.onnx"
        onnx.save(model, exact)
        quantize_dynamic(exact, out / f"{name}-int8.onnx", weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
                         extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True})
    for file in sorted(out.glob("*.onnx")):
        print(file.name, file.stat().st_size)


main()
