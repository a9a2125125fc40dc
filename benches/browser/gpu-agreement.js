// Whether the reranker on WebGPU orders results as the one on the CPU does: the whole search of an indexed site in headless Chromium, whose
// adapter is a processor that plays a GPU, with `webgpu: 'force'` and with `webgpu: 'off'`. `./build.sh bench gpu-agreement` calls it:
//
//   node benches/browser/gpu-agreement.js --siteseer FILE --dist DIR --site DIR --work DIR --out FILE [--queries N]
//
// The CPU's kernels round activations, the GPU's do not. Compared is the build for plain SIMD, with 12 bits, both ways, so that the reranker is
// all that differs; what the one with relaxed SIMD (seven bits) makes of the same queries is counted beside it, its own first stage included.
// Fails if a page was not scored by the GPU, if logits are further apart than rounding explains, or if an order differs by more than ties.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from '../../www/tests/browser.js';
import { serve } from '../../www/tests/cold-visit.js';
import { writeDigest } from './digest.js';

const QUERIES = new URL('rust-queries.txt', import.meta.url);
const FIRST = 10;
/**
 * How far logits may be from the CPU's with 12 bits, root mean square, in standard deviations of the logits. An activation is rounded to
 * 1/2047 of its row's largest, which is some six times their root mean square: an error of 6 / (2047 · √12) = 0.0008. The 25 products of
 * six layers and the pooler add up as a random walk: five times that is 0.0042.
 */
const LOGITS = 0.005;
/** Of a difference of two scores, which holds two independent errors: so many deviations are within rounding. */
const DEVIATIONS = 3;

const text = { type: /** @type {const} */ ('string') };
const { values: options } = parseArgs({
  options: { siteseer: text, dist: text, site: text, work: text, out: text, queries: { ...text, default: '200' } },
});

/** The indexed digest, and over it a folder in which the file for relaxed SIMD is the one for plain SIMD. */
function makeSite() {
  const [site, plain] = [join(options.work, 'site'), join(options.work, 'plain')];
  rmSync(options.work, { recursive: true, force: true });
  const sections = writeDigest(options.site, site);
  const { status, stderr } = spawnSync(options.siteseer, ['index', site, '--static', 'none', '--related', 'off', '--quiet'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  mkdirSync(join(plain, 'siteseer'), { recursive: true });
  for (const end of ['.js', '.wasm']) copyFileSync(join(options.dist, `encoder-simd${end}`), join(plain, 'siteseer', `encoder-relaxed${end}`));
  const { reranker } = JSON.parse(readFileSync(join(site, 'siteseer/manifest.json'), 'utf8'));
  return { site, plain, sections, lambda: reranker.lambda };
}

/** A page with one search, which takes the time for all candidates. */
async function openSearch(browser, folders, webgpu) {
  const server = await serve(...folders);
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`  ${webgpu}: ${error.message}`));
  await page.goto(server.url);
  await page.evaluate(async (webgpu) => {
    const { open } = await import('/siteseer/siteseer.js');
    const search = await open({ rerankWorkers: 1, rerankBudget: 600_000, rerankPatience: 0, webgpu });
    await search.load('reranked');
    Object.assign(globalThis, { search });
  }, webgpu);
  /** The reranked page: what scored it, and the scored sections, best first. */
  const ask = (query) => page.evaluate(async (query) => {
    let last;
    for await (const page of /** @type {any} */ (globalThis).search.query(query, { limit: 30 })) last = page;
    const scored = last.results.filter(({ explain }) => explain.logit !== null);
    return { tier: last.tier, backend: last.backend, hits: scored.map(({ url, score, explain }) => ({ path: new URL(url).pathname + new URL(url).hash, score, logit: explain.logit })) };
  }, query);
  return { ask, close: server.close };
}

const scoresOf = ({ hits }) => new Map(hits.map(({ path, score }) => [path, score]));
const paths = ({ hits }) => hits.slice(0, FIRST).map(({ path }) => path);

/** By how much an order's first ones contradict the other's scores: the largest difference that is the wrong way round; 0: it never is. */
function contradiction(order, scores) {
  let most = 0;
  order.hits.slice(0, FIRST).forEach(({ path }, place) => {
    for (const { path: later } of order.hits.slice(place + 1)) {
      if (scores.has(path) && scores.has(later)) most = Math.max(most, scores.get(later) - scores.get(path));
    }
  });
  return most;
}

/** How the first ones of two orders differ. */
function compare(got, want) {
  const [own, theirs] = [paths(got), paths(want)];
  const sameOrder = own.length === theirs.length && own.every((path, place) => path === theirs[place]);
  const sameSet = own.length === theirs.length && own.every((path) => theirs.includes(path));
  return { sameOrder, sameSet, contradiction: contradiction(got, scoresOf(want)) };
}

