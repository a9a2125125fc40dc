// The heading above related pages, in the languages of `languages.js`.

/** @type {Record<string, { related: string }>} */
export const relatedLanguages = {
  en: { related: 'Related pages' },
  de: { related: 'Verwandte Seiten' },
  es: { related: 'Páginas relacionadas' },
  fr: { related: 'Pages associées' },
  ja: { related: '関連ページ' },
  zh: { related: '相关页面' },
};
