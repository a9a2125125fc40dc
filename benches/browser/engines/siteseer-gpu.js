// Siteseer on WebGPU: the wasm file that visitors get, which takes texts. They are cut so that they make the others' token ids.

import { bytes } from '../fetch.js';
import { watch } from '../gpu-witness.js';

export async function load({ products }) {
  watch();
  const model = bytes('/siteseer-models/all-MiniLM-L6-v2.safetensors');
  const reranker = bytes('/siteseer-models/siteseer-cross-encoder.safetensors');
  const { default: init, GpuEncoder } = await import('/dist/encoder-gpu.js');
  await init({ module_or_path: '/dist/encoder-gpu.wasm' });
  const encoder = await GpuEncoder.open(true, await model, 'model', products);
  if (encoder.products() !== products) throw new Error(`products are ${encoder.products()}, not ${products}`);
  encoder.load_reranker(await reranker, 'reranker');
  return {
    backend: `encoder-gpu.wasm, ${encoder.products()}`,
    score: async (ids, types, length, { query, texts }) => encoder.score(query, texts),
  };
}
