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

/** Peak resident memory of the largest tab process in bytes (Linux; null elsewhere). Ask while one tab is open. */
export async function tabPeakBytes(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const peaks = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => read(`/proc/${id}/status`)?.match(/^VmHWM:\s*(\d+) kB$/m)?.[1])
    .filter(Boolean);
  return peaks.length ? Math.max(...peaks) * 1024 : null;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
