// What compares token vectors: this worker's encoder, or the GPU, where that scores pairs already and a probe of both found it
// quicker. No query waits for the probe. Whatever goes wrong on the GPU ends its part, and the encoder compares.

import { guard } from './guard.js';

/** @import { Backend } from './siteseer.js' */
/** @import { Models } from './models.js' */

export class LateScorer {
  /** Whether the GPU compares, once there is one; not while it is being measured. Undefined until then. @type {boolean | undefined} */
  #onGpu;
  /** What compared last. @type {Backend | undefined} */
  #newest;

  /** @param {Pick<Models, 'encoder' | 'gpu' | 'webgpu' | 'backend'>} models */
  constructor(models) {
    this.models = models;
    if (models.webgpu === 'force') this.#onGpu = true;
  }

  /** What compared last. @returns {Backend} */
  get backend() {
    return this.#newest ?? this.models.backend;
  }

  /**
   * @param {string} text
   * @param {Uint32Array} passages whose token vectors the encoder has
   * @returns {Promise<Float32Array>} the score of each
   */
  async score(text, passages) {
    const { encoder, gpu, backend } = this.models;
    const onCpu = () => guard(() => encoder.score_late(text, passages));
    if (gpu && this.#onGpu !== false) {
      const start = performance.now();
      const parts = guard(() => encoder.late_parts(text, passages));
      const read = performance.now();
      if (this.#onGpu) {
        try {
          const scores = await gpu.maxSim(parts);
          this.#newest = 'webgpu';
          return scores;
        } catch {
          this.#onGpu = false; // for good; these passages and those to come are the encoder's
        }
      } else {
        this.#onGpu = false;
        const scores = onCpu(); // which reads them, too
        const most = performance.now() - read - (read - start);
        gpu.timeMaxSim(parts).then((ms) => (this.#onGpu = ms < most), () => {});
        return scores;
      }
    }
    this.#newest = backend;
    return onCpu();
  }
}
