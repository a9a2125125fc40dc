// The first module of a thread in Node: makes its scope like that of a browser's worker, then loads the worker's module.

import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { askThrough, reader, workers } from './node.js';

const { module, name, port } = workerData;
const main = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const messages = new EventTarget();

Object.assign(globalThis, {
  self: { name, postMessage: main.postMessage.bind(main), addEventListener: messages.addEventListener.bind(messages) },
  Worker: workers(), // helpers, which read the engine's files only
  fetch: reader(port && askThrough(port)),
});
globalThis.navigator ??= /** @type {Navigator} */ ({ hardwareConcurrency: availableParallelism() }); // Node 20 has none

await import(module);
main.on('message', (data) => messages.dispatchEvent(new MessageEvent('message', { data })));
