// Makes of the modules in siteseer/ what visitors load: one module for the page, one for its worker, one for what that has
// beyond words, one for sites in languages other than English, one for what the page has beyond results, one for what it says in them, one for related pages, and for
// sites with offline use one more for the page and a script for the service worker; minified, with the public types beside them.
// The modules themselves run as they are, too; this is for fewer and smaller downloads. Two more are for Node, which no page loads,
// and a `package.json`, by which Node knows modules.
// Usage: node bundle.js FOLDER          (writes the files and siteseer.d.ts, and prints their sizes)
//        node bundle.js --minify FILE   (one file by itself: wasm-bindgen writes its glue to be read)
//        node bundle.js --pack FILE     (FILE.gz in its place, as small as gzip's format allows)

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import zopfli from '@gfx/zopfli';
import { build, transform } from 'esbuild';

const SOURCE = fileURLToPath(new URL('siteseer/', import.meta.url));
const MODULES = ['siteseer.js', 'worker.js', 'upper.js', 'stemmers.js', 'extras.js', 'languages.js', 'offline-line.js', 'related.js'];
/** Service workers load one by `importScripts`, which takes no modules; pages from the disk load the other, where no module runs. */
const SCRIPTS = ['offline.js', 'from-disk.js'];
const NODE = ['node.js', 'node-thread.js'];
const TYPES = 'siteseer.d.ts';
/** Without it Node before 20.19 takes `*.js` for CommonJS. */
export const PACKAGE = '{ "private": true, "type": "module" }\n';

/**
 * A module as visitors load it. `sources`: the names of the modules that are in it.
 * @typedef {{ content: Buffer, sources: string[] }} Bundle
 */

/** Style sheets are texts in the modules `style-*.js`. @type {import('esbuild').Plugin} */
const minifyCss = {
  name: 'minify-css',
  setup({ onLoad }) {
    onLoad({ filter: /style-\w+\.js$/ }, async ({ path }) => {
      const [before, css, after] = readFileSync(path, 'utf8').split(/\/\* css \*\/ `|`;\n$/);
      const { code, warnings } = await transform(css, { loader: 'css', minify: true });
      return { contents: `${before}${JSON.stringify(code.trim())};${after}`, warnings };
    });
  },
};

/** @returns {Promise<Map<string, Bundle>>} by file name; the same bytes for the same sources */
export async function bundle() {
  const script = { format: /** @type {const} */ ('iife'), define: { 'import.meta.url': '""' } }; // in parts that are left out
  const node = { format: /** @type {const} */ ('esm'), platform: /** @type {const} */ ('node') };
  return new Map([...(await make(MODULES, { format: 'esm' })), ...(await make(NODE, node)), ...(await make(SCRIPTS, script))]);
}

/**
 * @param {string[]} entries
 * @param {import('esbuild').BuildOptions} options
 * @returns {Promise<[string, Bundle][]>}
 */
async function make(entries, options) {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: SOURCE,
    entryPoints: entries,
    outdir: SOURCE,
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    target: 'es2022',
    legalComments: 'none',
    banner: { js: '/* Siteseer, MIT OR Apache-2.0 */' },
    plugins: [minifyCss],
    logLevel: 'silent',
    ...options,
  });
  if (warnings.length) throw new Error(warnings.map(({ text, location }) => `${location?.file}: ${text}`).join('\n'));
  return entries.map((name) => {
    const output = outputFiles?.find(({ path }) => path === join(SOURCE, name));
    if (!output || !metafile) throw new Error(`esbuild wrote no ${name}`);
    return [name, { content: Buffer.from(output.contents), sources: Object.keys(metafile.outputs[name].inputs) }];
  });
}

/** Bytes after gzip. @param {Buffer} content */
export const gzipSize = (content) => gzipSync(content, { level: 9 }).length;

/** @param {string} folder */
async function write(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, { content, sources }] of await bundle()) {
    writeFileSync(join(folder, name), content);
    const before = sources.reduce((sum, source) => sum + gzipSize(readFileSync(join(SOURCE, source))), 0);
    console.log(`${name}: ${sources.length} modules as written, ${before} bytes gzip -> 1 module, ${gzipSize(content)} bytes gzip`);
  }
  copyFileSync(join(SOURCE, TYPES), join(folder, TYPES));
  writeFileSync(join(folder, 'package.json'), PACKAGE);
}

/** @param {string} file */
async function minify(file) {
  const { code } = await transform(readFileSync(file), { minify: true, target: 'es2022', legalComments: 'none' });
  writeFileSync(file, code);
}

/** @param {string} file */
async function pack(file) {
  /** @type {Promise<Uint8Array>} */
  const packed = new Promise((resolve, reject) =>
    zopfli.gzip(readFileSync(file), {}, (/** @type {Error | null} */ error, /** @type {Uint8Array} */ content) =>
      error ? reject(error) : resolve(content),
    ),
  );
  writeFileSync(`${file}.gz`, await packed);
  rmSync(file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, file] = process.argv.slice(2);
  if (!folder) throw new Error('Usage: node bundle.js FOLDER, or node bundle.js --minify FILE, or node bundle.js --pack FILE');
  await (folder === '--minify' ? minify(file) : folder === '--pack' ? pack(file) : write(folder));
}
