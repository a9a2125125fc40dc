// VitePress's own theme with Siteseer's button in the navigation bar.
import DefaultTheme from 'vitepress/theme';
import { h } from 'vue';

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'nav-bar-content-before': () => h('siteseer-modal', { 'deep-link': '' }) }),
};
