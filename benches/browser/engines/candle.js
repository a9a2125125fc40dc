// candle-transformers' BERT (benches/candle), the same weights as f32 safetensors.

import { bytes } from '../fetch.js';

export async function load() {
  const { default: init, TokenEngine } = await import('/candle/candle.js');
  await init({ module_or_path: '/candle/candle_bg.wasm' });
  const config = await (await fetch('/onnx/bi/config.json')).text();
  const engine = new TokenEngine(await bytes('/onnx/bi.safetensors'), await bytes('/onnx/cross.safetensors'), config);
  return {
    backend: 'simd128 fp32',
    embed: async (ids, length) => engine.embed(ids, length),
    score: async (ids, types, length) => engine.score(ids, types, length),
  };
}
