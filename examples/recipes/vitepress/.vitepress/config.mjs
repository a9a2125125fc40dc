export default {
  title: 'Kitchen notes',
  // the search box; where the site lies in a folder, put its `base` in front
  head: [['script', { type: 'module', src: '/siteseer/siteseer.js' }]],
  // <siteseer-…> is the browser's, not a component of Vue's
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('siteseer-') } } },
  themeConfig: { sidebar: [{ text: 'Baking bread', link: '/bread' }] },
};
