// Takes out of a wasm file what Rust would say when it panics: nobody hears it. A panic ends in a trap with or without a message,
// and the client starts a new worker; so every call that cannot return becomes the trap itself, and the places in the source that
// the message would name are made zero. The standard library has to be built anew to do without, which takes a nightly compiler.
// Usage: node panics.js IN.wat OUT.wat

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NAME, defineFunc, endOf, parseWat, writeWat } from './wat.js';

/** @import { Form, Func } from './wat.js' */

/** The standard library's functions that panic, or end the program for want of memory. One that is missed is only not taken out. */
const PANICS = /^\$"?(<?(core|std|alloc)(\[\w+\])?::.*(panicking::(?!.*Payload)|_fail\b|_failed\b|slice_error_fail|capacity_overflow|handle_error|handle_alloc_error|rust_oom)|__rustc.*(rust_panic|alloc_error_handler))/;
/** A source file as a message names it. */
const SOURCE = /^[\w/.\-@+]+\.rs$/;
/** `core::panic::Location` on wasm32: address and length of the file's name, line, column. */
const LOCATION_BYTES = 16;
const LONGEST_NAME = 200;
const MOST_LINES = 100_000;
const MOST_COLUMNS = 1000;

/**
 * @param {string} text of a module, with its functions' names
 * @returns {string} the same without the words
 */
export function silencePanics(text) {
  const wat = parseWat(text);
  const panics = new Set(wat.forms.flatMap(({ func, text: form }) => (func && isPanic(func, form) ? [func.name] : [])));
  const forms = wat.forms.map((form) => {
    const { func } = form;
    if (!func) return form;
    return panics.has(func.name) ? defineFunc(func, '(unreachable)') : { ...form, text: trapInstead(form.text, panics) };
  });
  return writeWat({ ...wat, forms: withoutLocations(forms) });
}

/**
 * @param {Func} func
 * @param {string} form
 */
const isPanic = ({ name, results }, form) => PANICS.test(name) && !results.length && form.includes('(unreachable)');

/**
 * @param {string} form of a function
 * @param {Set<string>} panics
 * @returns {string} with a trap for each call of one of them; what the call was told is not made
 */
function trapInstead(form, panics) {
  const call = new RegExp(`\\(call (${NAME.source})`, 'g');
  let [written, from] = ['', 0];
  for (let match; (match = call.exec(form)); ) {
    if (!panics.has(match[1])) continue;
    written += `${form.slice(from, match.index)}(unreachable)`;
    from = call.lastIndex = endOf(form, match.index);
  }
  return written + form.slice(from);
}

/**
 * @param {Form[]} forms
 * @returns {Form[]} with one data segment, in which the places are zero
 */
function withoutLocations(forms) {
  const segments = forms.filter(({ kind }) => kind === 'data').map(({ text }) => readData(text));
  if (!segments.length) return forms;
  const start = Math.min(...segments.map(({ at }) => at));
  const memory = Buffer.alloc(Math.max(...segments.map(({ at, bytes }) => at + bytes.length)) - start);
  for (const { at, bytes } of segments) bytes.copy(memory, at - start);
  /** @type {Map<number, number>} */
  const names = new Map();
  for (let at = 0; at + LOCATION_BYTES <= memory.length; at += 4) {
    const [address, length, line, column] = [0, 4, 8, 12].map((offset) => memory.readUInt32LE(at + offset));
    const name = address - start;
    if (name < 0 || length > LONGEST_NAME || !line || line > MOST_LINES || !column || column > MOST_COLUMNS) continue;
    if (!SOURCE.test(memory.toString('latin1', name, name + length))) continue;
    names.set(name, length);
    memory.fill(0, at, at + LOCATION_BYTES);
  }
  for (const [name, length] of names) memory.fill(0, name, name + length);
  const bytes = memory.toString('hex').replace(/../g, '\\$&');
  const data = { kind: 'data', text: ` (data $data (i32.const ${start}) "${bytes}")\n` };
  return [...forms.filter(({ kind }) => kind !== 'data'), data];
}

/** @type {Record<string, number>} */
const ESCAPES = { t: 9, n: 10, r: 13, '"': 34, "'": 39, '\\': 92 };

/**
 * @param {string} form of a data segment
 * @returns {{ at: number, bytes: Buffer }}
 */
function readData(form) {
  const match = /^ \(data \S+ \(i32\.const (\d+)\) "(.*)"\)\s*$/s.exec(form);
  if (!match) throw new Error(`a data segment without a fixed place: ${form.slice(0, 80)}`);
  const bytes = [...match[2].matchAll(/\\([0-9a-f]{2})|\\(.)|([^\\])/gs)].map(
    ([, hex, escape, plain]) => (hex ? parseInt(hex, 16) : escape ? ESCAPES[escape] : plain.charCodeAt(0)),
  );
  return { at: Number(match[1]), bytes: Buffer.from(bytes) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [source, target] = process.argv.slice(2);
  if (!target) throw new Error('Usage: node panics.js IN.wat OUT.wat');
  writeFileSync(target, silencePanics(readFileSync(source, 'utf8')));
}
