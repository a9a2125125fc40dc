// onnxruntime-web's wasm provider, the same weights as ONNX.

import { bytes } from '../fetch.js';
import { meanPool } from '../pool.js';

export async function load({ dtype, threads }) {
  const ort = await import('/onnxruntime/ort.wasm.min.mjs');
  ort.env.wasm.wasmPaths = new URL('/onnxruntime/', location.href).href;
  ort.env.wasm.numThreads = threads;
  const open = async (name) =>
    ort.InferenceSession.create(await bytes(`/onnx/${name}-${dtype}.onnx`), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
  const bi = await open('bi');
  const cross = await open('cross');

  const feeds = (ids, types, length) => {
    const tensor = (values) => new ort.Tensor('int64', values, [ids.length / length, length]);
    return {
      input_ids: tensor(BigInt64Array.from(ids, BigInt)),
      attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
      token_type_ids: tensor(types ? BigInt64Array.from(types, BigInt) : new BigInt64Array(ids.length)),
    };
  };
  return {
    backend: `wasm ${dtype}`,
    async embed(ids, length) {
      const { last_hidden_state: hidden } = await bi.run(feeds(ids, undefined, length));
      return meanPool(hidden.data, ids.length / length, length);
    },
    score: async (ids, types, length) => (await cross.run(feeds(ids, types, length))).logits.data,
  };
}
