// Starts Chromium for the tests and hands out fresh pages. What the page reports as an error, a violation of the
// policy or a request to another origin is collected, so that every test can assert that there was none.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const ARGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @param {string[]} [args] besides the usual ones */
export function launch(args = []) {
  const executablePath = PATHS.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('No Chromium found. Install it, or set CHROMIUM to its path.');
  return chromium.launch({ executablePath, args: [...ARGS, ...args] });
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin the only one that may be asked
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`request: ${request.url()}`);
  });
  return { page, context, complaints };
}

/** A page with nothing but a search box or a modal, as a docs author writes it. */
export const boxPage = ({ element = 'siteseer-search', attributes = '', lang = 'en', dir = 'ltr', scheme = 'light dark' } = {}) => `<!doctype html>
<html lang="${lang}" dir="${dir}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${scheme}">
<title>Test page</title>
<script type="module" src="siteseer/siteseer.js"></script>
</head>
<body><main><h1>Documentation</h1><${element} ${attributes}></${element}><p><a href="#">after</a></p></main></body>
</html>`;
