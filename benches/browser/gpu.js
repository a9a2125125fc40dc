// Siteseer's encoder on WebGPU against onnxruntime-web's WebGPU provider, in one headless Chromium whose adapter is a processor that plays
// a GPU. `./build.sh bench gpu-browser` calls it:
//
//   node benches/browser/gpu.js --engine DIR --dist DIR --onnx DIR --onnxruntime DIR --out FILE [--rounds N] [--turns N] [--pairs N]
//                               [--only TEXT,TEXT]
//
// In each round every engine gets a fresh tab, one after the other: from the beginning of the page's load to the first pair's score. Then
// all score the same pairs in turn. Fails if one of them did not compute on that adapter, or if their logits differ.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from '../../www/tests/browser.js';
import { textPairs } from './inputs.js';
import { processor } from './machine.js';
import { largestDifference, median, table } from './report.js';
import { serve } from './server.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const QUERY = 'how do I run the reranker on a graphics card';
const LENGTH = 128;
const ADAPTER = 'swiftshader';
const OURS = 'Siteseer';
const EXACT = 'onnxruntime-web fp32';
/**
 * How far a logit may be from that of the same weights in f32. Ours and theirs both compute in f32 and differ in the order of sums, some
 * 1e-5; their int8 rounds the weights once more, to seven bits, and activations to eight: it is off by one logit or so, and here for its time.
 */
const LOGITS = { fp32: 0.001, int8: 2 };

const ENGINES = [
  { name: OURS, module: 'siteseer-gpu', options: { products: 'float' }, allowed: LOGITS.fp32 },
  { name: 'packed 8-bit dot', module: 'siteseer-gpu', options: { products: 'packed' }, allowed: LOGITS.int8 },
  { name: EXACT, module: 'onnxruntime-webgpu', options: { dtype: 'fp32', bundle: 'ort.webgpu.min.mjs' }, allowed: LOGITS.fp32 },
  { name: 'onnxruntime-web JSPI, fp32', module: 'onnxruntime-webgpu', options: { dtype: 'fp32', bundle: 'ort.jspi.min.mjs' }, allowed: LOGITS.fp32 },
  { name: 'onnxruntime-web JSEP, fp32', module: 'onnxruntime-webgpu', options: { dtype: 'fp32', bundle: 'ort.all.min.mjs' }, allowed: LOGITS.fp32 },
  { name: 'onnxruntime-web int8', module: 'onnxruntime-webgpu', options: { dtype: 'int8', bundle: 'ort.webgpu.min.mjs' }, allowed: LOGITS.int8 },
];

const text = { type: /** @type {const} */ ('string') };
const { values: options } = parseArgs({
  options: {
    engine: text, dist: text, onnx: text, onnxruntime: text, out: text,
    rounds: { ...text, default: '2' }, turns: { ...text, default: '1' }, pairs: { ...text, default: '20' }, only: { ...text, default: '' },
  },
});

/** The first pair, and all of them. */
async function makeInputs(pairs) {
  const { initSync, TokenEngine } = await import(pathToFileURL(join(options.engine, 'engine-simd.js')).href);
  initSync({ module: readFileSync(join(options.engine, 'engine-simd.wasm')) });
  const tokenizer = new TokenEngine(readFileSync(join(ROOT, 'models/all-MiniLM-L6-v2.safetensors')));
  const tokenize = (words) => Array.from(tokenizer.tokenize(words)).slice(1, -1);
  const inputs = [1, pairs].map((count) => textPairs(ROOT, tokenize, QUERY, count, LENGTH));
  tokenizer.free();
  return inputs;
}

async function openTab(browser, server, engine, first, record) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`  ${engine.name}: ${error.message}`));
  server.takeBytes();
  await page.goto(`${server.origin}/bench/page.html`);
  const ask = (message) => page.evaluate((message) => window.ask(message), message);
  const loaded = await ask({ load: engine.module, options: engine.options });
  const scored = await ask({ run: first, warm: 0, calls: 1 });
  record.firstMs.push(scored.at);
  record.bytes = server.takeBytes();
  record.backend = loaded.backend;
  record.adapters = loaded.adapters;
  console.error(`  ${engine.name}: first score after ${(scored.at / 1000).toFixed(2)} s (loaded after ${(loaded.at / 1000).toFixed(2)})`);
  return { page, ask, engine, record };
}

