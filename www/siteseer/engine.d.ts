// The surface of the wasm engine as `wasm-bindgen --target web` writes it (engine.js). All calls are synchronous; bytes are
// uncompressed.

import type { ChunkKind } from './manifest.js';
import type { Context, Explanation, Tier } from './siteseer.js';

declare global {
  /** The engine asks it for the stem of a word in another language than English; '' if there is none. `language`: its two letters, little endian. */
  var siteseerStem: (language: number, word: string) => string;
}

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
}

export interface Chunk {
  kind: ChunkKind;
  number: number;
}

/** A result as the engine gives it: `url` is relative to the site's root. */
export interface EngineResult {
  url: string;
  title: string;
  headingPath: string[];
  anchor: string;
  excerpt: string;
  lang: string;
  /** Empty while the file is not loaded that has it. */
  meta: Record<string, string>;
  score: number;
  passage: number;
  explain: Explanation;
}

export interface Engine {
  load_lexical(bytes: Uint8Array): void;
  load_filters(bytes: Uint8Array): void;
  /** From now on only pages that have one of the values, for each name, answer. */
  set_filter(conditions: [name: string, anyOf: string[]][]): void;
  /** The passages that `choose_phrases` reads of a query whose words are there. */
  phrase_reading(query: string): Uint32Array;
  /** From now on, until `set_filter`, only passages with the phrases that the query has in quotation marks answer. */
  choose_phrases(query: string): void;
  /** Pages with a word of the query, by value, by name. */
  facets(query: string): [name: string, values: [value: string, pages: number][]][];
  /** The value of each passage's page for a key to sort by; null: it has none. */
  sort_values(key: string, passages: Uint32Array): (string | null)[];
  /** Throws unless the index was made with this bi-encoder. */
  check_encoder(id: string, tokenizer_sha256: string, dim: number): void;
  /** Throws unless this is the index's reranker. */
  check_reranker(id: string): void;
  /** What the words of a query need and was not added yet; ask again when it was. */
  missing_words(query: string): Chunk[];
  /** Queries that may have been meant by one with unknown words; ask again when the missing chunks were added. */
  suggest(query: string): { queries: string[]; missing: Chunk[] };
  /** Words whose chunks were not added count for nothing. */
  rank_lexical(query: string, limit: number): Ranking;
  /** For each passage whether it may answer, 1 or 0; empty: all may. */
  selected(): Uint8Array;
  /** The passages whose cosines `rank_compared` wants beside those that are near. */
  passages_by_words(query: string): Uint32Array;
  /** `near`, `words`: what the encoder says of them. */
  rank_compared(query: string, near: Float64Array, words: Float64Array, limit: number): Ranking;
  /** The chunks of rows that a query by meaning without a model reads. `near`: what the tower gives. */
  rows_needed(query: string, near: Float64Array): Uint32Array;
  /** `scored`: what the tower says of those rows. */
  rank_static(query: string, scored: Float64Array, limit: number): Ranking;
  /** The parts of sections, in order, that `rank_impacts` wants scores of. */
  parts_by_words(query: string): Uint32Array;
  /** `scored`: what postings by meaning say of parts; then the weights of these scores and of the words. */
  rank_impacts(query: string, scored: Float64Array, dense: number, lexical: number, limit: number): Ranking;
  /** The passages that `pair_texts` is made of for these: the openings of their sections. */
  reading(passages: Uint32Array): Uint32Array;
  /** What the reranker is to read of each passage: what `reading` names, as far as those chunks were added. */
  pair_texts(passages: Uint32Array): string[];
  /** A dense ranking with its first `logits.length` hits in the order of the blend; the others follow as they were. */
  rerank(hits: Hit[], logits: Float32Array): Ranking;
  add_chunk(kind: ChunkKind, number: number, bytes: Uint8Array): void;
  /** The chunk of each of these passages. */
  chunks_of(passages: Uint32Array): Uint32Array;
  results(query: string, hits: Hit[]): EngineResult[];
  /** The passages that `context` reads for these hits: those around them. */
  context_reading(hits: Hit[]): Uint32Array;
  /** Every URL begins with `root`. `count`: the number of word pieces in a text. */
  context(query: string, hits: Hit[], max_tokens: number, root: string, count?: (text: string) => number): Context;
}

export interface EngineClass {
  new (manifestJson: string): Engine;
}
