// Siteseer: the engine of one SIMD level, with the models of the repository.

import { bytes } from '../fetch.js';

export async function load({ level }) {
  const { default: init, TokenEngine } = await import(`/engine/engine-${level}.js`);
  await init({ module_or_path: `/engine/engine-${level}.wasm` });
  const engine = new TokenEngine(await bytes('/siteseer-models/all-MiniLM-L6-v2.safetensors'));
  engine.load_reranker(await bytes('/siteseer-models/siteseer-cross-encoder.safetensors'));
  return {
    backend: engine.backend(),
    embed: async (ids, length) => engine.embed(ids, length),
    score: async (ids, types, length) => engine.score(ids, types, length),
  };
}
