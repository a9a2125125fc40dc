// What the worker has once an index is open.

import type { Chunks } from './chunks.js';
import type { Encoder } from './encoder.js';
import type { Engine } from './engine.js';
import type { Filter } from './filter.js';
import type { FileEntry, Manifest } from './manifest.js';
import type { Backend } from './siteseer.js';

export interface Index {
  engine: Engine;
  /** The best that this browser runs; the encoder's, once that is there. */
  backend: Backend;
  /** Runs the models, from the dense tier on. */
  encoder?: Encoder;
  manifest: Manifest;
  /** Address of the site. */
  root: string;
  fetch(file: FileEntry, priority: RequestPriority, progress?: (file: FileEntry, loaded: number) => void): Promise<Uint8Array>;
  chunks: Chunks;
  filter: Filter;
}
