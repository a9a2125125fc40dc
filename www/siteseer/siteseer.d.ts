// The public types of the browser client. `client.js` and `element.js` are checked against them; TypeScript users
// get them with `import { open } from './siteseer/siteseer.js'`.

/**
 * A rung of the ladder. `lexical` matches words; `static`, if the index has it, compares meanings without a model until `dense` does with
 * the model; `late`, if the index has it, compares the best word by word; `reranked` reads the best again. */
export type Tier = 'lexical' | 'static' | 'dense' | 'late' | 'reranked';

/** What computes: a build for the CPU; `webgpu` on late and reranked pages that the GPU scored. */
export type Backend = 'relaxed-simd' | 'simd128' | 'scalar' | 'webgpu';

/** Whether a GPU may score candidates. */
export type WebGpu = 'auto' | 'force' | 'off';

export interface OpenOptions {
  /** The manifest's address; by default `manifest.json` beside `siteseer.js`. */
  manifest?: string | URL;
  /** The highest tier to use. Default `'reranked'`, or `'static'` where the visitor's browser asks to save data. */
  tiers?: Tier;
  /** Milliseconds of scoring, best candidates first, until the reranked page (of four candidates at least). Default 300. */
  rerankBudget?: number;
  /** Milliseconds for the candidates that were left out, which make a second reranked page. Default 2000; 0: none. */
  rerankPatience?: number;
  /** Workers that score candidates at the same time. By default one for each core, four at most, fewer with little memory. */
  rerankWorkers?: number;
  /** `auto` (default): a GPU scores candidates where it is quicker. `force`: any adapter, also in software. `off`: none. */
  webgpu?: WebGpu;
  /** Node only: reads the manifest and the files beside it, for which it otherwise takes the disk (`file:`) or `fetch`. */
  loader?: Loader;
}

/** What is at an address, as stored; nothing, a bad status or ENOENT: it is not there. What else it throws, a `network` error says, as text. */
export type Loader = (url: string) => Promise<Uint8Array | ArrayBuffer | Response | null | undefined>;

export interface QueryOptions {
  /** How many results a page holds at most, 1 to 200. Default 8. */
  limit?: number;
  /** Answers only from pages that have, for each name, the value or one of the values. */
  filters?: Filters;
  /** Orders the best 200 by values that pages have in `data-siteseer-sort`, not by relevance. Ends with the dense tier. */
  sort?: Sort;
  /** Results have `meta`, for one file more. */
  meta?: boolean;
  /** Aborts the query; the iterator then throws the signal's reason. */
  signal?: AbortSignal;
}

/** Values by the names that pages have in `data-siteseer-filter` or `data-pagefind-filter`. */
export type Filters = Record<string, string | string[]>;
/** The first key decides, the next ones where it does not; pages without a value come last. */
export type Sort = Record<string, 'asc' | 'desc'>;
/** The number of pages by value, by name. */
export type Facets = Record<string, Record<string, number>>;

/** Why a result stands where it does. Ranks count from 1; null: that tier did not find the passage. */
export interface Explanation {
  lexicalRank: number | null;
  denseRank: number | null;
  /** What the reranker says of the passage, the higher the better; null: it has not scored it. */
  logit: number | null;
  matchedTerms: string[];
}

/** The best passage of one section that answers the query; every section, that is every `url`, appears once. */
export interface Result {
  /** Absolute address, with `#anchor` where the section has one. Always of the manifest's origin; for one on a disk, in its site's folder. */
  url: string;
  /** The page's title, plain text. */
  title: string;
  /** The section's headings, outermost first, plain text. */
  headingPath: string[];
  anchor: string;
  /** Escaped HTML; the only tags are `<mark>` and `</mark>`. */
  excerpt: string;
  /** BCP 47 language tag of the page, or ''. */
  lang: string;
  /** What the page says in `data-siteseer-meta`, plain text; empty unless `meta`, `sort` or `filters` asked for it. */
  meta: Record<string, string>;
  score: number;
  /** The passage's number in this index. */
  passage: number;
  explain: Explanation;
}

/** What one tier answers. Every tier's page has the same shape. */
export interface ResultPage {
  tier: Tier;
  /** The text, as far as it was read. */
  query: string;
  results: Result[];
  backend: Backend;
  /** Workers that made this page: one, and with it the helpers that score candidates. */
  workers: number;
  /** Time spent in the worker on this page, fetching of passages included, in milliseconds. */
  ms: number;
}

