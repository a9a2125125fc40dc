// A site with short passages, cut from a real one: of each section its heading and the first words of its first paragraph. The adapter in
// software takes a second for a long pair, and an agreement of orders needs thousands of pairs, not long ones.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const WORDS = 12;
const HEADING = /<(h[1-4]) id="([^"]*)"[^>]*>(.*?)<\/\1>/gs;

const plain = (html) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim();

/**
 * @param {string} from folder of the real site
 * @param {string} to folder of the other one
 * @returns {number} sections
 */
export function writeDigest(from, to) {
  let count = 0;
  const names = /** @type {string[]} */ (readdirSync(from, { recursive: true }));
  for (const name of names.filter((file) => file.endsWith('.html')).sort()) {
    const html = readFileSync(join(from, name), 'utf8');
    const body = html.slice(html.indexOf('<main'), html.lastIndexOf('</main>'));
    const headings = [...body.matchAll(HEADING)];
    const sections = headings.map(({ index, 0: whole, 1: tag, 2: id, 3: heading }, at) => {
      const text = body.slice(index + whole.length, headings[at + 1]?.index);
      const words = plain(/<p>(.*?)<\/p>/s.exec(text)?.[1] ?? '').split(' ').slice(0, WORDS);
      return `<${tag} id="${id}">${plain(heading)}</${tag}><p>${words.join(' ')}</p>`;
    });
    if (!sections.length) continue;
    count += sections.length;
    mkdirSync(dirname(join(to, name)), { recursive: true });
    writeFileSync(join(to, name), `<!doctype html><html lang="en"><title>${plain(/<title>(.*?)<\/title>/s.exec(html)?.[1] ?? '')}</title><main>${sections.join('\n')}</main>`);
  }
  return count;
}
