// Making elements without HTML strings.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean>} [attributes] `false` leaves one out, `true` writes it empty
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/**
 * A line drawing in a 24 × 24 box, hidden from assistive technology.
 * @param {string} name becomes its class
 * @param {string} path
 */
export function icon(name, path) {
  const make = (/** @type {string} */ tag) => document.createElementNS('http://www.w3.org/2000/svg', tag);
  const svg = make('svg');
  setAttributes(svg, { class: `icon ${name}`, viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' });
  const line = make('path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/**
 * @param {Element} element
 * @param {Record<string, string | boolean>} attributes
 */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
}
