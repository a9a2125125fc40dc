// One headless Chromium, a fresh tab for each engine in each round, in turn. `./build.sh bench` calls it:
//
//   node benches/browser/run.js --engine DIR --onnx DIR --onnxruntime DIR --transformers DIR
//                               --transformers-onnxruntime DIR --out FILE [--rounds N] [--only TEXT,TEXT]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch } from '../../www/tests/browser.js';
import { documentationTokens, pairs, sequences } from './inputs.js';
import { processor, tabPeakBytes } from './machine.js';
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

/** A tab with one engine through all workloads. `record` keeps what it adds up over the rounds. */
async function visit(browser, server, { module, options: engineOptions }, inputs, record) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`  page: ${error.message}`));
  try {
    await page.goto(`${server.origin}/bench/page.html`);
    const ask = (message) => page.evaluate((message) => window.ask(message), message);
    server.takeBytes();
    const loaded = await ask({ load: module, options: engineOptions });
    if (!loaded.isolated) throw new Error('the page is not cross-origin isolated: threads would not run');
    record.loadMs.push(loaded.ms);
    record.backend = loaded.backend;
    record.bytes = server.takeBytes();
    for (const { name, warm, calls } of WORKLOADS) {
      const { ms, out } = await ask({ run: inputs.get(name), warm, calls });
      (record.ms[name] ??= []).push(...ms);
      record.out[name] = out;
    }
    record.peakBytes = Math.max(record.peakBytes ?? 0, await tabPeakBytes(browser)) || null;
  } finally {
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
    // another first engine each round, so that no one always follows the same neighbour's heat
    for (let i = 0; i < engines.length; i++) {
      const engine = engines[(i + round) % engines.length];
      const start = performance.now();
      await visit(browser, server, engine, inputs, records[engine.name]);
      console.error(`  round ${round + 1}, ${engine.name}: ${((performance.now() - start) / 1000).toFixed(1)} s, ` +
        `8×128 so far ${median(records[engine.name].ms['passages 8×128']).toFixed(0)} ms`);
    }
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
