// The module worker in which the engine runs, or a helper of it. It only translates between messages and `host.js` or
// `helper.js`.

import { Host, importUpper } from './host.js';
import { serve } from './rpc-worker.js';

const scope = /** @type {Pick<Worker, 'postMessage' | 'addEventListener'>} */ (/** @type {unknown} */ (self));
const host = new Host((event, data) => scope.postMessage({ event, data }));

/** @type {import('./helper.js').Helper} */
let helper;

serve(scope, {
  open: (args) => host.open(args),
  load: (args, signal) => host.load(args, signal),
  query: (args, signal) => host.query(args, signal),
  rerank: (args, signal) => host.rerank(args, signal),
  facets: (args, signal) => host.facets(args, signal),
  suggest: (args, signal) => host.suggest(args, signal),
  context: (args) => host.context(args),
  embed: (args) => host.embed(args),
  tokenIds: (args) => host.tokenIds(args),
  help: async (models) => (helper = new (await importUpper()).Helper()).load(models),
  score: (pairs) => helper.score(pairs),
});
