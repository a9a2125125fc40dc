import { createServer } from 'node:http'; import { readFile } from 'node:fs/promises'; import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
const TYPES={'.js':'text/javascript','.json':'application/json','.wasm':'application/wasm','.html':'text/html'};
const server=createServer(async(q,r)=>{const p=new URL(q.url,'http://x').pathname; if(p==='/'){return r.writeHead(200,{'content-type':'text/html','content-security-policy':"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"}).end('<!doctype html><title>t</title>');} try{const c=await readFile(join('/tmp/gsite',p)); r.writeHead(200,{'content-type':TYPES[extname(p)]??'application/octet-stream','content-security-policy':"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"}).end(c);}catch{r.writeHead(404).end()}});
await new Promise(r=>server.listen(0,'127.0.0.1',r)); const url=`http://127.0.0.1:${server.address().port}/`;
const browser=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-quic','--no-first-run',...(process.env.NOGPU?[]:['--enable-unsafe-webgpu'])]});
const page=await browser.newPage(); page.on('console',m=>console.log('console',m.type(),m.text())); page.on('pageerror',e=>console.log('error',e.message)); page.on('worker',w=>{});
await page.goto(url);
console.log(await page.evaluate(async()=>{const a=await navigator.gpu?.requestAdapter(); return a?[a.info.vendor,a.info.architecture,a.info.isFallbackAdapter,a.isFallbackAdapter,[...a.features].join(' ')]:String(a)}));
page.setDefaultTimeout(0);
for (const webgpu of (process.argv[2]??'off,force').split(',')) {
  const out=await page.evaluate(async([webgpu])=>{
    const t0=performance.now(); const {open}=await import(location.origin+'/siteseer/siteseer.js'); const s=await open({webgpu,rerankWorkers:1,rerankBudget:120000,rerankPatience:0});
    const lines=[]; await s.load('reranked'); lines.push('ready '+(performance.now()-t0|0));
    for(const q of ['share code between several packages','make the binary smaller']){ let p; for await(p of s.query(q,{limit:10})); lines.push(q+' '+p.tier+' '+p.backend+' '+(p.ms|0)+' '+p.workers+' '+p.results.map(r=>r.passage+':'+r.explain.logit?.toFixed(3)).join(' ')); }
    s.close(); return lines; },[webgpu]);
  console.log(webgpu, out.join('\n'));
}
await browser.close(); server.close();