/** What a page must be before it is compared. */
function check(query, { tier, backend, hits }, expected) {
  if (tier !== 'reranked' || backend !== expected) throw new Error(`'${query}' was ${tier} by ${backend}, not reranked by ${expected}`);
  if (hits.length <= FIRST) throw new Error(`'${query}' has ${hits.length} scored results: too few for a choice of ${FIRST}`);
}

/** Pairs of logits of the same section. */
function logitPairs(got, want) {
  const logits = new Map(want.hits.map(({ path, logit }) => [path, logit]));
  return got.hits.filter(({ path }) => logits.has(path)).map(({ path, logit }) => [logit, logits.get(path)]);
}

const rootMeanSquare = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

function report(results, pairs, lambda) {
  const mean = pairs.reduce((sum, [, want]) => sum + want, 0) / pairs.length;
  const deviation = rootMeanSquare(pairs.map(([, want]) => want - mean));
  const error = rootMeanSquare(pairs.map(([got, want]) => got - want)) / deviation;
  const tie = DEVIATIONS * Math.SQRT2 * lambda * LOGITS * deviation;
  const really = results.filter(({ simd }) => simd.contradiction > tie);
  const count = (name, of) => {
    const orders = results.map((result) => result[name]).filter(of);
    return `${orders.length} of ${results.length}`;
  };
  const largest = (name) => Math.max(...results.map((result) => result[name].contradiction)).toFixed(4);
  console.log(`logits: ${pairs.length} pairs, ${error.toFixed(5)} deviations apart root mean square (allowed ${LOGITS}; a deviation is ${deviation.toFixed(2)})`);
  console.log(`a tie: scores of the CPU less than ${tie.toFixed(4)} apart (${DEVIATIONS} · √2 · ${lambda} · ${LOGITS} · ${deviation.toFixed(2)})`);
  for (const [name, title] of [['simd', 'CPU, plain SIMD'], ['relaxed', 'CPU, relaxed SIMD (its own first stage)']]) {
    console.log(`against the ${title}, first ${FIRST}:`);
    console.log(`  same order ${count(name, ({ sameOrder }) => sameOrder)}, same set ${count(name, ({ sameSet }) => sameSet)}`);
    console.log(`  differing only in ties ${count(name, (o) => !o.sameOrder && o.contradiction <= tie)}, really differing ${count(name, (o) => o.contradiction > tie)}; most that two scores were the wrong way round: ${largest(name)}`);
  }
  for (const { query, simd } of really) console.error(`really differs by ${simd.contradiction.toFixed(4)}: ${query}`);
  if (!(error <= LOGITS)) console.error(`logits differ by ${error} deviations, more than rounding explains`);
  return really.length === 0 && error <= LOGITS;
}

const queries = readFileSync(QUERIES, 'utf8').split('\n').filter(Boolean).slice(0, Number(options.queries));
const { site, plain, sections, lambda } = makeSite();
const browser = await launch('--enable-unsafe-webgpu');
console.log(`Chromium ${browser.version()}; ${queries.length} queries, a site of ${sections} sections`);
const searches = {
  gpu: await openSearch(browser, [plain, site], 'force'),
  simd: await openSearch(browser, [plain, site], 'off'),
  relaxed: await openSearch(browser, [site], 'off'),
};
try {
  const [results, pairs, pages] = [[], [], []];
  const start = performance.now();
  for (const query of queries) {
    const [simd, relaxed, gpu] = [await searches.simd.ask(query), await searches.relaxed.ask(query), await searches.gpu.ask(query)];
    check(query, simd, 'simd128');
    check(query, relaxed, 'relaxed-simd');
    check(query, gpu, 'webgpu');
    const own = logitPairs(gpu, simd);
    if (own.length !== simd.hits.length || own.length !== gpu.hits.length) throw new Error(`'${query}': other candidates on the GPU than on the CPU`);
    if (own.every(([got, want]) => got === want)) throw new Error(`'${query}': the logits are the CPU's, bit by bit`);
    pairs.push(...own);
    const result = { query, simd: compare(gpu, simd), relaxed: compare(gpu, relaxed) };
    results.push(result);
    pages.push({ query, gpu, simd, relaxed });
    writeFileSync(options.out, JSON.stringify(pages));
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.error(`  ${results.length}/${queries.length} ${seconds} s: ${own.length} candidates, ${result.simd.sameOrder ? 'same order' : `wrong way round by ${result.simd.contradiction.toFixed(4)}`}: ${query}`);
  }
  if (!report(results, pairs, lambda)) process.exitCode = 1;
} finally {
  await browser.close();
  Object.values(searches).forEach(({ close }) => close());
}
