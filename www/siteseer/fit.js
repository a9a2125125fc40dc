// Keeps the panel's foot on the screen: tells the style sheet how much room there is between the panel's upper edge
// and the window's lower one.

const MARGIN_PX = 16;

/** @param {HTMLElement} panel */
export function fitPanel(panel) {
  if (panel.hidden) return;
  const bottom = visualViewport ? visualViewport.offsetTop + visualViewport.height : innerHeight;
  const room = Math.floor(bottom - panel.getBoundingClientRect().top - MARGIN_PX);
  panel.style.setProperty('--_room', `${room}px`); // through the CSSOM: not an inline style for the policy
}
