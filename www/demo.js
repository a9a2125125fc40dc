// The demo page: the example queries, and the numbers of the index. Everything else is the search box's own work.

const MANIFEST = new URL('siteseer/manifest.json', document.baseURI);

for (const button of document.querySelectorAll('.examples button')) {
  button.addEventListener('click', () => {
    const box = document.querySelector('siteseer-search');
    if (!box) return;
    box.value = button.textContent ?? '';
    box.focus();
  });
}

readManifest().then(showFacts, showNotice);

async function readManifest() {
  const response = await fetch(MANIFEST, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`siteseer/manifest.json: HTTP ${response.status}`);
  return response.json();
}

/** @param {Error} error */
function showNotice({ message }) {
  const notice = /** @type {HTMLElement} */ (document.querySelector('#notice'));
  notice.textContent = `There is no search index beside this page yet (${message}). Run “./build.sh demo” in the repository: it builds the engine, indexes a site and serves this page.`;
  notice.hidden = false;
}

/** @param {import('./siteseer/manifest.js').Manifest} manifest */
function showFacts({ counts, files }) {
  const number = new Intl.NumberFormat('en');
  const facts = {
    pages: number.format(counts.pages),
    passages: number.format(counts.passages),
    lexical: size(files.lexical.bytes + files.postings.bytes + files.spellings.bytes),
    dense: size((files.vectors?.bytes ?? 0) + (files.model?.bytes ?? 0)),
  };
  for (const [name, value] of Object.entries(facts)) {
    const place = document.querySelector(`[data-fact=${name}]`);
    if (place) place.textContent = value;
  }
  document.querySelector('#facts')?.classList.remove('waiting');
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
