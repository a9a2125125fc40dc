// The surface of the wasm encoder for the GPU, as `wasm-bindgen --target web` writes it (encoder-gpu.js). One call at a time.

import type { LateParts } from './encoder.js';

export interface GpuEncoder {
  /** Name of the adapter, or ''. */
  adapter(): string;
  /** How products are made: `float`, `half`, `packed`. */
  products(): string;
  /** Layers of the bi-encoder, for `embed`. */
  load_bi_encoder(model: Uint8Array, file: string): void;
  load_reranker(model: Uint8Array, file: string): void;
  embed(text: string): Promise<Float32Array>;
  /** The reranker's logit of each text for the query. */
  score(query: string, texts: string[]): Promise<Float32Array>;
  /** Late interaction's score of each passage; `Encoder.late_parts` has what it wants. */
  max_sim(...parts: LateParts): Promise<Float32Array>;
  /** Gives the device back; calls fail from then on. */
  destroy(): void;
}

export interface GpuEncoderClass {
  /**
   * `any`: a processor that plays a GPU will do. `model`: the bi-encoder, whose bytes are read from where they are. `products`: another
   * way than the device's own.
   */
  open(any: boolean, model: Uint8Array, file: string, products?: string): Promise<GpuEncoder>;
}
