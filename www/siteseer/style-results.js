// The look of the panel: rows, groups, messages, and the foot line.

export const results = /* css */ `
.panel {
  position: absolute;
  z-index: var(--_layer);
  inset-block-start: calc(100% + 8px);
  inset-inline-start: 0;
  inline-size: var(--_panel-width);
  max-block-size: min(var(--_panel-height), max(16rem, var(--_room, 70dvh))); /* --_room: what is left of the screen */
  display: flex;
  flex-direction: column;
  background: var(--_panel);
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  box-shadow: var(--_shadow);
  overflow: hidden;
}
:host([panel='static']) .panel {
  position: static;
  margin-block-start: 8px;
  box-shadow: none;
}
.list {
  position: relative; /* what slides is measured within it */
  flex: 1;
  min-block-size: 0;
  padding: 6px;
  overflow-y: auto;
  overscroll-behavior: contain;
  scroll-padding-block: 6px;
}
.row {
  display: block;
  position: relative;
  min-block-size: 44px;
  padding: 10px 12px;
  border-radius: calc(var(--_radius) - 5px);
  color: inherit;
  text-decoration: none;
  overflow-wrap: anywhere;
  scroll-margin-block: 6px;
}
.row:hover { background: var(--_hover); }
.row[aria-selected='true'] { background: var(--_active); }
.row[aria-selected='true']::before {
  content: '';
  position: absolute;
  inset-block: 10px;
  inset-inline-start: 0;
  inline-size: 3px;
  border-radius: 3px;
  background: var(--_accent);
}
.title, .page, .excerpt {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 3;
  overflow: hidden;
}
.title { font-weight: 600; line-height: 1.35; }
.row[aria-selected='true'] .title { color: var(--_accent); }
.path {
  display: block;
  margin-block-start: 1px;
  color: var(--_muted);
  font-size: 0.8125em;
}
.path bdi { /* a heading takes one line at most */
  display: inline-block;
  max-inline-size: calc(100% - 1.5em); /* beside its sign */
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  vertical-align: bottom;
}
.excerpt {
  -webkit-line-clamp: 2;
  margin-block-start: 3px;
  color: var(--_muted);
  font-size: 0.875em;
}
mark {
  padding-inline: 0.1em;
  margin-inline: -0.1em;
  border-radius: 3px;
  background: var(--_mark);
  color: var(--_mark-text);
  font-weight: 500;
}
.page {
  padding: 10px 12px 4px;
  color: inherit;
  text-decoration: none;
  font-weight: 600;
  line-height: 1.35;
  overflow-wrap: anywhere;
}
.page:hover { text-decoration: underline; }
.inner { margin-inline-start: 12px; }
.inner .title { font-size: 0.9375em; }
.inner::after {
  content: '';
  position: absolute;
  inset-block: 0;
  inset-inline-start: -1px;
  border-inline-start: 1px solid var(--_border);
}
.inner[aria-selected='true']::before { inset-inline-start: -2px; z-index: 1; }
.group[role='group'] { padding-block-end: 4px; }

.message { padding: 28px 20px; text-align: center; overflow-y: auto; }
.message p { margin: 0; overflow-wrap: anywhere; }
.headline { font-weight: 600; }
.hint { margin-block-start: 4px !important; color: var(--_muted); font-size: 0.875em; }
.error .headline { color: var(--_danger); }
.message .action { margin-block-start: 12px; }

.foot,
.offline {
  flex: none;
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 4px 10px;
  min-block-size: 44px;
  padding: 6px 14px;
  border-block-start: 1px solid var(--_border);
  background: var(--_foot);
  color: var(--_muted);
  font-size: 0.8125em;
}
.badge {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  color: var(--_text);
  font-weight: 600;
  white-space: nowrap;
}
.badge::before {
  content: '';
  inline-size: 9px;
  block-size: 9px;
  border: 2px solid var(--_muted);
  border-radius: 50%;
}
.badge:not(.lexical) { color: var(--_accent); }
.badge:not(.lexical)::before { border-color: currentColor; background: currentColor; }
.badge.reranked::before { outline: 1.5px solid; outline-offset: 1.5px; margin-inline: 3px 2px; }
.note { font-variant-numeric: tabular-nums; }
.reason {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
  flex-basis: 100%;
  overflow: hidden;
  overflow-wrap: anywhere;
  font-size: 0.9375em;
}
.action {
  min-block-size: 44px;
  padding: 0 14px;
  border: 1px solid var(--_border);
  border-radius: 8px;
  background: var(--_panel);
  color: var(--_accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
.foot .action { min-block-size: 32px; position: relative; }
.foot .action::after { content: ''; position: absolute; inset: -7px 0; } /* 44 px to touch */
.keys { display: flex; gap: 14px; margin-inline-start: auto; white-space: nowrap; }
kbd {
  display: inline-block;
  min-inline-size: 20px;
  padding: 0 5px;
  border: 1px solid var(--_border);
  border-radius: 5px;
  background: var(--_panel);
  font: 0.9em / 1.5 var(--_font-mono);
  text-align: center;
}
@media (hover: none), (max-width: 40rem) { .keys { display: none; } }
@media (max-width: 24rem) { .message { padding: 20px 14px; } }
@media (max-height: 30rem) { /* all of the panel scrolls as one */
  .panel { max-block-size: min(var(--_panel-height), max(8rem, var(--_room, 70dvh))); overflow-y: auto; overscroll-behavior: contain; }
  .panel > * { flex: none; }
  .list { overflow: visible; }
}
@media (forced-colors: active) {
  .row[aria-selected='true'] { outline: 2px solid Highlight; outline-offset: -2px; }
  .row[aria-selected='true']::before { background: Highlight; }
  mark { background: Mark; color: MarkText; forced-color-adjust: none; }
  .badge:not(.lexical)::before { color: CanvasText; forced-color-adjust: none; }
}
`;
