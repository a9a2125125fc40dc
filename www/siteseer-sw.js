// The service worker of a site that has no other: it keeps the search and the visited pages for offline use.
importScripts('./siteseer/offline.js');
siteseerOffline.listen();
