// Rows must not move under a finger or a pressed mouse button: what would move them waits for the release.

/**
 * @param {HTMLElement} element
 * @param {() => void} change
 */
export function afterPress(element, change) {
  if (!element.matches(':active')) return change();
  const released = new AbortController();
  const once = () => {
    released.abort();
    setTimeout(change); // after the click that the release makes
  };
  for (const type of ['pointerup', 'pointercancel']) addEventListener(type, once, { signal: released.signal });
}
