// What a page that was opened from the disk says in the place of the search box, in the languages of `languages.js`.

/** @type {Record<string, Record<'disk' | 'diskNext', string>>} */
export const diskLanguages = {
  en: {
    disk: 'Search does not run in a page that was opened from the disk.',
    diskNext: 'Run {command} and open the address that it prints. Any other web server will do as well.',
  },
  de: {
    disk: 'In einer Seite, die von der Festplatte geöffnet wurde, läuft die Suche nicht.',
    diskNext: '{command} ausführen und die angezeigte Adresse öffnen. Jeder andere Webserver geht auch.',
  },
  es: {
    disk: 'La búsqueda no funciona en una página abierta desde el disco.',
    diskNext: 'Ejecute {command} y abra la dirección que muestra. También sirve cualquier otro servidor web.',
  },
  fr: {
    disk: 'La recherche ne fonctionne pas dans une page ouverte depuis le disque.',
    diskNext: 'Lancez {command} et ouvrez l’adresse affichée. Tout autre serveur web convient aussi.',
  },
  ja: {
    disk: 'ディスクから直接開いたページでは検索できません。',
    diskNext: '{command} を実行し、表示されたアドレスを開いてください。ほかのウェブサーバーでもかまいません。',
  },
  zh: {
    disk: '直接从磁盘打开的页面无法使用搜索。',
    diskNext: '请运行 {command} 并打开它显示的地址，也可以使用其他网页服务器。',
  },
};
