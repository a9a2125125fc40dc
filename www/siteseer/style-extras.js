// The look of filters, recent searches and suggestions: lines above the list, and buttons where nothing was found.

export const extras = /* css */ `
.facets {
  flex: none;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0 20px;
  max-block-size: 9.5rem;
  padding: 4px 14px;
  border-block-end: 1px solid var(--_border);
  background: var(--_foot);
  font-size: 0.8125em;
  overflow-y: auto;
  overscroll-behavior: contain;
}
.facet { display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; min-inline-size: 0; }
.facet-name { color: var(--_muted); font-weight: 600; }
.chip {
  position: relative;
  min-block-size: 32px;
  margin-block: 6px; /* with the line that the finger may touch: 44 px */
  padding: 2px 12px;
  max-inline-size: 100%;
  border: 1px solid var(--_border);
  border-radius: 16px;
  background: var(--_panel);
  color: var(--_text);
  font: inherit;
  overflow-wrap: anywhere;
  cursor: pointer;
}
.chip::after { content: ''; position: absolute; inset: -7px 0; }
.chip:hover { border-color: var(--_accent); }
.chip:focus-visible { outline: 2px solid var(--_accent); outline-offset: 1px; }
.chip[aria-pressed='true'] { background: var(--_active); border-color: var(--_accent); color: var(--_accent); font-weight: 600; }
.count { margin-inline-start: 3px; color: var(--_muted); font-weight: 400; font-variant-numeric: tabular-nums; }
.clear-filters { border-style: dashed; color: var(--_accent); }
.recent-head {
  flex: none;
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding: 6px 6px 0 18px;
  color: var(--_muted);
  font-size: 0.8125em;
  font-weight: 600;
}
.recent-head .action { border: 0; background: none; }
.recent { display: flex; align-items: center; gap: 12px; cursor: pointer; }
.recent .icon { inline-size: 18px; block-size: 18px; color: var(--_muted); }
.suggestions { display: flex; flex-wrap: wrap; justify-content: center; gap: 8px; padding: 0 20px 24px; }
.suggestions:empty { display: none; }
.list:not([hidden]) ~ .suggestions { padding: 4px 14px 10px; font-size: 0.875em; }
.suggestions .action { overflow-wrap: anywhere; }
@media (max-width: 40rem), (max-height: 30rem) {
  .facets, .facet { flex-wrap: nowrap; }
  .facets { overflow: auto hidden; }
  .facet, .chip, .facet-name { flex: none; max-inline-size: none; white-space: nowrap; }
}
@media (forced-colors: active) {
  .chip[aria-pressed='true'] { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  .chip[aria-pressed='true'] .count { color: inherit; }
}
`;
