// What is compared, on what.

/** Everything is divided by this engine's median. */
export const BASELINE = 'onnxruntime-web int8, 1 thread';
/** What cosines and logits are compared with. */
export const EXACT = 'onnxruntime-web fp32, 1 thread';

export const ENGINES = [
  { name: 'Siteseer, relaxed SIMD', module: 'siteseer', options: { level: 'relaxed' } },
  { name: 'Siteseer, simd128', module: 'siteseer', options: { level: 'simd' } },
  { name: BASELINE, module: 'onnxruntime', options: { dtype: 'int8', threads: 1 } },
  { name: 'onnxruntime-web int8, 2 threads', module: 'onnxruntime', options: { dtype: 'int8', threads: 2 } },
  { name: EXACT, module: 'onnxruntime', options: { dtype: 'fp32', threads: 1 } },
  { name: 'onnxruntime-web fp32, 2 threads', module: 'onnxruntime', options: { dtype: 'fp32', threads: 2 } },
  { name: 'transformers.js q8, 1 thread', module: 'transformers', options: { dtype: 'q8', threads: 1 } },
];

/**
 * In this order in a fresh tab. The first is the first query of a visit; before the others a wasm runtime gets the 80
 * calls that it needs until the browser has compiled it fully.
 */
export const WORKLOADS = [
  { name: 'first query 1×16', kind: 'sequences', count: 1, length: 16, warm: 0, calls: 1 },
  { name: 'query 1×16', kind: 'sequences', count: 1, length: 16, warm: 80, calls: 20 },
  { name: 'query 1×8', kind: 'sequences', count: 1, length: 8, warm: 5, calls: 20 },
  { name: 'query 1×32', kind: 'sequences', count: 1, length: 32, warm: 5, calls: 20 },
  { name: 'passages 8×128', kind: 'sequences', count: 8, length: 128, warm: 1, calls: 3 },
  { name: 'passages 16×256', kind: 'sequences', count: 16, length: 256, warm: 0, calls: 1 },
  { name: 'rerank 20×128', kind: 'pairs', count: 20, length: 128, warm: 1, calls: 2 },
  { name: 'rerank 50×128', kind: 'pairs', count: 50, length: 128, warm: 0, calls: 1 },
];
