// Serves the page, the engines and the models from their folders, isolated (threads need it), and counts the bytes.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
};

/**
 * @param {Record<string, string>} folders by the first part of the path
 */
export async function serve(folders) {
  /** Bytes of code (gzip) and of models (raw) by path. */
  const sizes = new Map();
  const asked = new Set();

  async function find(path) {
    const [, first, rest] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (!folders[first] || rest.includes('..')) return null;
    return readFile(join(folders[first], rest)).catch(() => null);
  }

  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const content = await find(path);
    if (!content) return response.writeHead(404, HEADERS).end();
    if (!path.startsWith('/bench/')) {
      asked.add(path);
      if (!sizes.has(path)) sizes.set(path, /\.(m?js|wasm)$/.test(path) ? { code: gzipSync(content).length } : { model: content.length });
    }
    response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-length': content.length });
    response.end(content);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  /** What was asked for since the last call: { code: bytes of gzip, model: bytes }. */
  function takeBytes() {
    const sum = (kind) => [...asked].reduce((total, path) => total + (sizes.get(path)[kind] ?? 0), 0);
    const bytes = { code: sum('code'), model: sum('model') };
    asked.clear();
    return bytes;
  }
  return { origin: `http://127.0.0.1:${server.address().port}`, takeBytes, close: () => server.close() };
}
