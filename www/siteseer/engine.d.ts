// The surface of the wasm engine as `wasm-bindgen --target web` writes it (engine-relaxed.js, engine-simd.js). All
// calls are synchronous; bytes are uncompressed.

import type { Backend, Context, Explanation, Tier } from './siteseer.js';

/** A ranked passage, before its text is known. */
export interface Hit {
  passage: number;
  score: number;
  lexicalRank: number | null;
  denseRank: number | null;
  /** Of the reranker; null where it has not scored the passage. */
  logit: number | null;
}

export interface Ranking {
  tier: Tier;
  hits: Hit[];
  missing: number[];
}

/** A result as the engine gives it: `url` is relative to the site's root. */
export interface EngineResult {
  url: string;
  title: string;
  headingPath: string[];
  anchor: string;
  excerpt: string;
  lang: string;
  score: number;
  passage: number;
  explain: Explanation;
}

export interface Engine {
  load_lexical(bytes: Uint8Array): void;
  load_vectors(bytes: Uint8Array): void;
  load_model(bytes: Uint8Array): void;
  /** After `load_model`. */
  load_reranker(bytes: Uint8Array): void;
  /** `missing`: chunks of passages that `results` will need and that were not added yet. */
  rank(query: string, tier: 'lexical' | 'dense', limit: number): Ranking;
  /** The passages that `score_pairs` reads for these: the openings of their sections. */
  reading(passages: Uint32Array): Uint32Array;
  /** The reranker's logits of passages; it reads what `reading` names, as far as those chunks were added. */
  score_pairs(query: string, passages: Uint32Array): Float32Array;
  /** A dense ranking with its first `logits.length` hits in the order of the blend; the others follow as they were. */
  rerank(hits: Hit[], logits: Float32Array): Ranking;
  add_passages(chunk: number, bytes: Uint8Array): void;
  results(query: string, hits: Hit[]): EngineResult[];
  /** The passages that `context` reads for these hits: those around them. */
  context_reading(hits: Hit[]): Uint32Array;
  /** Every URL begins with `root`. */
  context(query: string, hits: Hit[], max_tokens: number, root: string): Context;
  embed(text: string): Float32Array;
  token_ids(text: string): Uint32Array;
}

export interface EngineClass {
  new (manifestJson: string): Engine;
  backend(): Backend;
}
