// Keeps the panel's foot on the screen: tells the style sheet how much room there is between the panel's upper edge
// and the window's lower one, and, where that is too little for reading, brings the box up.

const MARGIN_PX = 16;
/** Two rows and the foot; the style sheet knows the same length as 16rem, and a shorter one for low screens. */
const ENOUGH_PX = 256;

/**
 * @param {HTMLElement} panel
 * @param {Element} box brought up if need be
 * @param {boolean} opening else the visitor may have scrolled, and that is respected
 */
export function fitPanel(panel, box, opening = false) {
  if (panel.hidden) return;
  if (opening && roomBelow(panel) < ENOUGH_PX) box.scrollIntoView({ block: 'start', behavior: 'instant' });
  const room = roomBelow(panel);
  panel.style.setProperty('--_room', `${room}px`); // through the CSSOM: not an inline style for the policy
}

/**
 * Scrolls to the first row, also on a low screen, where the panel scrolls as a whole.
 * @param {HTMLElement} list
 */
export function toTop(list) {
  for (const element of [list, list.parentElement]) if (element) element.scrollTop = 0;
}

/** @param {HTMLElement} panel */
function roomBelow(panel) {
  const bottom = visualViewport ? visualViewport.offsetTop + visualViewport.height : innerHeight;
  return Math.floor(bottom - panel.getBoundingClientRect().top - MARGIN_PX);
}
