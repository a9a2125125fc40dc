// The look of what stands in the place of a search box in a page that was opened from the disk.

export const disk = /* css */ `
:host { display: block; }
:host([hidden]) { display: none; }
.message {
  box-sizing: border-box;
  max-inline-size: 40em;
  padding: 14px 18px;
  border: 1px solid var(--siteseer-border, light-dark(#d3d9e3, #333a47));
  border-radius: var(--siteseer-radius, 12px);
  background: var(--siteseer-panel, light-dark(#ffffff, #1a1e26));
  color: var(--siteseer-text, light-dark(#1b2230, #e7eaf0));
  font-family: var(--siteseer-font, inherit);
  font-size: max(1rem, 16px);
  font-weight: 400;
  line-height: 1.5;
  text-align: start;
  white-space: normal;
  overflow-wrap: anywhere;
}
p { margin: 0; }
.headline { font-weight: 600; }
code {
  padding: 1px 5px;
  border: 1px solid var(--siteseer-border, light-dark(#d3d9e3, #333a47));
  border-radius: 5px;
  font: 0.9em var(--siteseer-font-mono, ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
}
`;
