// The surface of the wasm encoder, which runs the models, as `wasm-bindgen --target web` writes it (encoder-relaxed.js,
// encoder-simd.js). All calls are synchronous; bytes are uncompressed; `file` is a name for messages.

import type { Backend } from './siteseer.js';

export interface Encoder {
  /** Of the bi-encoder. */
  id(): string;
  tokenizer_sha256(): string;
  /** Length of an embedding. */
  dim(): number;
  /** Returns the reranker's id. */
  load_reranker(bytes: Uint8Array, file: string): string;
  embed(text: string): Float32Array;
  token_ids(text: string): Uint32Array;
  /** The number of word pieces in a text. */
  count(text: string): number;
  /** The reranker's logit of each text for the query. */
  score(query: string, texts: string[]): Float32Array;
}

export interface EncoderClass {
  new (bytes: Uint8Array, file: string): Encoder;
  backend(): Backend;
}
