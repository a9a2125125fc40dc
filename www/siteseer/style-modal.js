// The look of the dialog: the button that opens it, its backdrop, and the sheet that holds the search box.

export const modal = /* css */ `
:host { display: inline-block; }
.icon {
  flex: none;
  inline-size: 20px;
  block-size: 20px;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.75;
  stroke-linecap: round;
}
.trigger {
  display: flex;
  align-items: center;
  gap: 10px;
  min-inline-size: 44px;
  max-inline-size: 100%;
  min-block-size: 44px;
  padding: 0 12px;
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  background: var(--_field);
  color: var(--_muted);
  font: inherit;
  text-align: start;
  cursor: pointer;
}
.trigger:hover { color: var(--_text); border-color: var(--_accent); }
.trigger:focus-visible, .close:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
:host(:dir(rtl)) .glass { transform: scaleX(-1); }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
kbd {
  margin-inline-start: 16px;
  padding: 0 6px;
  border: 1px solid var(--_border);
  border-radius: 5px;
  font: 0.8125em / 1.6 var(--_font-mono);
  white-space: nowrap;
}
.dialog {
  inline-size: min(42em, 100vw);
  max-inline-size: none;
  max-block-size: 100dvh;
  margin: min(10vh, 6rem) auto auto;
  padding: 0 16px;
  border: 0;
  background: none;
  color: inherit;
  font: inherit;
  overflow: visible;
}
.dialog::backdrop { background: light-dark(#10182880, #000000a6); }
.sheet {
  padding: 4px 12px 12px;
  border: 1px solid var(--_border);
  border-radius: calc(var(--_radius) + 6px);
  background: var(--_panel);
  box-shadow: var(--_shadow);
}
.head {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding-inline-start: 6px;
  color: var(--_muted);
  font-size: 0.875em;
  font-weight: 600;
}
.close { margin-inline-end: -8px; }
@media (hover: none), (max-width: 40rem) {
  kbd { display: none; }
  .dialog { margin-block-start: 8px; padding: 0 8px; }
}
@media (max-height: 30rem) { .dialog { margin-block-start: 0; overflow-y: auto; } }
@media (forced-colors: active) {
  .sheet { border: 2px solid CanvasText; }
}
`;
