// Turns the engine's excerpt into nodes. It is the only text of a result that is HTML, and it is never given to an
// HTML parser: `<mark>` is split off, the five escapes are undone, and whatever else stands there is shown as text.

/** @type {Record<string, string>} */
const ESCAPES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&#x27;': "'" };

/**
 * @param {string} html escaped text with `<mark>…</mark>`
 * @returns {Node[]}
 *
 * @example `a <mark>b</mark> &lt;i&gt;` → text "a ", element mark "b", text " <i>"
 */
export function excerptNodes(html) {
  const pieces = html.split(/(<\/?mark>)/);
  /** @type {Node[]} */
  const nodes = [];
  let marked = false;
  for (const piece of pieces) {
    if (piece === '<mark>') marked = true;
    else if (piece === '</mark>') marked = false;
    else if (piece) nodes.push(marked ? mark(unescape(piece)) : document.createTextNode(unescape(piece)));
  }
  return nodes;
}

/** @param {string} text */
const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (escape) => ESCAPES[escape]);

/** @param {string} text */
function mark(text) {
  const element = document.createElement('mark');
  element.textContent = text;
  return element;
}
