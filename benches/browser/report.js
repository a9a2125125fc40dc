// Tables out of the samples.

import { BASELINE } from './plan.js';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The least cosine of two [count, dim]. */
export function leastCosine(a, b, dim) {
  let least = 1;
  for (let at = 0; at < a.length; at += dim) {
    let [dot, squareA, squareB] = [0, 0, 0];
    for (let j = at; j < at + dim; j++) {
      dot += a[j] * b[j];
      squareA += a[j] * a[j];
      squareB += b[j] * b[j];
    }
    least = Math.min(least, dot / Math.sqrt(squareA * squareB));
  }
  return least;
}

export const largestDifference = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

/** The machine, then the tables. */
export function report(result) {
  const { model, cores, avx2, avxVnni } = result.processor;
  const rounds = `${result.rounds} round${result.rounds === 1 ? '' : 's'}`;
  return `${model}, ${cores} cores, AVX2: ${avx2}, AVX-VNNI: ${avxVnni}${result.withoutAvxVnni ? ', switched off in the browser' : ''}; Chromium ${result.browser}; ${rounds}\n\n${tables(result)}`;
}

/** Markdown tables, an engine a line: times, ratios to the baseline, then the rest. */
function tables({ engines, workloads }) {
  const names = Object.keys(engines);
  const times = (cell) => table(['', ...workloads], names.map((name) => [name, ...workloads.map((workload) => cell(name, workload))]));
  const milliseconds = times((name, workload) => {
    const own = engines[name].ms[workload];
    return `${digits(median(own))} [${digits(Math.min(...own))}]`;
  });
  const ratios = times((name, workload) => (median(engines[BASELINE].ms[workload]) / median(engines[name].ms[workload])).toFixed(2));
  const others = names.map((name) => {
    const { loadMs, bytes, peakBytes, cosine, logitError, backend } = engines[name];
    return [
      name, digits(median(loadMs)), megabytes(bytes.code), megabytes(bytes.model), megabytes(peakBytes),
      extreme(Math.min, cosine), extreme(Math.max, logitError), backend,
    ];
  });
  return [
    'Median ms [least]',
    milliseconds,
    ...(engines[BASELINE] ? [`Times as fast as ${BASELINE} (ratio of medians)`, ratios] : []),
    'Loading both models (local server), bytes, peak memory of the tab, distance to fp32 over all workloads',
    table(['', 'load ms', 'code MB gzip', 'models MB', 'peak MB', 'least cosine', 'largest logit error', 'backend'], others),
  ].join('\n\n');
}

const digits = (ms) => (ms < 100 ? ms.toFixed(2) : ms.toFixed(0));
const megabytes = (bytes) => (bytes == null ? '–' : (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0));
const extreme = (pick, values) => (Object.keys(values).length ? pick(...Object.values(values)).toFixed(4) : '–');

/** Cells padded, so that it reads well in a terminal too. */
export function table(head, rows) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((cells) => cells[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
