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

/** Markdown tables: times with ratios to the baseline, then the rest. */
export function tables({ engines, workloads }) {
  const names = Object.keys(engines);
  const time = (name, workload) => {
    const own = engines[name].ms[workload];
    if (!own) return '–';
    const base = engines[BASELINE]?.ms[workload];
    const ratio = base ? ` (${(median(base) / median(own)).toFixed(2)}×)` : '';
    return `${digits(median(own))} [${digits(Math.min(...own))}]${ratio}`;
  };
  const times = workloads.map((workload) => [workload, ...names.map((name) => time(name, workload))]);
  const accuracy = (field, short) => workloads
    .filter((workload) => names.some((name) => engines[name][field][workload] !== undefined))
    .map((workload) => [`${short}, ${workload}`, ...names.map((name) => engines[name][field][workload]?.toFixed(4) ?? '–')]);
  const megabytes = (bytes) => (bytes == null ? '–' : (bytes / 1e6).toFixed(2));
  const others = [
    ['load, both models (ms)', ...names.map((name) => digits(median(engines[name].loadMs)))],
    ['code (MB, gzip)', ...names.map((name) => megabytes(engines[name].bytes.code))],
    ['models (MB)', ...names.map((name) => megabytes(engines[name].bytes.model))],
    ['peak memory of the tab (MB)', ...names.map((name) => megabytes(engines[name].peakBytes))],
    ...accuracy('cosine', 'least cosine to fp32'),
    ...accuracy('logitError', 'largest logit difference to fp32'),
    ['backend', ...names.map((name) => engines[name].backend)],
  ];
  return [
    `Median ms [least] (how many times as fast as ${BASELINE})`,
    table(['workload', ...names], times),
    table(['', ...names], others),
  ].join('\n\n');
}

const digits = (ms) => (ms < 100 ? ms.toFixed(2) : ms.toFixed(0));

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
