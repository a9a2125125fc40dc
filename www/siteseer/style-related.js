// The look of `<siteseer-related>`: a heading and links in boxes, beside each other where there is room.

export const related = /* css */ `
#heading {
  margin: 0 0 12px;
  font: inherit;
  font-size: 1.0625em;
  font-weight: 600;
}
.pages {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr));
  gap: 10px;
  margin: 0;
  padding: 0;
  list-style: none;
}
li {
  position: relative;
  min-inline-size: 0;
  min-block-size: 44px;
  padding: 10px 14px;
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  background: var(--_field);
  overflow-wrap: anywhere;
}
li:hover { background: var(--_hover); }
li:focus-within { border-color: var(--_accent); }
.link { color: var(--_accent); font-weight: 600; text-decoration: none; }
.link::after { content: ''; position: absolute; inset: 0; border-radius: var(--_radius); }
.link:hover { text-decoration: underline; }
.link:focus-visible { outline: none; }
.link:focus-visible::after { outline: 2px solid var(--_accent); outline-offset: 1px; }
.reason { display: block; margin-block-start: 2px; color: var(--_muted); font-size: 0.8125em; }
`;
