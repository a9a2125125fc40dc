// The text of a WebAssembly module as `wasm-dis` and `wasm-opt -S` write it: every form of the module on a line of its own, at the
// depth of one space, and every reference by name. Enough of it to take functions out and to see what calls what.

/** An identifier, plain or quoted. */
export const NAME = /\$(?:"(?:[^"\\]|\\.)*"|[^\s()]+)/;

/**
 * A function of a module, defined or imported: its name with the `$`, its types, and `(param …) (result …)` without names.
 * @typedef {{ name: string, params: string[], results: string[], signature: string }} Func
 */
/** A form of a module; `func` if it defines one. @typedef {{ kind: string, text: string, func?: Func }} Form */
/** A module: its first line, then its forms. @typedef {{ head: string, forms: Form[] }} Wat */

/**
 * @param {string} text
 * @returns {Wat}
 */
export function parseWat(text) {
  const [head, ...rest] = text.replace(/\n\)\s*$/, '\n').split(/^(?= \()/m);
  const forms = rest.map((form) => {
    const kind = /^ \((\w+)/.exec(form)?.[1] ?? '';
    return { kind, text: form, ...(kind === 'func' && { func: parseFunc(form) }) };
  });
  return { head, forms };
}

/** @param {Wat} wat */
export const writeWat = ({ head, forms }) => `${head}${forms.map(({ text }) => text).join('')})\n`;

/**
 * @param {string} text `(func $name (param $0 i32) (result i32) …`
 * @returns {Func}
 */
export function parseFunc(text) {
  const [name] = NAME.exec(text) ?? [''];
  const [line] = text.slice(text.indexOf(name) + name.length).split('\n');
  const types = (/** @type {'param' | 'result'} */ which) =>
    [...line.matchAll(new RegExp(`\\(${which} (?:\\$\\S+ )?([^)]*)\\)`, 'g'))].flatMap(([, list]) => list.trim().split(/\s+/));
  const [params, results] = [types('param'), types('result')];
  const write = (/** @type {string} */ which, /** @type {string[]} */ list) => (list.length ? ` (${which} ${list.join(' ')})` : '');
  return { name, params, results, signature: write('param', params) + write('result', results) };
}

/**
 * @param {Func} func
 * @param {string} body instructions, folded
 * @returns {Form} the function with another body; its parameters are `$0`, `$1`, …
 */
export function defineFunc(func, body) {
  const params = func.params.map((type, i) => ` (param $${i} ${type})`).join('');
  const results = func.results.length ? ` (result ${func.results.join(' ')})` : '';
  return { kind: 'func', text: ` (func ${func.name}${params}${results}\n  ${body}\n )\n`, func };
}

/**
 * @param {string} text of a form
 * @returns {string[]} the functions that it names: those that it calls, and those whose address it takes
 */
export const calls = (text) => [...text.matchAll(CALL)].map(([, name]) => name);
const CALL = new RegExp(`\\((?:call|return_call|ref\\.func) (${NAME.source})`, 'g');

/**
 * @param {string} text
 * @param {number} start of a form
 * @returns {number} where it ends
 */
export function endOf(text, start) {
  PARENTHESIS.lastIndex = start;
  let depth = 0;
  for (let match; (match = PARENTHESIS.exec(text)); ) {
    if (match[0] === '(') depth++;
    else if (match[0] === ')' && --depth === 0) return PARENTHESIS.lastIndex;
  }
  throw new Error(`no end of the form at ${start}`);
}
const PARENTHESIS = /"(?:[^"\\]|\\.)*"|[()]/g;
