// The look of the line for offline use, below the foot of the panel, which shares its shape (style-results.js).

export const offline = /* css */ `
.offline.ready { min-block-size: 34px; }
.offline .said { overflow-wrap: anywhere; }
.offline .said:empty { position: absolute; }
.offline.ready .said::before {
  content: '';
  display: inline-block;
  inline-size: 9px;
  block-size: 5px;
  margin-inline-end: 8px;
  border: solid var(--_accent);
  border-width: 0 0 2px 2px;
  transform: translateY(-3px) rotate(-45deg);
}
.offline.full .said, .offline.failed .said { color: var(--_danger); }
.offline progress {
  flex: 1;
  min-inline-size: 3.5rem;
  max-inline-size: 16rem;
  block-size: 6px;
  border: 0;
  border-radius: 3px;
  background: var(--_border);
  overflow: hidden;
  appearance: none;
}
.offline progress::-webkit-progress-bar { background: var(--_border); }
.offline progress::-webkit-progress-value { background: var(--_accent); transition: inline-size 0.1s; }
.offline progress::-moz-progress-bar { background: var(--_accent); }
.offline .sum { font-variant-numeric: tabular-nums; }
.offline .action { min-block-size: 32px; position: relative; }
.offline .action::after { content: ''; position: absolute; inset: -7px 0; } /* 44 px to touch */
@media (forced-colors: active) {
  .offline progress { border: 1px solid CanvasText; }
  .offline progress::-webkit-progress-value { background: Highlight; }
}
`;
