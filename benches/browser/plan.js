// What is compared, on what. 1T and 2T: threads that share memory; 2W: workers that don't. Siteseer has one where nothing
// is said.

/** Everything is divided by this engine's median. */
export const BASELINE = 'onnxruntime-web int8 1T';
/** What cosines and logits are compared with. */
export const EXACT = 'onnxruntime-web fp32 1T';

export const ENGINES = [
  { name: 'Siteseer relaxed', module: 'siteseer', options: { level: 'relaxed' } },
  { name: 'Siteseer relaxed 2W', module: 'siteseer-workers', options: { level: 'relaxed' } },
  { name: 'Siteseer simd128', module: 'siteseer', options: { level: 'simd' } },
  { name: BASELINE, module: 'onnxruntime', options: { dtype: 'int8', threads: 1 } },
  { name: 'onnxruntime-web int8 2T', module: 'onnxruntime', options: { dtype: 'int8', threads: 2 } },
  { name: EXACT, module: 'onnxruntime', options: { dtype: 'fp32', threads: 1 } },
  { name: 'onnxruntime-web fp32 2T', module: 'onnxruntime', options: { dtype: 'fp32', threads: 2 } },
  { name: 'candle fp32', module: 'candle', options: {} },
  { name: 'transformers.js q8 1T', module: 'transformers', options: { dtype: 'q8', threads: 1 } },
];

/** The first query of a visit: right after loading. */
export const FIRST = { name: 'first 1×16', kind: 'sequences', count: 1, length: 16, warm: 0, calls: 1 };

/**
 * In this order in tabs that are all open. The engines take turns, each `calls` calls a turn, so that whatever else the
 * machine does hits all of them; `warm` calls before the first turn are not timed: a wasm runtime needs some 80 until the
 * browser has compiled it fully. After another engine's turn the weights are out of the caches, so turns of queries are long.
 */
export const WORKLOADS = [
  { name: 'query 1×16', kind: 'sequences', count: 1, length: 16, warm: 80, turns: 5, calls: 40 },
  { name: 'query 1×8', kind: 'sequences', count: 1, length: 8, warm: 5, turns: 5, calls: 20 },
  { name: 'query 1×32', kind: 'sequences', count: 1, length: 32, warm: 5, turns: 5, calls: 20 },
  { name: 'embed 8×128', kind: 'sequences', count: 8, length: 128, warm: 1, turns: 3, calls: 1 },
  { name: 'embed 16×256', kind: 'sequences', count: 16, length: 256, warm: 0, turns: 1, calls: 1 },
  { name: 'rerank 20×128', kind: 'pairs', count: 20, length: 128, warm: 0, turns: 2, calls: 1 },
  { name: 'rerank 50×128', kind: 'pairs', count: 50, length: 128, warm: 0, turns: 1, calls: 1 },
];
