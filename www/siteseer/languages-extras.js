// The strings of filters, recent searches and suggestions, in the languages of `languages.js`; apart, since they come later.

/** @import { ExtraKey } from './siteseer.js' */

/** @type {Record<string, Record<ExtraKey, string>>} */
export const extraLanguages = {
  en: {
    filters: 'Filters',
    clearFilters: 'Clear filters',
    withoutFilters: 'Search without filters',
    recent: 'Recent searches',
    clearRecent: 'Clear',
    searchFor: 'Search for “{query}”',
  },
  de: {
    filters: 'Filter',
    clearFilters: 'Filter aufheben',
    withoutFilters: 'Ohne Filter suchen',
    recent: 'Letzte Suchen',
    clearRecent: 'Leeren',
    searchFor: 'Nach „{query}“ suchen',
  },
  es: {
    filters: 'Filtros',
    clearFilters: 'Quitar filtros',
    withoutFilters: 'Buscar sin filtros',
    recent: 'Búsquedas recientes',
    clearRecent: 'Borrar',
    searchFor: 'Buscar «{query}»',
  },
  fr: {
    filters: 'Filtres',
    clearFilters: 'Retirer les filtres',
    withoutFilters: 'Rechercher sans filtres',
    recent: 'Recherches récentes',
    clearRecent: 'Effacer',
    searchFor: 'Rechercher « {query} »',
  },
  ja: {
    filters: '絞り込み',
    clearFilters: '絞り込みを解除',
    withoutFilters: '絞り込まずに検索',
    recent: '最近の検索',
    clearRecent: '消去',
    searchFor: '「{query}」を検索',
  },
  zh: {
    filters: '筛选',
    clearFilters: '清除筛选',
    withoutFilters: '不使用筛选搜索',
    recent: '最近搜索',
    clearRecent: '清除',
    searchFor: '搜索“{query}”',
  },
};