export interface ContextOptions extends Pick<QueryOptions, 'signal' | 'filters'> {
  /** Size of the context at most, 1 to a million. Default 1500. */
  maxTokens?: number;
}

/** The best sections, quoted for a language model. `counted` says what a token is: word pieces of the index's model or words × 4/3. */
export interface Context {
  /** For each section `[number] Title > Heading — URL` and its text between fences. */
  markdown: string;
  citations: (Pick<Result, 'title' | 'headingPath' | 'url'> & { number: number; tokens: number })[]; tokens: number; counted: string;
}

/** A page that is related to another, and why: the headings whose texts are nearest, '' for text before the first heading. */
export interface RelatedPage {
  /** Absolute address, always of the manifest's origin. */
  url: string;
  title: string;
  /** On the page that was asked about. */
  here: string;
  /** On this page. */
  there: string;
}

/**
 * `page`: an address or an option is wrong or forbids it. `network`: a file could not be fetched. `length`, `hash`, `damaged`: it is not what
 * the manifest says, or cannot be read. `manifest`: it is none, or of an unknown version. `wasm`: no WebAssembly SIMD, or the page's
 * policy forbids it. `memory`: not enough. `engine`: it refused a file or a query. `crash`: it or its worker stopped. `closed`: by you.
 */
export type ErrorCode = 'page' | 'network' | 'length' | 'hash' | 'damaged' | 'manifest' | 'wasm' | 'memory' | 'engine' | 'crash' | 'closed';

/** Says what happened, to which file, and what to do next. */
export class SiteseerError extends Error {
  constructor(code: ErrorCode, what: string, more?: { file?: string; next?: string; cause?: unknown });
  readonly code: ErrorCode;
  /** The file concerned, or ''. */
  readonly file: string;
  /** The next step for whoever runs the site, or ''. `message` ends with it. */
  readonly next: string;
}

/** `off`: not asked for (bound by `tiers` or by Save-Data), or not in this index. */
export type TierState = 'idle' | 'loading' | 'ready' | 'failed' | 'off';

export interface TierStatus {
  readonly state: TierState;
  /** Stored bytes received so far, and to be received in all; 0 while unknown. */
  readonly loaded: number;
  readonly total: number;
  /** Why the tier failed. */
  readonly error?: SiteseerError;
}

/** Where the ladder stands. Fires a plain `change` event whenever a tier or `backend` changed. */
export interface Status extends EventTarget {
  readonly lexical: TierStatus;
  readonly static: TierStatus;
  readonly dense: TierStatus;
  readonly late: TierStatus;
  readonly reranked: TierStatus;
  readonly backend: Backend | null;
  /** True where the visitor's browser asked to save data and the site did not insist, or after `stop`, until the highest tier is asked for. */
  readonly savesData: boolean;
}

export interface Search {
  readonly status: Status;
  /** Result pages, the quickest tier first, up to the best that can be reached. Reads 1,000 characters; an empty text gives none. */
  query(text: string, options?: QueryOptions): AsyncGenerator<ResultPage, void, void>;
  /** What a language model needs to answer, from the best tier that can be reached; see docs/browser-api.md. */
  context(text: string, options?: ContextOptions): Promise<Context>;
  /** How many pages with a word of the text (by default: how many pages) have each value of each filter; `{}` where no page has filters. */
  facets(text?: string, options?: Pick<QueryOptions, 'filters' | 'signal'>): Promise<Facets>;
  /** What may have been meant by a text with words that no page has, the best first; `[]` where all are known or none comes near. */
  suggest(text: string, options?: Pick<QueryOptions, 'filters' | 'signal'>): Promise<string[]>;
  /** The pages related to a page of the site, by default to this one, the best first; `[]` where the index has none. Reads one small file. */
  related(url?: string, options?: Pick<QueryOptions, 'signal'>): Promise<RelatedPage[]>;
  /** Loads a tier now, also one that is off or has failed. Rejects with a SiteseerError, of code `closed` after `stop`. */
  load(tier: Tier): Promise<void>;
  /** Gives up the download of a tier, and of those above it; they are off until `load` asks for them. Queries go on with the others. */
  stop(tier: Exclude<Tier, 'lexical'>): void;
  /** The L2-normalised embedding of a text (loads the dense tier). */
  embed(text: string): Promise<Float32Array>;
  /** The model's input_ids of a text, `[CLS]` and `[SEP]` included (loads the dense tier). */
  tokenIds(text: string): Promise<Uint32Array>;
  /** Ends the worker. What runs, and what is asked later, rejects with code `closed`. */
  close(): void;
}

