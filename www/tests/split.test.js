// The tools that make wasm files shorter: what they take out of a module's text and how they cut it in two. That the parts work
// together is seen where the engine itself runs, in tests/browser/.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { silencePanics } from '../panics.js';
import { split } from '../split.js';
import { calls, endOf, parseFunc, parseWat, writeWat } from '../wat.js';
import { LATER } from './fake-engine/engine.js';

/** Two exports with one function in common; a closure in the table; a panic that names its place. */
const MODULE = `(module $m
 (type $0 (func (param i32) (result i32)))
 (import "./m_bg.js" "say" (func $say (param i32)))
 (global $__stack_pointer (mut i32) (i32.const 1024))
 (memory $0 1)
 (data $.rodata (i32.const 1024) "src/a.rs\\00\\04\\00\\00\\08\\00\\00\\00\\07\\00\\00\\00\\05\\00\\00\\00\\22kept")
 (table $0 3 3 funcref)
 (elem $0 (table $0) (i32.const 1) func $"<&str as core::fmt::Display>::fmt" $"search::context::{{closure}}")
 (export "memory" (memory $0))
 (export "now" (func $now))
 (export "then" (func $"then (x)"))
 (func $now (param $0 i32) (result i32)
  (if (i32.eqz (local.get $0)) (then (call $"core[c5]::panicking::panic_fmt" (i32.const 1)
     (call $common (i32.const 2)))))
  (call $common (local.get $0))
 )
 (func $"then (x)" (param $0 i32) (result i32)
  (call $say (i32.const 3))
  (call $common (call $only_then (local.get $0)))
 )
 (func $common (param $0 i32) (result i32)
  (local.get $0)
 )
 (func $only_then (param $0 i32) (result i32)
  (i32.add (local.get $0) (i32.const 1))
 )
 (func $"<&str as core::fmt::Display>::fmt" (param $0 i32) (result i32)
  (local.get $0)
 )
 (func $"search::context::{{closure}}" (param $0 i32) (result i32)
  ;; ${'long enough to be what its name says '.repeat(12)}
  (call $only_then (local.get $0))
 )
 (func $"core[c5]::panicking::panic_fmt" (param $0 i32) (param $1 i32)
  (call $say (local.get $0))
  (unreachable)
 )
)
`;
const names = (/** @type {string} */ text) => parseWat(text).forms.flatMap(({ func }) => (func ? [func.name] : []));
const textOf = (/** @type {string} */ text, /** @type {string} */ name) => parseWat(text).forms.find(({ func }) => func?.name === name)?.text ?? '';

test('a module is read and written as it is', () => {
  assert.equal(writeWat(parseWat(MODULE)), MODULE);
  assert.deepEqual(calls(textOf(MODULE, '$"then (x)"')), ['$say', '$common', '$only_then']);
  assert.equal('(a "(" (b))'.length, endOf('(a "(" (b)) (c)', 0));
  const { name, params, results, signature } = parseFunc('(func $"a b" (param $0 i32) (param $1 f64) (result i32 i32)');
  assert.deepEqual([name, params, results, signature], ['$"a b"', ['i32', 'f64'], ['i32', 'i32'], ' (param i32 f64) (result i32 i32)']);
});

test('a panic becomes a trap, and nothing says where it was', () => {
  const quiet = silencePanics(MODULE);
  assert.match(textOf(quiet, '$now'), /\(then \(unreachable\)\)/);
  assert.deepEqual(calls(textOf(quiet, '$now')), ['$common']);
  assert.match(textOf(quiet, '$"core[c5]::panicking::panic_fmt"'), /^ \(func \S+ \(param \$0 i32\) \(param \$1 i32\)\n {2}\(unreachable\)\n \)\n$/);
  const [data] = parseWat(quiet).forms.filter(({ kind }) => kind === 'data');
  assert.match(data.text, /\(i32\.const 1024\) "(\\00){24}\\22\\6b\\65\\70\\74"/);
  assert.equal(textOf(quiet, '$"then (x)"'), textOf(MODULE, '$"then (x)"'));
});

test('the first part has what its exports call, and doors to the second', () => {
  const { first, second } = split(MODULE, ['then']);
  assert.deepEqual(names(first), ['$now', '$"then (x)"', '$common', '$"<&str as core::fmt::Display>::fmt"', '$"core[c5]::panicking::panic_fmt"']);
  // places 1 and 2 were there; then the door, then what the second calls of the first
  assert.match(textOf(first, '$"then (x)"'), /\(call_indirect \$0 \(param i32\) \(result i32\) \(local\.get \$0\) \(i32\.const 3\)\)/);
  assert.match(first, /\(elem \(table \$0\) \(i32\.const 1\) func \$"<&str as core::fmt::Display>::fmt"\)/);
  assert.match(first, /\(elem \(table \$0\) \(i32\.const 4\) func \$say \$common\)/);
  assert.match(first, /\(table \$0 6 6 funcref\)/);

  assert.match(second, /\(elem \(table \$0\) \(i32\.const 2\) func \$"search::context::\{\{closure\}\}" \$"then \(x\)"\)/);
  assert.match(textOf(second, '$common'), /\(call_indirect \$0 .*\(i32\.const 5\)\)/);
  assert.equal(textOf(second, '$"then (x)"'), textOf(MODULE, '$"then (x)"'));
  assert.doesNotMatch(second, /\(data|\(export/);
});

test('a second part fits no other first part', () => {
  const parts = [MODULE, MODULE.replace('kept', 'left')].map((text) => split(text, ['then']));
  const asked = parts.map(({ second }) => /\(import "first" "(\w{8})"/.exec(second)?.[1]);
  assert.notEqual(asked[0], asked[1]);
  for (const [i, { first }] of parts.entries()) assert.ok(first.includes(`(export "${asked[i]}" `) && !first.includes(`"${asked[1 - i]}"`));
});

test('an export that is not there is no part', () => {
  assert.throws(() => split(MODULE, ['never']), /no export never/);
});

test('the fake engine waits for the same as the build', () => {
  const script = readFileSync(new URL('../../scripts/wasm.sh', import.meta.url), 'utf8');
  const listed = [...script.matchAll(/^ENGINE_LATER\+?=,?(.*)$/gm)].flatMap(([, list]) => list.split(','));
  assert.deepEqual(listed.sort(), [...LATER].sort());
});
