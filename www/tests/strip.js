// Takes the comments out of a module with the very script that the build uses.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../strip.sed', import.meta.url));
/** @type {Map<string, Buffer>} */
const done = new Map();

/**
 * @param {Buffer} module
 * @returns {Buffer}
 */
export function strip(module) {
  const key = module.toString('latin1');
  const stripped = done.get(key) ?? execFileSync('sed', ['-E', '-f', SCRIPT], { input: module });
  done.set(key, stripped);
  return stripped;
}
