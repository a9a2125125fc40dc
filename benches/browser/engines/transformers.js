// transformers.js, the same ONNX files in the folders that it looks into. Its tokenizer is left out: ids go in.

import { meanPool } from '../pool.js';

export async function load({ dtype, threads }) {
  const { AutoModel, AutoModelForSequenceClassification, Tensor, env } = await import('/transformers/transformers.min.js');
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/onnx/';
  env.useBrowserCache = false;
  env.useWasmCache = false;
  env.backends.onnx.wasm.wasmPaths = new URL('/transformers-onnxruntime/', location.href).href;
  env.backends.onnx.wasm.numThreads = threads;
  const bi = await AutoModel.from_pretrained('bi', { device: 'wasm', dtype });
  const cross = await AutoModelForSequenceClassification.from_pretrained('cross', { device: 'wasm', dtype });

  const inputs = (ids, types, length) => {
    const tensor = (values) => new Tensor('int64', values, [ids.length / length, length]);
    return {
      input_ids: tensor(BigInt64Array.from(ids, BigInt)),
      attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
      token_type_ids: tensor(types ? BigInt64Array.from(types, BigInt) : new BigInt64Array(ids.length)),
    };
  };
  return {
    backend: `wasm ${dtype}`,
    async embed(ids, length) {
      const { last_hidden_state: hidden } = await bi(inputs(ids, undefined, length));
      return meanPool(hidden.data, ids.length / length, length);
    },
    score: async (ids, types, length) => (await cross(inputs(ids, types, length))).logits.data,
  };
}
