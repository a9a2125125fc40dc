// The look of a button that is only a cross: it clears the field, or closes the dialog. 44 px to touch.

export const iconButton = /* css */ `
.clear,
.close {
  flex: none;
  display: grid;
  place-items: center;
  inline-size: 44px;
  block-size: 44px;
  padding: 0;
  border: 0;
  border-radius: 8px;
  background: none;
  color: var(--_muted);
  cursor: pointer;
}
.clear:hover,
.close:hover { color: var(--_text); }
`;
