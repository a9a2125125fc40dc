// Giving way to messages that wait in the worker's queue. A message to oneself queues behind them and, unlike
// `setTimeout`, is not held back for 4 ms when it is sent again and again.

const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
port1.onmessage = () => waiting.shift()?.();

/** @returns {Promise<void>} after the messages that wait now were handled */
export const nextTask = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(0);
  });
