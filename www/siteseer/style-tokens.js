// Every colour, size and font of the search box. A site sets the public names (`--siteseer-…`) on the element or on
// any ancestor; the private ones (`--_…`) hold the defaults. Light or dark follows the `color-scheme` that the element
// inherits from the page; the attribute `theme` overrides it: `light`, `dark`, or `auto` for the visitor's system.

export const tokens = /* css */ `
:host {
  --_font: var(--siteseer-font, inherit);
  --_font-mono: var(--siteseer-font-mono, ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
  --_size: var(--siteseer-font-size, max(1rem, 16px)); /* some sites have 1rem = 10px */
  --_radius: var(--siteseer-radius, 12px);
  --_field-height: var(--siteseer-field-height, 52px);
  --_panel-height: var(--siteseer-panel-height, 40em);
  --_panel-width: var(--siteseer-panel-width, 100%);
  --_layer: var(--siteseer-layer, 1000);

  --_field: var(--siteseer-field, light-dark(#ffffff, #171a21));
  --_panel: var(--siteseer-panel, light-dark(#ffffff, #1a1e26));
  --_text: var(--siteseer-text, light-dark(#1b2230, #e7eaf0));
  --_muted: var(--siteseer-muted, light-dark(#5a6477, #9ea8ba));
  --_border: var(--siteseer-border, light-dark(#d3d9e3, #333a47));
  --_accent: var(--siteseer-accent, light-dark(#2f5bd0, #8fb0ff));
  --_ring: var(--siteseer-ring, light-dark(#2f5bd029, #8fb0ff33));
  --_active: var(--siteseer-active, light-dark(#edf2fe, #252d3f));
  --_hover: var(--siteseer-hover, light-dark(#f5f7fa, #20252f));
  --_foot: var(--siteseer-foot, light-dark(#f8f9fb, #161a21));
  --_mark: var(--siteseer-mark, light-dark(#ffeeb0, #5b4a13));
  --_mark-text: var(--siteseer-mark-text, light-dark(#3a2e00, #ffedb3));
  --_danger: var(--siteseer-danger, light-dark(#b3261e, #ff9d94));
  --_shadow: var(--siteseer-shadow, 0 1px 2px light-dark(#10182814, #0006), 0 12px 32px light-dark(#1018281f, #0009));

  display: block;
  position: relative;
  scroll-margin-block-start: var(--siteseer-scroll-margin, 8px);
  font-family: var(--_font);
  font-size: var(--_size);
  font-style: normal;
  font-weight: 400;
  line-height: 1.5;
  color: var(--_text);
  text-align: start;
  -webkit-text-size-adjust: 100%;
}
:host([hidden]) { display: none; }
:host([theme='light']) { color-scheme: light; }
:host([theme='dark']) { color-scheme: dark; }
:host([theme='auto']) { color-scheme: light dark; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.aside {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition: none !important; animation: none !important; }
}
`;
