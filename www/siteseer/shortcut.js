// The keys that open search from anywhere on a page: ⌘K on Apple's systems and Ctrl+K elsewhere, and `/` unless the
// visitor is typing.

const APPLE = /Mac|iP(hone|ad|od)/.test(globalThis.navigator?.platform ?? '');

/** For a key cap. */
export const SHORTCUT = APPLE ? '⌘ K' : 'Ctrl K';
/** For `aria-keyshortcuts`. */
export const ARIA_SHORTCUT = `${APPLE ? 'Meta' : 'Control'}+K /`;

const FIELDS = 'input, textarea, select, [role=textbox], [role=combobox]';

/**
 * @param {KeyboardEvent} event
 * @returns {'toggle' | 'show' | null} what the key asks for
 */
export function readShortcut(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (event.defaultPrevented || event.isComposing || event.repeat || altKey) return null;
  if (APPLE ? metaKey && !ctrlKey : ctrlKey && !metaKey) return key.toLowerCase() === 'k' && !shiftKey ? 'toggle' : null;
  return key === '/' && !ctrlKey && !metaKey && !isTyping(event) ? 'show' : null; // on some keyboards `/` needs Shift
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.isContentEditable || target.matches(FIELDS));
}
