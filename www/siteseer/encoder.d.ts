// The surface of the wasm encoder, which runs the models, as `wasm-bindgen --target web` writes it (encoder-relaxed.js,
// encoder-simd.js). All calls are synchronous; bytes are uncompressed; `file` is a name for messages.

import type { Backend } from './siteseer.js';

/** The query's vectors [tokens, dim] and weights, the passages' rows [n, dim], and where each passage begins: [passages + 1]. */
export type LateParts = [vectors: Int16Array, weights: Float32Array, rows: Int8Array, first: Uint32Array];

export interface Encoder {
  /** Of the bi-encoder. */
  id(): string;
  tokenizer_sha256(): string;
  /** Length of an embedding. */
  dim(): number;
  /** Returns the reranker's id. */
  load_reranker(bytes: Uint8Array, file: string): string;
  /** All vectors, of so many passages. */
  load_vectors(bytes: Uint8Array, file: string, passages: number): void;
  /** Codes of compressed vectors, passages in all, and the chunks of vectors as the manifest has them. */
  load_codes(bytes: Uint8Array, file: string, passages: number, name: string, id: string, files: number): void;
  /** A chunk of compressed vectors. */
  add_exact(number: number, bytes: Uint8Array): void;
  /** The chunks that a query wants and that were not added. `selected`: for each passage whether it may answer; empty: all may. */
  missing_exact(embedding: Float32Array, selected: Uint8Array): Uint32Array;
  /** The passages near the query and those of `words`, each followed by its cosine; as good as the chunks that were added. */
  compare(embedding: Float32Array, selected: Uint8Array, words: Uint32Array): [near: Float64Array, words: Float64Array];
  /** Late interaction: the head, what codes of token vectors mean, passages in all and in a chunk, and the chunks as the manifest has them. */
  load_late(head: Uint8Array, head_file: string, code: Uint8Array, code_file: string, passages: number, per_chunk: number, name: string, id: string, files: number): void;
  /** A chunk of token vectors. */
  add_late(number: number, bytes: Uint8Array): void;
  /** The score of each passage for the query; their chunks were added. Quick for the text that was embedded last. */
  score_late(query: string, passages: Uint32Array): Float32Array;
  /** What `score_late` compares, for `GpuEncoder.max_sim`. */
  late_parts(query: string, passages: Uint32Array): LateParts;
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
