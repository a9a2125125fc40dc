// Promises about the source itself: complete translations, no HTML parsing, short files.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { english } from '../siteseer/english.js';
import { languages } from '../siteseer/languages.js';
import { extraLanguages } from '../siteseer/languages-extras.js';
import { diskLanguages } from '../siteseer/languages-disk.js';
import { offlineLanguages } from '../siteseer/languages-offline.js';
import { relatedLanguages } from '../siteseer/languages-related.js';

const folder = new URL('../siteseer/', import.meta.url);
const source = (/** @type {string} */ name) => readFileSync(new URL(name, folder), 'utf8');

test('every language has every string, with the same blanks to fill', () => {
  const blanks = (/** @type {unknown} */ text) => (typeof text === 'string' ? [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort() : ['plural']);
  for (const part of /** @type {Record<string, Record<string, unknown>>[]} */ ([{ en: english, ...languages }, extraLanguages, offlineLanguages, relatedLanguages, diskLanguages])) {
    assert.deepEqual(Object.keys(part), ['en', 'de', 'es', 'fr', 'ja', 'zh']);
    for (const [name, strings] of Object.entries(part)) {
      assert.deepEqual(Object.keys(strings), Object.keys(part.en), name);
      for (const [key, text] of Object.entries(strings)) assert.deepEqual(blanks(text), blanks(part.en[key]), `${name}.${key}`);
    }
  }
});

test('no module parses HTML, evaluates text or writes inline styles', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    assert.doesNotMatch(source(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|blob:|setAttribute\('style'/, name);
  }
});

test('every file is short and begins by saying its subject', () => {
  for (const name of readdirSync(folder)) {
    const text = source(name);
    assert.match(text, /^\/\/ /, name);
    const most = name === 'siteseer.d.ts' ? 251 : 201; // what TypeScript users import is one file
    assert.ok(text.split('\n').length <= most, `${name} has ${text.split('\n').length} lines`);
  }
});
