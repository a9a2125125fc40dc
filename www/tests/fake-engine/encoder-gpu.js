// Stands in for the wasm encoder for the GPU. The text of a query can order a fault: `!lose-gpu` loses the device, `!lose-late` does in
// late interaction. Its logits and scores are those of the fake encoder of the CPU.

/** @param {{ module_or_path: Response | Promise<Response> }} source */
export default async function init({ module_or_path }) {
  await WebAssembly.compile(await (await module_or_path).arrayBuffer());
}

export class GpuEncoder {
  #lost = false;

  /**
   * @param {boolean} _any
   * @param {Uint8Array} model
   */
  static async open(_any, model) {
    const head = new TextDecoder().decode(model.subarray(0, 5));
    if (head !== 'MODEL') throw new Error('not the bi-encoder');
    return new GpuEncoder();
  }

  /** @param {Uint8Array} reranker */
  load_reranker(reranker) {
    const head = new TextDecoder().decode(reranker.subarray(0, 6));
    if (head !== 'RERANK') throw new Error('not the reranker');
  }

  /**
   * @param {string} query
   * @param {string[]} texts
   */
  async score(query, texts) {
    console.log(`gpu ${texts.length}`);
    this.#lost ||= query.includes('!lose-gpu');
    if (this.#lost) throw new Error('the GPU device was lost');
    return Float32Array.from(texts, (text) => 5 - text.length / 40);
  }

  /** @type {import('../../siteseer/encoder-gpu.js').GpuEncoder['max_sim']} */
  async max_sim([lost], _weights, _rows, passages) {
    console.log(`gpu late ${passages.length}`);
    this.#lost ||= Boolean(lost);
    if (this.#lost) throw new Error('the GPU device was lost');
    return Float32Array.from(passages);
  }

  destroy() {}
}
