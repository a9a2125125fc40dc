// What a TypeScript user writes must compile against `siteseer.d.ts`; nothing here runs.

import { open, SiteseerError, type ResultPage, type Search, type Tier } from '../siteseer/siteseer.js';

export async function search(signal: AbortSignal): Promise<string[]> {
  const search: Search = await open({ manifest: new URL('https://example.org/siteseer/manifest.json'), tiers: 'dense', rerankBudget: 200 });
  search.status.addEventListener('change', () => console.log(search.status.dense.loaded / search.status.dense.total));
  let best: ResultPage | undefined;
  try {
    for await (const page of search.query('share code', { limit: 5, signal })) best = page;
  } catch (error) {
    if (error instanceof SiteseerError && error.code === 'network') console.log(error.file, error.next);
    else throw error;
  }
  const vector: Float32Array = await search.embed('share code');
  console.log(vector.length, best?.tier satisfies 'lexical' | 'static' | 'dense' | 'late' | 'reranked' | undefined);
  for (const { url, title, here, there } of await search.related(undefined, { signal })) console.log(url, title, here || there);
  search.close();
  return best?.results.map(({ title, headingPath, url }) => [title, ...headingPath, url].join(' > ')) ?? [];
}

export function element(): void {
  document.querySelector('siteseer-modal')?.show();
  const box = document.querySelector('siteseer-search');
  if (!box) return;
  box.value = 'share code';
  box.strings = { placeholder: 'Search the handbook' };
  box.addEventListener('siteseer-results', ({ detail }) => console.log(detail.tier satisfies Tier, detail.results.length));
  box.addEventListener('siteseer-open', ({ detail: { result, newTab } }) => console.log(result.url, newTab satisfies boolean));
}
