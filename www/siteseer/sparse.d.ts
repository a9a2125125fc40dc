// The surface of the wasm file for postings by meaning, as `wasm-bindgen --target web` writes it (sparse.js).

export interface Sparse {
  /** Chunks that a query needs and that were not added yet; ask again when they were. */
  missing(query: string): Uint32Array;
  /** Uncompressed bytes. */
  add(number: number, bytes: Uint8Array): void;
  /** Parts of sections, each followed by its score: the best, and these others, which are in order. */
  score(query: string, others: Uint32Array): Float64Array;
}

export interface SparseClass {
  /** `files`: how many chunks. */
  new (root: Uint8Array, rootName: string, name: string, id: string, files: number): Sparse;
}
