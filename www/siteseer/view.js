// The shadow tree of the search box: a labelled field, and below it a panel with the list of results, a message in its
// place, a foot line, and one for offline use. Built once; the parts are handed out by name.

import { h, icon } from './dom.js';
import { boxSheets } from './styles.js';

/** @import { Words } from './strings.js' */

export const GLASS = 'M20 20l-4.6-4.6M17.5 10.75a6.75 6.75 0 1 1-13.5 0 6.75 6.75 0 0 1 13.5 0z';
export const CROSS = 'M7 7l10 10M17 7L7 17';

/** @typedef {ReturnType<typeof buildView>} View */

/**
 * @param {ShadowRoot} root
 * @param {Words} words
 * @param {{ label: string | null, placeholder: string | null }} texts of the element's attributes
 */
export function buildView(root, words, texts) {
  root.adoptedStyleSheets = boxSheets();
  const label = texts.label ?? words.say('label');
  const input = h('input', {
    id: 'input',
    class: 'input',
    part: 'input',
    type: 'search',
    role: 'combobox',
    placeholder: texts.placeholder ?? words.say('placeholder'),
    'aria-autocomplete': 'list',
    'aria-controls': 'list',
    'aria-expanded': 'false',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    enterkeyhint: 'go',
    maxlength: '500',
  });
  const clear = h('button', { class: 'clear', part: 'clear', type: 'button', 'aria-label': words.say('clear') }, icon('cross', CROSS));
  const progress = h('progress', { class: 'progress', part: 'progress', 'aria-label': words.say('opening'), max: '1' });
  const list = h('div', { id: 'list', class: 'list', part: 'list', role: 'listbox', tabindex: '-1', 'aria-label': label });
  const message = h('div', { class: 'message', part: 'message' });
  const foot = h('div', { class: 'foot', part: 'foot' });
  const offline = h('div', { class: 'offline', part: 'offline' });
  const panel = h('div', { class: 'panel', part: 'panel' }, list, message, foot, offline);
  const live = h('div', { class: 'aside', role: 'status' });
  clear.hidden = progress.hidden = panel.hidden = offline.hidden = true;

  root.replaceChildren(
    h('label', { class: 'aside', part: 'label', for: 'input' }, label),
    h('div', { class: 'field', part: 'field' }, icon('glass', GLASS), input, clear, progress),
    panel,
    live,
  );
  return { root, input, clear, progress, panel, list, message, foot, offline, live };
}