/** All pairs once, by one engine. */
async function take({ ask, engine, record }, inputs) {
  const { ms, out, dispatches } = await ask({ run: inputs, warm: 0, calls: 1 });
  record.ms.push(...ms);
  record.out = out;
  record.dispatches = dispatches;
  console.error(`  ${engine.name}: ${out.length} pairs in ${(ms[0] / 1000).toFixed(2)} s, ${dispatches} dispatches`);
}

async function runRound(browser, server, engines, [first, all], records) {
  const tabs = [];
  for (const engine of engines) tabs.push(await openTab(browser, server, engine, first, records[engine.name]));
  for (let turn = 0; turn < Number(options.turns); turn++) {
    for (const tab of tabs) await take(tab, all);
  }
  for (const { page } of tabs) await page.close();
}

/** What is wrong with an engine's part, in words. */
function complaints({ name, allowed }, { adapters, dispatches, out }, exact) {
  const wrong = [];
  if (adapters.length !== 1 || adapters[0].architecture !== ADAPTER) wrong.push(`adapters ${JSON.stringify(adapters)}, not one ${ADAPTER}`);
  if (!dispatches) wrong.push('nothing was dispatched to the adapter');
  const difference = largestDifference(out, exact);
  if (!(difference <= allowed)) wrong.push(`logits differ from those of ${EXACT} by ${difference}, more than ${allowed}`);
  return wrong.map((what) => `${name}: ${what}`);
}

function report(engines, records) {
  const cell = (values) => `${(median(values) / 1000).toFixed(2)} [${(Math.min(...values) / 1000).toFixed(2)}]`;
  const own = records[OURS];
  const times = (pick, record) => (own ? (median(pick(record)) / median(pick(own))).toFixed(2) : '–');
  const exact = records[EXACT]?.out;
  const rows = engines.map(({ name }) => {
    const record = records[name];
    const { code, model } = record.bytes;
    return [
      name, cell(record.ms), times(({ ms }) => ms, record), cell(record.firstMs), times(({ firstMs }) => firstMs, record),
      (code / 1e6).toFixed(2), (model / 1e6).toFixed(0), exact ? largestDifference(record.out, exact).toPrecision(1) : '–', String(record.dispatches), record.backend,
    ];
  });
  const head = ['', `${options.pairs}×${LENGTH}, s`, 'times ours', 'first score, s', 'times ours', 'code MB gzip', 'models MB', 'logits off by', 'dispatches', 'backend'];
  return table(head, rows);
}

const only = options.only.split(',').filter(Boolean);
const engines = ENGINES.filter(({ name }) => !only.length || only.some((part) => name.includes(part)));
const records = Object.fromEntries(engines.map(({ name }) => [name, { firstMs: [], ms: [] }]));
const server = await serve({
  bench: HERE, dist: options.dist, 'siteseer-models': join(ROOT, 'models'), onnx: options.onnx, onnxruntime: options.onnxruntime,
});
const browser = await launch('--enable-unsafe-webgpu');
try {
  const inputs = await makeInputs(Number(options.pairs));
  for (let round = 0; round < Number(options.rounds); round++) {
    console.error(`  round ${round + 1}`);
    const from = round % engines.length; // another one begins in each round
    await runRound(browser, server, [...engines.slice(from), ...engines.slice(0, from)], inputs, records);
    writeFileSync(options.out, JSON.stringify({ date: new Date().toISOString(), processor: processor(), options, records }, null, 1));
  }
  const { model, cores } = processor();
  console.log(`${model}, ${cores} cores; Chromium ${browser.version()}, adapter ${ADAPTER}; median [least] of ${options.rounds} rounds\n`);
  console.log(report(engines, records));
  const wrong = records[EXACT] ? engines.flatMap((engine) => complaints(engine, records[engine.name], records[EXACT].out)) : [];
  for (const line of wrong) console.error(line);
  if (wrong.length) process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
}
