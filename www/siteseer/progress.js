// Adds up the bytes received of several files and tells the sum, not too often.

/** @import { FileEntry } from './manifest.js' */

const EVERY_MS = 80;

/** Stored bytes. @param {FileEntry[]} files */
export const storedBytes = (...files) => files.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * @param {FileEntry[]} files
 * @param {(loaded: number, total: number) => void} tell
 * @returns {(file: FileEntry, loaded: number) => void} to be called with what has come of each file so far
 */
export function sumProgress(files, tell) {
  const total = storedBytes(...files);
  /** @type {Map<FileEntry, number>} */
  const received = new Map();
  let told = -Infinity;
  return (file, bytes) => {
    received.set(file, bytes);
    const loaded = [...received.values()].reduce((sum, n) => sum + n, 0);
    const now = performance.now();
    if (now - told < EVERY_MS && loaded < total) return;
    told = now;
    tell(loaded, total);
  };
}
