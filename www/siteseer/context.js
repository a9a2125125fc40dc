// The best sections as quotations for a language model: in the worker, their texts are fetched and the engine writes them
// down; on the page, the last page of results says which.

import { guard } from './guard.js';

/** @import { Context, ResultPage } from './siteseer.js' */
/** @import { Hit } from './engine.js' */
/** @import { Models } from './models.js' */
/** @import { Index } from './opened.js' */

/** The engine looks at so many hits: more than it quotes, since some say the same. */
export const CANDIDATES = 20;

/** @typedef {{ text: string, hits: Hit[], maxTokens: number }} ContextQuery */

/**
 * @param {ResultPage | undefined} page
 * @returns {Hit[]} the ranking that the page shows
 */
export const hitsOf = (page) =>
  (page?.results ?? []).map(({ passage, score, explain: { lexicalRank, denseRank, logit } }) => ({ passage, score, lexicalRank, denseRank, logit }));

/**
 * @param {Index} index
 * @param {Models} models
 * @param {ContextQuery} query
 * @returns {Promise<Context>}
 */
export async function readContext({ engine, chunks, root }, models, { text, hits, maxTokens }) {
  const read = guard(() => engine.context_reading(hits));
  await chunks.load(Array.from(read, (passage) => ({ passage })));
  return guard(() => engine.context(text, hits, maxTokens, root, models.areLoaded ? models.count : undefined));
}
