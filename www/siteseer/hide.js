// Hiding what may have the focus: a button that has done its work must not take the focus along, which goes to the field.

/**
 * @param {HTMLElement} element of the box
 * @param {boolean} [hidden]
 */
export function hide(element, hidden = true) {
  const root = /** @type {ShadowRoot} */ (element.getRootNode());
  if (hidden && element.contains(root.activeElement)) root.getElementById('input')?.focus();
  element.hidden = hidden;
}
