// What closes the panel: the focus leaves the box, a press beside it, Escape. That works wherever in the box the focus is, which
// goes back to the field; there the next Escape takes the text away. A panel that nobody has entered (the address brought the
// query) closes by it, too.

/** @import { Box } from './box.js' */

/** @param {Box} box */
export function heedClosing(box) {
  const { signal } = box;
  const { root, input, panel } = box.view;
  const on = (/** @type {EventTarget} */ target, /** @type {string} */ type, /** @type {(event: any) => void} */ listener) =>
    target.addEventListener(type, listener, { signal });

  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.altKey) return;
    const { activeElement } = root;
    if (!panel.hidden) {
      if (activeElement) input.focus();
      box.toggle(false);
    } else if (activeElement === input && input.value) box.setText('');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  on(root, 'keydown', onKey);
  if (box.options.stays) return;
  on(document, 'keydown', onKey);
  on(root, 'focusout', ({ relatedTarget }) => root.contains(relatedTarget) || box.toggle(false));
  on(document, 'pointerdown', (event) => event.composedPath().includes(root) || box.toggle(false));
}
