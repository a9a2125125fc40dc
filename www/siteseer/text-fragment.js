// Lets the browser mark the found words on the page that a result leads to: a text fragment (`#:~:text=…`), which browsers
// that do not know it, and pages that do not have the text, take for nothing.

const MOST_WORDS = 8;
/** Fewer words are found in a wrong place. */
const FEWEST_WORDS = 3;

/**
 * @param {string} url
 * @param {string} excerpt escaped HTML with `<mark>…</mark>`
 * @returns {string} with the words around most marks, if there are any
 *
 * @example ('guide.html#a', 'We <mark>share</mark> much <mark>code</mark>.') → 'guide.html#a:~:text=share%20much%20code'
 */
export function withTextFragment(url, excerpt) {
  const text = bestWords(excerpt);
  if (!text) return url;
  return `${url}${url.includes('#') ? '' : '#'}:~:text=${encodeURIComponent(text).replaceAll('-', '%2D')}`;
}

/**
 * Of all runs of words within a sentence the one with most marks, from the first to the last of them.
 * @param {string} excerpt
 */
function bestWords(excerpt) {
  let best = { marks: 0, text: '' };
  for (const sentence of excerpt.split(/(?<=[.!?:](?:<\/mark>)?)\s+|…/)) {
    const words = sentence.trim().split(/\s+/).filter(Boolean);
    const marked = words.map((word) => word.includes('<mark>'));
    for (let start = 0; start < words.length; start++) {
      if (!marked[start]) continue;
      const run = marked.slice(start, start + MOST_WORDS);
      const marks = run.filter(Boolean).length;
      if (marks <= best.marks) continue;
      const end = Math.max(start + run.lastIndexOf(true) + 1, Math.min(start + FEWEST_WORDS, words.length));
      best = { marks, text: words.slice(Math.max(0, Math.min(start, end - FEWEST_WORDS)), end).map(plain).join(' ') };
    }
  }
  return best.text;
}

/** @type {Record<string, string>} */
const ESCAPES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };

/** @param {string} html */
const plain = (html) => html.replace(/<\/?mark>/g, '').replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => ESCAPES[name]);
