// The token ids that every engine gets: this repository's documentation, cut to sequences of exactly one length.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const CLS = 101;
const SEP = 102;
/** Tokens of the query in a pair, special ones not counted. */
const QUERY_TOKENS = 10;

/** The lines of docs/. */
function documentationLines(root) {
  const files = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).sort();
  return files.flatMap((name) => readFileSync(join(root, 'docs', name), 'utf8').split('\n')).filter((line) => line.trim());
}

/** Ids of every line of docs/, end to end, by the tokenizer of the model file (its vocabulary is WordPiece's). */
export async function documentationTokens(root, engine) {
  return documentationLines(root).flatMap((line) => Array.from(engine.tokenize(line)).slice(1, -1));
}

/** `count` sequences `[CLS] … [SEP]` of `length` tokens. */
export function sequences(tokens, count, length) {
  const ids = [];
  for (let i = 0; i < count; i++) ids.push(CLS, ...take(tokens, i * length, length - 2), SEP);
  return { ids, length };
}

/** `count` pairs `[CLS] query [SEP] passage [SEP]` of `length` tokens, one query for all. */
export function pairs(tokens, count, length) {
  const ids = [];
  const types = [];
  const passageTokens = length - QUERY_TOKENS - 3;
  for (let i = 0; i < count; i++) {
    ids.push(CLS, ...take(tokens, 0, QUERY_TOKENS), SEP, ...take(tokens, i * length, passageTokens), SEP);
    types.push(...new Array(QUERY_TOKENS + 2).fill(0), ...new Array(passageTokens + 1).fill(1));
  }
  return { ids, types, length };
}

/**
 * Pairs of exactly `length` tokens, as texts and as ids: words of docs/ until they fill it, those left out that would overflow.
 * @param {(text: string) => number[]} tokenize ids without the special ones
 */
export function textPairs(root, tokenize, query, count, length) {
  const words = documentationLines(root).join(' ').split(/\s+/).map((text) => ({ text, ids: tokenize(text) }));
  const queryIds = tokenize(query);
  const all = { query, texts: [], ids: [], types: [], length };
  for (let i = 0, at = 0; i < count; i++) {
    const text = [];
    const passage = [];
    for (const room = length - queryIds.length - 3; passage.length < room; at++) {
      if (at === words.length) throw new Error(`docs/ has only ${words.length} words: too few for ${count} pairs`);
      if (passage.length + words[at].ids.length > room) continue;
      text.push(words[at].text);
      passage.push(...words[at].ids);
    }
    all.texts.push(text.join(' '));
    all.ids.push(CLS, ...queryIds, SEP, ...passage, SEP);
    all.types.push(...new Array(queryIds.length + 2).fill(0), ...new Array(passage.length + 1).fill(1));
  }
  return all;
}

function take(tokens, start, count) {
  const found = tokens.slice(start, start + count);
  if (found.length < count) throw new Error(`docs/ has only ${tokens.length} tokens; ${start + count} are needed`);
  return found;
}
