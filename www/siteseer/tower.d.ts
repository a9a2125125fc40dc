// The surface of the wasm file that searches by meaning without a model, as `wasm-bindgen --target web` writes it
// (tower.js). All calls are synchronous; bytes are uncompressed.

export interface Tower {
  /** Chunks of tokens that a query needs and that were not added yet; ask again when they were. */
  missing_tokens(query: string): Uint32Array;
  /** The same of cells, once the tokens are there. */
  missing_cells(query: string): Uint32Array;
  add_tokens(number: number, bytes: Uint8Array): void;
  add_cells(number: number, bytes: Uint8Array): void;
  add_rows(number: number, bytes: Uint8Array): void;
  /** Passages that may be near in meaning: passage, rough score, passage, … */
  near(query: string): Float64Array;
  /** The passages of these chunks of rows: passage, cosine, passage, … Chunks that were not added are left out. */
  score_rows(query: string, chunks: Uint32Array): Float64Array;
}

export interface TowerClass {
  new (
    root: Uint8Array,
    rootName: string,
    axes: Uint8Array,
    axesName: string,
    passages: number,
    ...groups: [tokensName: string, tokensId: string, tokensFiles: number, cellsName: string, cellsId: string, cellsFiles: number, rowsName: string, rowsId: string, rowsFiles: number]
  ): Tower;
}
