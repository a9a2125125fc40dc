// Cuts a wasm file in two: what the first results need, and the rest, which comes after them. Both share one memory and one table
// of functions. The first part has its exports in use and all that they call. An export whose function is in the second part is a
// door there: it calls through a place in the table that the second part fills when it is instantiated, and that traps before. The
// second part calls the first through the same table, so that the functions there need no names.
// Usage: node split.js IN.wat EXPORT,EXPORT,… FIRST.wat SECOND.wat   (the exports that wait for the second part)

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NAME, calls, defineFunc, parseFunc, parseWat, writeWat } from './wat.js';

/** @import { Form, Func } from './wat.js' */

/** What is found by its address may be called from anywhere, unless its name says that it belongs to one of these. */
const LATER =
  /closures::_::invoke|js_sys::futures|panick|Payload|Debug|search::compressed|search::context|search::nearby|lexical::suggest|search::suggest|rank_vector|Engine::context|citation_to_js|facet_to_js|Borrow(Mut)?Error|alloc_error/;
/** Characters. Compilers make one function of those that are the same, under one of their names; it happens to short ones. */
const SHORT = 400;
/** Hands a call on to a closure. */
const SHIM = /vtable\.shim/;
const EXPORT = new RegExp(`\\(export "([^"]+)" \\(func (${NAME.source})\\)\\)`);
/** By what name the second part imports the first. */
const FIRST = 'first';

/** A table of functions: its name, and what is in it from its place `start`. @typedef {{ name: string, start: number, entries: string[] }} Table */
/** @typedef {Map<string, { func: Func, text: string }>} Funcs by name, defined ones */

/**
 * @param {string} text of a module, with its functions' names
 * @param {string[]} waiting exports that wait for the second part
 * @returns {{ first: string, second: string }}
 */
