// What a worker really does with its GPU, whichever runtime asks: the adapter of each device that is opened, and the workgroups that are
// dispatched. It stands between the runtime and the browser, so that no engine is believed on its word.

/** Of each device, in the order in which they were opened. @type {{ vendor: string, architecture: string, description: string }[]} */
export const adapters = [];
/** Calls of `dispatchWorkgroups` so far. */
export let dispatches = 0;

/** Wraps the browser's own functions; before the runtime is loaded. */
export function watch() {
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = function (...args) {
    const { vendor, architecture, description } = this.info;
    adapters.push({ vendor, architecture, description });
    return requestDevice.apply(this, args);
  };
  for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect']) {
    const dispatch = GPUComputePassEncoder.prototype[name];
    GPUComputePassEncoder.prototype[name] = function (...args) {
      dispatches += 1;
      return dispatch.apply(this, args);
    };
  }
}
