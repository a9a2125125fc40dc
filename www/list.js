// Writes `client.json`, which names the client's files with length and SHA-256, as the manifest does for the index: by it
// a service worker knows which files belong together, and that it has all of them. Of a packed file (`.gz`) the hash is
// that of what is in it, since hosts may undo gzip; its length is there, too.
// Usage: node list.js FOLDER   (the last step, when everything else is there)

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const NAME = 'client.json';
/** Not for pages: what developers and Node use, and what the browser fetches and updates as a part of the service worker. */
const LEFT_OUT = [NAME, 'siteseer.d.ts', 'package.json', 'node.js', 'node-thread.js', 'offline.js'];

/**
 * @param {Iterable<[name: string, content: Buffer]>} files
 * @returns {string} JSON; the same for the same files
 */
export function listClient(files) {
  const entries = [...files]
    .filter(([name]) => !LEFT_OUT.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => {
      const raw = name.endsWith('.gz') ? gunzipSync(content) : content;
      const sha256 = createHash('sha256').update(raw).digest('hex');
      return { name, bytes: content.length, ...(raw !== content && { rawBytes: raw.length }), sha256 };
    });
  return `${JSON.stringify({ format: 'siteseer-client', files: entries }, null, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (!folder) throw new Error('Usage: node list.js FOLDER');
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const list = listClient(names.map(({ name }) => /** @type {const} */ ([name, readFileSync(join(folder, name))])));
  writeFileSync(join(folder, NAME), list);
  console.log(`${NAME}: ${JSON.parse(list).files.length} files`);
}