export function split(text, waiting) {
  const { head, forms } = parseWat(text);
  const table = readTable(forms);
  /** @type {Funcs} */
  const funcs = new Map(forms.flatMap(({ func, text: form }) => (func ? [[func.name, { func, text: form }]] : [])));
  const imported = new Map(forms.flatMap(({ text: form }) => (/^ \(import .*\(func /.test(form) ? [[parseFunc(form).name, parseFunc(form)]] : [])));
  const exported = new Map(forms.flatMap(({ text: form }) => [EXPORT.exec(form) ?? []].filter(([found]) => found).map(([, name, func]) => [name, func])));
  for (const name of waiting) if (!exported.has(name)) throw new Error(`there is no export ${name}`);

  const used = [...exported].filter(([name]) => !waiting.includes(name)).map(([, func]) => func);
  const needed = reach([...used, ...table.entries.filter((name) => !isLater(name, funcs))], funcs);
  const inFirst = (/** @type {string} */ name) => needed.has(name) || imported.has(name);
  const moved = [...funcs.values()].filter(({ func }) => !needed.has(func.name));
  const called = new Set(moved.flatMap((func) => calls(func.text)).filter(inFirst));

  // the table: what was in it, the doors, and what the second part calls of the first
  const doors = [...new Set(exported.values())].filter((name) => !inFirst(name));
  const shared = [...imported.keys(), ...needed].filter((name) => called.has(name));
  const places = [...table.entries, ...doors, ...shared];
  const placeOf = (/** @type {string[]} */ names, /** @type {number} */ from) => new Map(names.map((name, i) => [name, table.start + from + i]));
  const doorAt = placeOf(doors, table.entries.length);
  const sharedAt = placeOf(shared, table.entries.length + doors.length);
  const size = table.start + places.length;
  const through = (/** @type {Func} */ func, /** @type {number | undefined} */ place) => {
    const args = func.params.map((_, i) => `(local.get $${i}) `).join('');
    return defineFunc(func, `(call_indirect ${table.name}${func.signature} ${args}(i32.const ${place}))`);
  };
  const fill = (/** @type {(name: string) => boolean} */ isHere) => runs(places, isHere).map(({ at, names }) =>
    form(` (elem (table ${table.name}) (i32.const ${table.start + at}) func ${names.join(' ')})\n`));

  // the second part is of no use to another first part: it asks for a name that only this one has
  const id = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const resized = forms.map((one) => (one.kind === 'table' && NAME.exec(one.text)?.[0] === table.name ? { ...one, text: ` (table ${table.name} ${size} ${size} funcref)\n` } : one));
  const common = resized.filter(({ kind, text: one }) => ['memory', 'table'].includes(kind) || /^ \(global \S+ \(mut/.test(one));
  const letter = (/** @type {number} */ i) => (i ? String(i) : id);

  const first = resized.flatMap((one) => {
    const { func } = one;
    if (one.kind === 'elem') return [];
    if (!func || needed.has(func.name)) return [one];
    return doorAt.has(func.name) ? [through(func, doorAt.get(func.name))] : [];
  });
  const second = [
    ...forms.filter(({ kind }) => kind === 'type'),
    ...common.map(({ text: one }, i) => form(` (import "${FIRST}" "${letter(i)}" ${one.trim().replace(/(\(mut \w+\)).*$/, '$1)')})\n`)),
    ...forms.filter(({ kind, text: one }) => kind === 'global' && !/^ \(global \S+ \(mut/.test(one)),
    ...fill((name) => funcs.has(name) && !needed.has(name)),
    ...shared.map((name) => through(/** @type {Func} */ (funcs.get(name)?.func ?? imported.get(name)), sharedAt.get(name))),
    ...moved.map((func) => form(func.text)),
  ];
  first.push(...common.map(({ kind, text: one }, i) => form(` (export "${letter(i)}" (${kind} ${NAME.exec(one)?.[0]}))\n`)), ...fill(inFirst));
  return { first: writeWat({ head, forms: first }), second: writeWat({ head, forms: second }) };
}

/** @type {(text: string) => Form} */
const form = (text) => ({ kind: '', text });

/**
 * @param {Form[]} forms
 * @returns {Table} the one of functions
 */
function readTable(forms) {
  const table = forms.find(({ kind, text }) => kind === 'table' && text.includes('funcref'))?.text ?? '';
  const elems = forms.filter(({ kind }) => kind === 'elem');
  const [, start, list] = /\(i32\.const (\d+)\) func (.*)\)\s*$/s.exec(elems[0]?.text ?? '') ?? [];
  if (elems.length !== 1 || !list) throw new Error('a table of functions is expected, and one list of what is in it');
  return { name: NAME.exec(table)?.[0] ?? '', start: Number(start), entries: list.match(new RegExp(NAME, 'g')) ?? [] };
}

/**
 * @param {string} name of a function in the table
 * @param {Funcs} funcs
 * @returns {boolean}
 */
function isLater(name, funcs) {
  const text = funcs.get(name)?.text ?? '';
  if (SHIM.test(name)) return calls(text).some((callee) => isLater(callee, funcs)); // what it calls says whose it is
  return text.length > SHORT && LATER.test(name);
}

/**
 * @param {string[]} roots
 * @param {Funcs} funcs
 * @returns {Set<string>} those that are defined, and all that they call
 */
function reach(roots, funcs) {
  /** @type {Set<string>} */
  const reached = new Set();
  for (let name; (name = roots.pop()); ) {
    const func = funcs.get(name);
    if (!func || reached.has(name)) continue;
    reached.add(name);
    roots.push(...calls(func.text));
  }
  return reached;
}

/**
 * @param {string[]} names
 * @param {(name: string) => boolean} isHere
 * @returns {{ at: number, names: string[] }[]} the stretches that are here, and where they begin
 */
function runs(names, isHere) {
  /** @type {{ at: number, names: string[] }[]} */
  const found = [];
  names.forEach((name, at) => {
    if (!isHere(name)) return;
    const last = found.at(-1);
    if (last && last.at + last.names.length === at) last.names.push(name);
    else found.push({ at, names: [name] });
  });
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, waiting, ...targets] = process.argv.slice(2);
  if (targets.length !== 2) throw new Error('Usage: node split.js IN.wat EXPORT,EXPORT,… FIRST.wat SECOND.wat');
  const { first, second } = split(readFileSync(source, 'utf8'), waiting.split(','));
  writeFileSync(targets[0], first);
  writeFileSync(targets[1], second);
}
