// The page stays where it is while a dialog lies over it; where it has a scrollbar, its width stays, too, so that nothing moves.

/** @returns {() => void} lets the page scroll again */
export function lockScroll() {
  const sheet = new CSSStyleSheet();
  const gutter = innerWidth > document.documentElement.clientWidth ? 'scrollbar-gutter: stable' : '';
  sheet.replaceSync(`html { overflow: hidden !important; ${gutter} }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}