/** Resolves when the lexical tier answers. Rejects with a SiteseerError. */
export function open(options?: OpenOptions): Promise<Search>;

/** The words of the line for offline use; there where the attribute `offline` is. */
export type OfflineKey = `offline${'Offer' | 'Loading' | 'Progress' | 'Cancel' | 'Ready' | 'Later' | 'Stopped' | 'Full' | 'Failed' | 'None'}`;
/** The words of filters, recent searches and suggestions. */
export type ExtraKey = 'filters' | `${'clear' | 'without'}Filters` | 'recent' | 'clearRecent' | 'searchFor' | 'didYouMean' | `scoredOn${'Gpu' | 'Processor'}`;

/** Words of the status line, of its buttons, and of the list of keys. */
type StatusKey =
  | 'opening' | 'stop' | 'loadingMeaning' | `meaning${'Loading' | 'Failed' | 'Off'}` | 'load' | 'loadingBest' | `best${'Loading' | 'Failed'}`
  | 'loadBest' | `none${'' | 'Hint' | 'Yet'}` | 'unavailable' | 'retry' | `orderedBy${'Meaning' | 'Best'}` | `key${'Move' | 'Open' | 'Close'}`;

/** The words of the search box. `{…}` are filled in; plural forms are keyed by Intl.PluralRules categories. */
export interface Strings extends Partial<Record<OfflineKey | ExtraKey, string>>, Record<StatusKey | BoxKey, string> {
  results: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
}
type BoxKey = 'label' | 'placeholder' | 'clear' | 'close' | 'byWords' | 'byMeaning' | 'refined' | 'bestFirst';

/**
 * `<siteseer-search>`: the search box. Attributes: `manifest`, `tiers`, `rerank-budget`, `rerank-patience`, `rerank-workers`, `webgpu`,
 * `limit`, `label`, `placeholder`, `lang`, `theme`, `panel`, `deep-link`, `facets`, `meta`, `recent`, `highlight`, `offline` and
 * `offline-worker`; see docs/browser-api.md. Fires `siteseer-results` (detail: ResultPage) and `siteseer-open` (detail:
 * `{ result, newTab }`; cancelable).
 */
export interface SiteseerSearchElement extends HTMLElement {
  /** The text in the box; setting it searches. */
  value: string;
  /** What is chosen; setting it searches. */
  filters: Filters;
  /** Replaces some of the strings. */
  strings: Partial<Strings>;
}
export const SiteseerSearchElement: { new (): SiteseerSearchElement; prototype: SiteseerSearchElement };

/**
 * `<siteseer-modal>`: a button that opens the search box in a dialog; so do ⌘K or Ctrl+K, and `/` while the visitor is not typing.
 * Attributes and events are those of `<siteseer-search>`, without `panel`.
 */
export interface SiteseerModalElement extends HTMLElement {
  readonly open: boolean;
  show(): void;
  close(): void;
  /** The text in the box; setting it searches. */
  value: string;
  /** Replaces some of the strings. */
  strings: Partial<Strings>;
}
export const SiteseerModalElement: { new (): SiteseerModalElement; prototype: SiteseerModalElement };

/**
 * `<siteseer-related>`, of the module `related.js`: links to related pages. Attributes: `manifest`, `url`, `limit`, `label`, `level`,
 * `lang` and `theme`; see docs/browser-api.md.
 */
export interface SiteseerRelatedElement extends HTMLElement {}

declare global {
  interface HTMLElement {} // Node has none
  interface HTMLElementEventMap { 'siteseer-results': CustomEvent<ResultPage>; 'siteseer-open': CustomEvent<{ result: Result; newTab: boolean }> }
  interface HTMLElementTagNameMap {
    'siteseer-related': SiteseerRelatedElement;
    'siteseer-modal': SiteseerModalElement;
    'siteseer-search': SiteseerSearchElement;
  }
}
