// What the worker has once an index is open.

import type { Chunks } from './chunks.js';
import type { Engine } from './engine.js';
import type { FileEntry, Manifest } from './manifest.js';
import type { Backend } from './siteseer.js';

/** A file of the index is asked for, or the server has one no more: then the manifest that names it, as text. */
export type FileNews = { url: string } | { tier: 'lexical'; gone: string };

export interface Index {
  engine: Engine;
  manifest: Manifest;
  /** Settled when the engine stems English, the page's language, and those of many pages. */
  stemmed: Promise<void>;
  /** Loads what stems the site's other languages, once. */
  stemOthers(): Promise<void>;
  /** Address of the site. */
  root: string;
  fetch(file: FileEntry, priority: RequestPriority, progress?: (file: FileEntry, loaded: number) => void, signal?: AbortSignal): Promise<Uint8Array>;
  chunks: Chunks;
  /** The best that this browser runs. */
  backend: Backend;
  /** Loads the second part of the engine. */
  more(): Promise<unknown>;
}
