// One headless Chromium; in each round a fresh tab for each engine, and the engines in turn. `./build.sh bench` calls it:
//
//   node benches/browser/run.js --engine DIR --onnx DIR --onnxruntime DIR --transformers DIR
//                               --transformers-onnxruntime DIR --out FILE [--rounds N] [--only TEXT,TEXT]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from '../../www/tests/browser.js';
import { documentationTokens, pairs, sequences } from './inputs.js';
import { peakBytes, processOfNewTab, processor } from './machine.js';
import { ENGINES, EXACT, WORKLOADS } from './plan.js';
import { largestDifference, leastCosine, median, tables } from './report.js';
import { serve } from './server.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = { type: /** @type {const} */ ('string') };
const { values: options } = parseArgs({
  options: {
    engine: text, onnx: text, onnxruntime: text, transformers: text, 'transformers-onnxruntime': text, out: text,
    rounds: { ...text, default: '3' }, only: { ...text, default: '' },
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
  return new Map(WORKLOADS.map(({ name, kind, count, length }) => [name, make[kind](tokens, count, length)]));
}

/** Opens a tab and loads an engine into it. `record` keeps what adds up over the rounds. */
async function openTab(browser, server, { name, module, options: engineOptions }, record, known) {
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
  const id = await processOfNewTab(browser, known);
  known.add(id);
  return { page, ask, record, id };
}

/** All workloads, each by all tabs in turn; another tab begins in each turn. */
async function runWorkloads(tabs, inputs) {
  for (const { name, warm, turns, calls } of WORKLOADS) {
    for (let turn = 0; turn < turns; turn++) {
      for (let i = 0; i < tabs.length; i++) {
        const { ask, record } = tabs[(i + turn) % tabs.length];
        const { ms, out } = await ask({ run: inputs.get(name), warm: turn ? 0 : warm, calls });
        (record.ms[name] ??= []).push(...ms);
        record.out[name] = out;
      }
    }
    const medians = tabs.map(({ record }) => median(record.ms[name]).toFixed(1));
    console.error(`  ${name}: ${medians.join('  ')} ms`);
  }
}

async function runRound(browser, server, engines, inputs, records) {
  const known = new Set();
  const tabs = [];
  for (const engine of engines) tabs.push(await openTab(browser, server, engine, records[engine.name], known));
  await runWorkloads(tabs, inputs);
  for (const { page, record, id } of tabs) {
    record.peakBytes = Math.max(record.peakBytes ?? 0, peakBytes(id)) || null;
    await page.close();
  }
}

/** Distances to the exact engine, then the outputs themselves go: they are large. */
function compareOutputs(records) {
  const exact = records[EXACT]?.out;
  for (const record of Object.values(records)) {
    for (const { name, kind, count } of exact ? WORKLOADS : []) {
      const [own, reference] = [record.out[name], exact[name]];
      if (kind === 'pairs') record.logitError[name] = largestDifference(own, reference);
      else record.cosine[name] = leastCosine(own, reference, reference.length / count);
    }
    delete record.out;
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
  onnxruntime: options.onnxruntime,
  transformers: options.transformers,
  'transformers-onnxruntime': options['transformers-onnxruntime'],
});
const browser = await launch();
const records = Object.fromEntries(engines.map(({ name }) => [name, { loadMs: [], ms: {}, cosine: {}, logitError: {}, out: {} }]));
try {
  const inputs = await makeInputs();
  for (let round = 0; round < Number(options.rounds); round++) {
    console.error(`  round ${round + 1}: ${engines.map(({ name }) => name).join(', ')}`);
    await runRound(browser, server, engines, inputs, records);
  }
  compareOutputs(records);
  const result = {
    date: new Date().toISOString(), browser: browser.version(), processor: processor(), rounds: Number(options.rounds),
    workloads: WORKLOADS.map(({ name }) => name), engines: records,
  };
  writeFileSync(options.out, JSON.stringify(result, null, 1));
  const { model, cores, avx2, avxVnni } = result.processor;
  console.log(`${model}, ${cores} cores, AVX2: ${avx2}, AVX-VNNI: ${avxVnni}; Chromium ${result.browser}; ${result.rounds} rounds\n`);
  console.log(tables(result));
} finally {
  await browser.close();
  server.close();
}
