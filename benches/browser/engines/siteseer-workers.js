// Siteseer with a helper worker for pairs, as `www/siteseer/pool.js` has them: each with an engine of its own, half of the
// pairs each (here all are equally long). No memory is shared.

import { load as loadAlone } from './siteseer.js';

export async function load(options) {
  const alone = await loadAlone(options);
  const helper = new Worker('/bench/worker.js', { type: 'module' });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      helper.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
      helper.postMessage(message);
    });
  await ask({ load: 'siteseer', options });

  return {
    ...alone,
    backend: `${alone.backend}, 2 workers`,
    async score(ids, types, length) {
      const half = Math.ceil(ids.length / length / 2) * length;
      const theirs = ask({ run: { ids: ids.slice(half), types: types.slice(half), length }, warm: 0, calls: 1 });
      const own = await alone.score(ids.subarray(0, half), types.subarray(0, half), length);
      return Float32Array.from([...own, ...(await theirs).out]);
    },
  };
}
