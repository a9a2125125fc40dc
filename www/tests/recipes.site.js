// The recipes of docs/recipes.md, with the generators themselves: each builds its little site in examples/recipes, which is
// indexed, served and asked one question in the browser, as a visitor would; and the shell lines of the workflow for GitHub Pages. By ./build.sh recipes, which brings:
//
//   SITESEER   the program      MDBOOK, VITEPRESS   the generators      CHROMIUM   the browser

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { launch, openPage } from './browser.js';

/** @import { Browser } from 'playwright-core' */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RECIPES = join(ROOT, 'examples/recipes');
const work = mkdtempSync(join(tmpdir(), 'siteseer-recipes-'));

/** @param {string} variable */
function program(variable) {
  const path = process.env[variable] ?? '';
  assert.ok(existsSync(path), `${variable} names the program; ./build.sh recipes sets it`);
  return path;
}

/** @param {string} recipe a copy of it, to work in */
function copy(recipe) {
  const folder = join(work, recipe);
  cpSync(join(RECIPES, recipe), folder, { recursive: true });
  return folder;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} [cwd]
 */
const run = (command, args, cwd = work) => execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/**
 * `siteseer serve` on a port of its own choosing.
 * @param {string} folder
 * @returns {Promise<{ url: string, close: () => void }>}
 */
function serve(folder) {
  const server = spawn(program('SITESEER'), ['serve', folder, '--port', '0']);
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (/** @type {Buffer} */ text) => {
      said += text;
      const url = said.match(/http:\/\/[\d.]+:\d+\//)?.[0];
      if (url) resolve({ url, close: () => server.kill() });
    };
    server.stdout.on('data', listen);
    server.stderr.on('data', listen);
    server.on('exit', (code) => reject(new Error(`siteseer serve ended (${code}): ${said}`)));
  });
}

/** @type {Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(work, { recursive: true, force: true });
});

/**
 * @param {string} folder the built site
 * @param {string} start page to begin at
 * @param {boolean} [modal] the box is in a dialog
 */
async function ask(folder, start, modal = false) {
  run(program('SITESEER'), ['index', folder, '--quiet'], ROOT); // where the models are
  await askIndexed(folder, start, modal);
}

/**
 * @param {string} folder the indexed site
 * @param {string} start page to begin at
 * @param {boolean} [modal] the box is in a dialog
 */
async function askIndexed(folder, start, modal = false) {
  const { url, close } = await serve(folder);
  try {
    const { page, context, complaints } = await openPage(browser, url);
    page.setDefaultTimeout(60_000);
    await page.goto(url + start);
    if (modal) await page.locator('siteseer-modal .trigger').waitFor(); // before, nobody hears the keys
    if (modal) await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('how to keep the crust soft');
    await page.locator('.badge.dense, .badge.reranked').first().waitFor();
    const first = page.getByRole('option').first();
    assert.match(String(await first.getAttribute('href')), /bread(\.html)?#(the-)?oven/);
    await first.click();
    await page.waitForURL(/bread(\.html)?#(the-)?oven/);
    await page.getByRole('heading', { name: 'The oven' }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  } finally {
    close();
  }
}

test('plain HTML', async () => {
  await ask(copy('html'), 'index.html');
});

test('mdBook', async () => {
  const folder = copy('mdbook');
  run(program('MDBOOK'), ['build', folder]);
  await ask(join(folder, 'book'), 'introduction.html', true);
});

test('VitePress', async () => {
  const folder = copy('vitepress');
  const vitepress = program('VITEPRESS');
  symlinkSync(dirname(dirname(vitepress)), join(folder, 'node_modules')); // NODE_MODULES/.bin/vitepress
  run(vitepress, ['build', folder], folder);
  await ask(join(folder, '.vitepress/dist'), 'index.html', true);
});

/**
 * @typedef {{ uses?: string, run?: string, id?: string, if?: string, 'working-directory'?: string, with?: Record<string, string> }} Step
 */

/**
 * The shell lines of a job, as a runner of GitHub runs them where the program is in the cache: each by `bash -e`, in order.
 * @param {Step[]} steps
 * @param {string} workspace
 * @param {Record<string, string>} env the workflow's
 * @returns {string} what they said
 */
function runSteps(steps, workspace, env) {
  const outputs = join(work, 'outputs');
  let said = '';
  for (const step of steps.filter((step) => step.run && !step.if)) {
    const cwd = join(workspace, step['working-directory'] ?? '.');
    const script = `{ ${step.run}\n} 2>&1`;
    said += execFileSync('bash', ['-e', '-c', script], { cwd, env: { ...process.env, ...env, GITHUB_OUTPUT: outputs }, encoding: 'utf8' });
  }
  assert.match(readFileSync(outputs, 'utf8'), /^commit=[0-9a-f]{40}$/m);
  return said;
}

test('GitHub Pages: the lines of the workflow, twice', async () => {
  const { env, jobs } = parse(readFileSync(join(ROOT, 'examples/github-pages.yml'), 'utf8'));
  /** @type {Step[]} */
  const steps = jobs.pages.steps;
  for (const { uses } of steps.filter((step) => step.uses)) assert.match(String(uses), /^actions\/[a-z-]+@v\d+$/);
  const build = steps.find((step) => step.run?.includes('YOUR BUILD COMMAND'));
  assert.ok(build, 'there is a line to change');
  build.run = `cp -R ${join(RECIPES, 'html')} "$SITE"`;
  // what is left out because the program is in the cache is how ./build.sh made it
  const skipped = steps.filter((step) => step.run && step.if);
  assert.deepEqual(skipped.map((step) => [step.if, step.run]), [
    ["steps.program.outputs.cache-hit != 'true'", './build.sh wasm && cargo build --release'],
  ]);
  const cached = steps.find((step) => step.id === 'program')?.with?.path ?? '';

  const workspace = join(work, 'workflow');
  mkdirSync(join(workspace, dirname(cached)), { recursive: true });
  cpSync(program('SITESEER'), join(workspace, cached));
  const source = join(workspace, '.siteseer');
  run('git', ['init', '--quiet', source]);
  writeFileSync(join(source, 'README.md'), 'where the source is');
  run('git', ['-C', source, 'add', 'README.md']);
  run('git', ['-C', source, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '--quiet', '-m', 'source']);

  runSteps(steps, workspace, env);
  await askIndexed(join(workspace, env.SITE), 'index.html');
  rmSync(join(workspace, env.SITE), { recursive: true });
  const again = runSteps(steps, workspace, env);
  assert.match(again, /vectors of \d+ passages reused/, 'the index of the run before is at hand');
  await askIndexed(join(workspace, env.SITE), 'index.html');
});
