// What kept the page's main thread, by the browser's own trace: every task with its length. Long-task and long-frame entries begin at 50 ms,
// and a clock of our own in the page would be one more thing that keeps it.

const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8.execute'];
const TASK = 'RunTask';

/**
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').Page} page
 * @param {() => Promise<void>} work
 * @returns {Promise<{ ms: number, cpuMs: number, parts: string }[]>} the tasks of the page's main thread, longest first; `parts`: its longest, in short
 */
export async function tasksDuring(browser, page, work) {
  await browser.startTracing(page, { categories: CATEGORIES });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const thread = mainThread(traceEvents);
  const own = traceEvents.filter((event) => event.ph === 'X' && threadOf(event) === thread);
  const tasks = own.filter(({ name }) => name === TASK).sort((a, b) => b.dur - a.dur);
  return tasks.map((task, place) => ({ ms: task.dur / 1000, cpuMs: (task.tdur ?? NaN) / 1000, parts: place < 3 ? partsOf(task, own) : '' }));
}

const threadOf = ({ pid, tid }) => `${pid}/${tid}`;

/** Of the main threads of all tabs and workers the one that did most. */
function mainThread(events) {
  const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf));
  const counts = new Map();
  for (const event of events) {
    if (event.name === TASK && mains.has(threadOf(event))) counts.set(threadOf(event), (counts.get(threadOf(event)) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function partsOf(task, events) {
  const inside = events.filter(({ name, ts, dur }) => name !== TASK && ts >= task.ts && ts + dur <= task.ts + task.dur);
  const longest = inside.sort((a, b) => b.dur - a.dur).slice(0, 4);
  return longest.map(({ name, dur, args }) => `${name} ${args?.data?.url?.split('/').at(-1) ?? ''} ${(dur / 1000).toFixed(1)}`.replace('  ', ' ')).join(', ');
}
