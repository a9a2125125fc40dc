// One headless Chromium; in each round a fresh tab for each engine, and the engines in turn. `./build.sh bench` calls it:
//
//   node benches/browser/run.js --engine DIR --onnx DIR --candle DIR --onnxruntime DIR --transformers DIR
//                               --transformers-onnxruntime DIR --out FILE [--rounds N] [--only TEXT,TEXT]
//                               [--without-avx-vnni]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from '../../www/tests/browser.js';
import { documentationTokens, pairs, sequences } from './inputs.js';
import { WITHOUT_AVX_VNNI, peakBytes, processOfNewTab, processor } from './machine.js';
import { ENGINES, EXACT, FIRST, WORKLOADS } from './plan.js';
import { largestDifference, leastCosine, median, report } from './report.js';
import { serve } from './server.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = { type: /** @type {const} */ ('string') };
const { values: options } = parseArgs({
  options: {
    engine: text, onnx: text, candle: text, onnxruntime: text, transformers: text, 'transformers-onnxruntime': text, out: text,
    rounds: { ...text, default: '3' }, only: { ...text, default: '' }, 'without-avx-vnni': { type: 'boolean', default: false },
  },
});

/** The engine here in Node, for its tokenizer. */
async function openTokenizer() {
  const { initSync, TokenEngine } = await import(pathToFileURL(join(options.engine, 'engine-simd.js')).href);
  initSync({ module: readFileSync(join(options.engine, 'engine-simd.wasm')) });
  return new TokenEngine(readFileSync(join(ROOT, 'models/all-MiniLM-L6-v2.safetensors')));
}

async function makeInputs() {
  const tokenizer = await openTokenizer();
  const tokens = await documentationTokens(ROOT, tokenizer);
  tokenizer.free();
  const make = { sequences, pairs };
  return new Map([FIRST, ...WORKLOADS].map(({ name, kind, count, length }) => [name, make[kind](tokens, count, length)]));
}

/** Opens a tab, loads an engine into it and asks the first query. */
async function openTab(browser, server, { name, module, options: engineOptions }, inputs, record, known) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`  ${name}: ${error.message}`));
  await page.goto(`${server.origin}/bench/page.html`);
  const ask = (message) => page.evaluate((message) => window.ask(message), message);
  server.takeBytes();
  const loaded = await ask({ load: module, options: engineOptions });
  if (!loaded.isolated) throw new Error('the page is not cross-origin isolated: threads would not run');
  record.loadMs.push(loaded.ms);
  record.backend = loaded.backend;
  record.bytes = server.takeBytes();
  const tab = { page, ask, record, id: await processOfNewTab(browser, known) };
  known.add(tab.id);
  await take(tab, FIRST, inputs, 0);
  return tab;
}

/** One turn of one engine. */
async function take({ ask, record }, { name, warm, calls }, inputs, turn) {
  const { ms, out } = await ask({ run: inputs.get(name), warm: turn ? 0 : warm, calls });
  (record.ms[name] ??= []).push(...ms);
  record.out[name] = out;
}

/** All workloads, each by all tabs in turn; another tab begins in each turn. */
async function runWorkloads(tabs, inputs) {
  for (const workload of WORKLOADS) {
    for (let turn = 0; turn < workload.turns; turn++) {
      for (let i = 0; i < tabs.length; i++) await take(tabs[(i + turn) % tabs.length], workload, inputs, turn);
    }
    console.error(`  ${workload.name}: ${tabs.map(({ record }) => median(record.ms[workload.name]).toFixed(1)).join('  ')} ms`);
  }
}

/** What one round measured, by engine. */
async function runRound(browser, server, engines, inputs) {
  const records = Object.fromEntries(engines.map(({ name }) => [name, { loadMs: [], ms: {}, out: {} }]));
  const known = new Set();
  const tabs = [];
  for (const engine of engines) tabs.push(await openTab(browser, server, engine, inputs, records[engine.name], known));
  await runWorkloads(tabs, inputs);
  for (const { page, record, id } of tabs) {
    record.peakBytes = peakBytes(id);
    await page.close();
  }
  compareOutputs(records);
  return records;
}

/** Distances to the exact engine, then the outputs themselves go: they are large. They are the same in every round. */
function compareOutputs(records) {
  const exact = records[EXACT]?.out;
  for (const record of Object.values(records)) {
    record.cosine = {};
    record.logitError = {};
    for (const { name, kind, count } of exact ? [FIRST, ...WORKLOADS] : []) {
      const [own, reference] = [record.out[name], exact[name]];
      if (kind === 'pairs') record.logitError[name] = largestDifference(own, reference);
      else record.cosine[name] = leastCosine(own, reference, reference.length / count);
    }
  }
  for (const record of Object.values(records)) delete record.out;
}

/** Adds the samples of a round to those before. */
function addRound(total, round) {
  for (const [name, record] of Object.entries(round)) {
    const before = total[name];
    if (before) {
      record.loadMs.unshift(...before.loadMs);
      for (const [workload, ms] of Object.entries(before.ms)) record.ms[workload].unshift(...ms);
      record.peakBytes = record.peakBytes && Math.max(record.peakBytes, before.peakBytes);
    }
    total[name] = record;
  }
}

const only = options.only.split(',').filter(Boolean);
const engines = ENGINES.filter(({ name }) => !only.length || only.some((part) => name.includes(part)));
if (!engines.length) throw new Error(`no engine matches '${options.only}'; engines: ${ENGINES.map(({ name }) => name).join('; ')}`);

const server = await serve({
  bench: HERE,
  engine: options.engine,
  'siteseer-models': join(ROOT, 'models'),
  onnx: options.onnx,
  candle: options.candle,
  onnxruntime: options.onnxruntime,
  transformers: options.transformers,
  'transformers-onnxruntime': options['transformers-onnxruntime'],
});
const browser = await launch(...(options['without-avx-vnni'] ? [WITHOUT_AVX_VNNI] : []));
const result = {
  date: new Date().toISOString(), browser: browser.version(), processor: processor(), withoutAvxVnni: options['without-avx-vnni'], rounds: 0,
  workloads: [FIRST, ...WORKLOADS].map(({ name }) => name), engines: {},
};
try {
  const inputs = await makeInputs();
  console.error(`  ${engines.map(({ name }) => name).join(', ')}`);
  while (result.rounds < Number(options.rounds)) {
    console.error(`  round ${result.rounds + 1}`);
    addRound(result.engines, await runRound(browser, server, engines, inputs));
    result.rounds += 1;
    writeFileSync(options.out, JSON.stringify(result, null, 1)); // a run that is cut short keeps its whole rounds
  }
  console.log(report(result));
} finally {
  await browser.close();
  server.close();
}
