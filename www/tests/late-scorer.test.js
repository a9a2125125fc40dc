// Which of processor and GPU compares token vectors, with fakes of both and a clock that only they move.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Gpu } from '../siteseer/gpu.js';
import { LateScorer } from '../siteseer/late-scorer.js';

/** @import { TestContext } from 'node:test' */

const PASSAGES = Uint32Array.of(7, 3);
/** What was called, in order. @type {string[]} */
let calls;
let now = 0;
beforeEach((context) => {
  calls = [];
  now = 0;
  /** @type {TestContext} */ (context).mock.method(performance, 'now', () => now);
});

/**
 * A scorer beside a processor and a GPU that take so many ms; the GPU's first call takes a hundred more.
 * @param {{ cpu?: number, gpu?: number, webgpu?: 'auto' | 'force', there?: boolean, lost?: (call: number) => boolean }} machine
 */
function on({ cpu = 1, gpu = 1, webgpu = 'auto', there = true, lost = () => false }) {
  /** @type {(what: string, ms: number) => void} */
  const work = (what, ms) => (calls.push(what), (now += ms));
  const encoder = {
    score_late: (/** @type {string} */ _text, /** @type {Uint32Array} */ passages) => (work('cpu', cpu), Float32Array.from(passages)),
    late_parts: (/** @type {string} */ _text, /** @type {Uint32Array} */ passages) => (calls.push('parts'), [passages]),
  };
  let asked = 0;
  const max_sim = async (/** @type {Uint32Array} */ passages) => {
    work('gpu', gpu + (asked ? 0 : 100));
    if (lost(asked++)) throw new Error('the GPU device was lost');
    return Float32Array.from(passages);
  };
  const models = { encoder, gpu: there ? new Gpu(/** @type {any} */ ({ max_sim }), Infinity) : undefined, webgpu, backend: 'simd128' };
  return { models, scorer: new LateScorer(/** @type {any} */ (models)) };
}

/**
 * What compared, and what was called for it, also behind the answer.
 * @param {LateScorer} scorer
 */
async function scored(scorer) {
  calls = [];
  assert.deepEqual(await scorer.score('text', PASSAGES), Float32Array.from(PASSAGES));
  await new Promise((resolve) => setImmediate(resolve));
  return [scorer.backend, calls.join(' ')];
}

test('without a GPU the processor compares, and is not measured', async () => {
  const { models, scorer } = on({ there: false });
  assert.equal(scorer.backend, 'simd128');
  assert.deepEqual(await scored(scorer), ['simd128', 'cpu']);
  models.gpu = on({ cpu: 5 }).models.gpu; // it comes later
  assert.deepEqual(await scored(scorer), ['simd128', 'parts cpu gpu gpu']);
});

test('a GPU that is quicker once it is warm compares from the second ranking on', async () => {
  const { scorer } = on({ cpu: 2, gpu: 1 });
  assert.deepEqual(await scored(scorer), ['simd128', 'parts cpu gpu gpu']);
  assert.deepEqual(await scored(scorer), ['webgpu', 'parts gpu']);
  assert.deepEqual(await scored(scorer), ['webgpu', 'parts gpu']);
});

for (const gpu of [1, 2]) {
  test(`a GPU that takes ${gpu} times as long is asked no more`, async () => {
    const { scorer } = on({ cpu: 1, gpu });
    assert.deepEqual(await scored(scorer), ['simd128', 'parts cpu gpu gpu']);
    assert.deepEqual(await scored(scorer), ['simd128', 'cpu']);
  });
}

test('while the probe runs the processor compares, and there is one probe', async () => {
  const { scorer } = on({ cpu: 2, gpu: 1 });
  await Promise.all([scorer.score('text', PASSAGES), scorer.score('text', PASSAGES)]);
  assert.equal(calls.filter((what) => what === 'cpu').length, 2);
  assert.equal(calls.filter((what) => what === 'parts').length, 1);
});

test('with force the GPU compares, however long it takes', async () => {
  const { scorer } = on({ cpu: 1, gpu: 50, webgpu: 'force' });
  assert.deepEqual(await scored(scorer), ['webgpu', 'parts gpu']);
  assert.deepEqual(await scored(scorer), ['webgpu', 'parts gpu']);
});

/** @type {[string, (call: number) => boolean][]} */
const PROBES = [['at once', () => true], ['when it is measured', (call) => call === 1]];
for (const [when, lost] of PROBES) {
  test(`a device that is lost in the probe, ${when}: nobody notices`, async () => {
    const { scorer } = on({ cpu: 50, lost });
    assert.deepEqual((await scored(scorer))[0], 'simd128');
    assert.deepEqual(await scored(scorer), ['simd128', 'cpu']);
  });
}

test('a device that is lost later: the same passages are the processor\'s, and all to come', async () => {
  const { scorer } = on({ cpu: 50, lost: (call) => call === 3 });
  await scored(scorer);
  assert.deepEqual(await scored(scorer), ['webgpu', 'parts gpu']);
  assert.deepEqual(await scored(scorer), ['simd128', 'parts gpu cpu']);
  assert.deepEqual(await scored(scorer), ['simd128', 'cpu']);
});

test('a device that does not answer: the same passages are the processor\'s, and all to come', async () => {
  const { models, scorer } = on({ webgpu: 'force' });
  models.gpu = new Gpu(/** @type {any} */ ({ max_sim: () => new Promise(() => {}) }), 1);
  assert.deepEqual(await scored(scorer), ['simd128', 'parts cpu']);
  assert.deepEqual(await scored(scorer), ['simd128', 'cpu']);
});

test('a GPU that was given up for pairs compares no more', async () => {
  const { models, scorer } = on({ webgpu: 'force' });
  assert.deepEqual(await scored(scorer), ['webgpu', 'parts gpu']);
  models.gpu = undefined;
  assert.deepEqual(await scored(scorer), ['simd128', 'cpu']);
});

test('an encoder that stops says so; that is no matter of the GPU', async () => {
  const { models, scorer } = on({ webgpu: 'force' });
  models.encoder.late_parts = () => {
    throw new WebAssembly.RuntimeError('unreachable');
  };
  await assert.rejects(scorer.score('text', PASSAGES), { code: 'crash' });
});
