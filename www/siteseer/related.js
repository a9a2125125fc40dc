// The public module of related pages, which a site loads beside the search box or without it:
//
//   <script type="module" src="siteseer/related.js"></script>
//   <siteseer-related></siteseer-related>
//
// A page view reads the manifest and one small file. No engine, no worker: `related-pages.js` reads, `related-element.js` shows.

import { define } from './related-element.js';

export { SiteseerRelatedElement } from './related-element.js';
export { relatedPages } from './related-pages.js';

define();
