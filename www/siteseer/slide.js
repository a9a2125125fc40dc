// Moving rows so that the eye can follow: first the old places, then the change, then a slide from old to new ("FLIP").

const MOVE_MS = 150;

/**
 * @param {HTMLElement} list
 * @param {() => void} change what re-orders the list's rows
 */
export function slide(list, change) {
  const rows = () => [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('.row, .page'))];
  if (matchMedia('(prefers-reduced-motion: reduce)').matches || !list.animate) return change();

  const before = new Map(rows().map((row) => [row, top(row)]));
  change();
  for (const row of rows()) {
    const was = before.get(row);
    const distance = (was ?? 0) - top(row);
    if (was === undefined) row.animate({ opacity: [0, 1] }, MOVE_MS);
    else if (distance) row.animate({ transform: [`translateY(${distance}px)`, 'none'] }, { duration: MOVE_MS, easing: 'ease-out' });
  }
}

/**
 * Within the list, whatever is scrolled or still sliding.
 * @param {HTMLElement} row
 */
const top = (row) => row.offsetTop;
