// Runs one engine and times it. Messages: { load: module, options } and { run: workload, warm, calls }.

import { adapters, dispatches } from './gpu-witness.js';

/**
 * What a module in engines/ gives after loading. Sequences are of one length; ids and types are [count · length].
 * @typedef {object} Engine
 * @property {string} backend what computes, in its own words
 * @property {(ids: Uint32Array, length: number) => Promise<Float32Array>} embed [count, dim], L2-normalised
 * @property {(ids: Uint32Array, types: Uint32Array, length: number, texts: { query: string, texts: string[] }) => Promise<Float32Array>} [score] logits [count]
 */

/** @type {Engine} */
let engine;

async function load(module, options) {
  const start = performance.now();
  const { load } = await import(`./engines/${module}.js`);
  engine = await load(options);
  return { ms: performance.now() - start, backend: engine.backend, isolated: self.crossOriginIsolated, adapters };
}

async function run({ ids, types, length, query, texts }, warm, calls) {
  const tokens = Uint32Array.from(ids);
  const tokenTypes = types && Uint32Array.from(types);
  const call = () => (tokenTypes ? engine.score(tokens, tokenTypes, length, { query, texts }) : engine.embed(tokens, length));
  for (let i = 0; i < warm; i++) await call();
  const ms = [];
  const before = dispatches;
  let out;
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    out = await call();
    ms.push(performance.now() - start);
  }
  return { ms, out: Array.from(out), dispatches: dispatches - before };
}

onmessage = async ({ data }) => {
  try {
    postMessage(await (data.load ? load(data.load, data.options) : run(data.run, data.warm, data.calls)));
  } catch (error) {
    postMessage({ error: String(error?.stack ?? error) });
  }
};
