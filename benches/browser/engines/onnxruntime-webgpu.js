// onnxruntime-web's WebGPU provider, the cross-encoder's weights as ONNX. What has no kernel there computes on the CPU, and the runtime's
// log says how many nodes that are.

import { bytes } from '../fetch.js';
import { watch } from '../gpu-witness.js';

/** A line of the log: `All nodes placed on [X]. Number of nodes: N`, or `Node(s) placed on [X]. Number of nodes: N`. */
const PLACED = /odes? ?\(?s?\)? placed on \[(\w+)\]\. Number of nodes: (\d+)/;

/** Collects what the log says of nodes; must come before the runtime, which keeps the console's functions. */
function watchPlacement() {
  const placed = [];
  for (const name of ['log', 'info', 'debug', 'warn', 'error']) {
    const say = console[name];
    console[name] = (...args) => {
      const found = PLACED.exec(args.join(' '));
      if (found) placed.push(`${found[2]} ${found[1].replace('ExecutionProvider', '')}`);
      else if (name === 'error') say(...args);
    };
  }
  return placed;
}

export async function load({ dtype, bundle }) {
  watch();
  const model = bytes(`/onnx/cross-${dtype}.onnx`);
  const placed = watchPlacement();
  const ort = await import(`/onnxruntime/${bundle}`);
  ort.env.wasm.wasmPaths = new URL('/onnxruntime/', location.href).href;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(await model, {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 0,
  });
  return {
    backend: placed.join(', '),
    async score(ids, types, length) {
      const tensor = (values) => new ort.Tensor('int64', values, [ids.length / length, length]);
      const feeds = {
        input_ids: tensor(BigInt64Array.from(ids, BigInt)),
        attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
        token_type_ids: tensor(BigInt64Array.from(types, BigInt)),
      };
      return (await session.run(feeds)).logits.data;
    },
  };
}
