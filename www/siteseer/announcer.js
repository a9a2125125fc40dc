// Tells counts to screen readers, politely: only what still holds once typing has paused, and never the same twice.

const PAUSE_MS = 700;

export class Announcer {
  #timer = 0;

  /** @param {HTMLElement} region has role=status */
  constructor(region) {
    this.region = region;
  }

  /** @param {string} text */
  say(text) {
    clearTimeout(this.#timer);
    this.#timer = Number(
      setTimeout(() => {
        if (this.region.textContent !== text) this.region.textContent = text;
      }, PAUSE_MS),
    );
  }

  silence() {
    clearTimeout(this.#timer);
    this.region.textContent = '';
  }
}
