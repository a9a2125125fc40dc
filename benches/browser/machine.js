// What the figures depend on: the processor, and how much memory a tab's process took.

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The processor and the instruction sets that decide the speed of int8 dot products; null where the system doesn't say. */
export function processor() {
  const [cpu] = cpus();
  const flags = read('/proc/cpuinfo')?.match(/^flags\s*:(.*)$/m)?.[1].split(' ');
  const has = (flag) => (flags ? flags.includes(flag) : null);
  return { model: cpu.model.trim(), cores: cpus().length, avx2: has('avx2'), avxVnni: has('avx_vnni'), avx512Vnni: has('avx512_vnni') };
}

/** For Chromium: to run as on a processor that has no AVX-VNNI. */
export const WITHOUT_AVX_VNNI = '--js-flags=--no-enable-avx-vnni';

/** The browser's tab processes, by number. */
async function tabProcesses(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/** Peak resident memory of a process in bytes (Linux; null elsewhere). */
export function peakBytes(id) {
  const kilobytes = read(`/proc/${id}/status`)?.match(/^VmHWM:\s*(\d+) kB$/m)?.[1];
  return kilobytes ? kilobytes * 1024 : null;
}

/** The process of the tab that was loaded last: of those not `known`, the largest (another may wait for the next tab). */
export async function processOfNewTab(browser, known) {
  const fresh = (await tabProcesses(browser)).filter((id) => !known.has(id));
  return fresh.sort((a, b) => peakBytes(b) - peakBytes(a))[0];
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
