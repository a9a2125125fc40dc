// The look of the field: icon, input, clear button, and the progress line along its lower edge.

export const controls = /* css */ `
.field {
  display: flex;
  align-items: center;
  position: relative;
  block-size: var(--_field-height);
  background: var(--_field);
  border: 1px solid var(--_border);
  border-radius: var(--_radius);
  overflow: hidden;
  transition: border-color 120ms, box-shadow 120ms;
}
.field:focus-within {
  border-color: var(--_accent);
  box-shadow: 0 0 0 4px var(--_ring);
}
.icon {
  flex: none;
  inline-size: 22px;
  block-size: 22px;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.75;
  stroke-linecap: round;
}
.glass {
  margin-inline: 16px 10px;
  color: var(--_muted);
}
.field:focus-within .glass { color: var(--_accent); }
:host(:dir(rtl)) .glass { transform: scaleX(-1); }
.input {
  flex: 1;
  min-inline-size: 0;
  block-size: 100%;
  padding: 0;
  border: 0;
  outline: 0;
  background: none;
  color: inherit;
  font: inherit;
  font-size: max(16px, 1.0625em); /* below 16px iOS zooms in */
  appearance: none;
}
.input::placeholder { color: var(--_muted); opacity: 1; }
.input::-webkit-search-cancel-button { display: none; }
.clear { margin-inline-end: 4px; }
.clear .icon { inline-size: 18px; block-size: 18px; }
.clear:focus-visible, .action:focus-visible { outline: 2px solid var(--_accent); outline-offset: -2px; }
.progress {
  position: absolute;
  inset: auto 0 0;
  inline-size: 100%;
  block-size: 3px;
  border: 0;
  appearance: none;
  background: none;
  color: var(--_accent);
}
.progress::-webkit-progress-bar { background: none; }
.progress::-webkit-progress-value { background: var(--_accent); transition: inline-size 120ms linear; }
.progress::-moz-progress-bar { background: var(--_accent); }
.progress:indeterminate::-webkit-progress-bar {
  background: linear-gradient(90deg, transparent 30%, var(--_accent) 50%, transparent 70%) 0 / 200% 100%;
  animation: seek 1.4s linear infinite;
}
@keyframes seek {
  from { background-position-x: 150%; }
  to { background-position-x: -50%; }
}
@media (forced-colors: active) {
  .field:focus-within { outline: 2px solid Highlight; }
  .progress::-webkit-progress-value { background: Highlight; forced-color-adjust: none; }
}
`;
