import { createServer } from 'node:http'; import { readFile } from 'node:fs/promises'; import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
const TYPES={'.js':'text/javascript','.json':'application/json','.wasm':'application/wasm','.html':'text/html'};
const server=createServer(async(q,r)=>{const p=new URL(q.url,'http://x').pathname; const csp={'content-security-policy':"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"}; if(p==='/'){return r.writeHead(200,{'content-type':'text/html',...csp}).end('<!doctype html><title>t</title>');} try{const c=await readFile(join('/tmp/gsite',p)); r.writeHead(200,{'content-type':TYPES[extname(p)]??'application/octet-stream',...csp}).end(c);}catch{r.writeHead(404).end()}});
await new Promise(r=>server.listen(0,'127.0.0.1',r)); const url=`http://127.0.0.1:${server.address().port}/`;
const browser=await chromium.launch({executablePath:'/usr/bin/chromium',args:['--no-sandbox','--disable-quic','--no-first-run','--enable-unsafe-webgpu']});
const page=await browser.newPage(); page.on('console',m=>console.log('console',m.type(),m.text())); page.on('pageerror',e=>console.log('error',e.message));
await page.goto(url); page.setDefaultTimeout(0);
const ask=(name,q)=>page.evaluate(async([name,q])=>{const t=performance.now(); let p; const seen=[]; for await(p of window[name].query(q,{limit:30})) seen.push(p.tier+' '+p.backend); return {ms:Math.round(performance.now()-t),seen,backend:p.backend,tier:p.tier,rows:p.results.filter(r=>r.explain.logit!==null).map(r=>[r.passage,r.score,r.explain.logit])};},[name,q]);
await page.evaluate(async()=>{const {open}=await import(location.origin+'/siteseer/siteseer.js'); const o={rerankWorkers:1,rerankBudget:900000,rerankPatience:0}; window.cpu=await open({webgpu:'off',...o}); await window.cpu.load('reranked'); window.gpu=await open({webgpu:'force',...o}); await window.gpu.load('reranked');});
const queries=['how do I publish a crate','vector index out of bounds panic','difference between String and str','run tests in parallel','what is a trait object','cargo features optional dependencies'];
for(const q of queries.slice(0,+process.argv[2]||6)){ const c=await ask('cpu',q), g=await ask('gpu',q);
 const cs=new Map(c.rows.map(([p,s])=>[p,s])); let worst=0; for(let i=0;i<10;i++) for(let j=i+1;j<g.rows.length;j++){const a=cs.get(g.rows[i][0]),b=cs.get(g.rows[j][0]); if(a!==undefined&&b!==undefined) worst=Math.max(worst,b-a);}
 const cl=new Map(c.rows.map(([p,,l])=>[p,l])); const d=g.rows.map(([p,,l])=>Math.abs(l-cl.get(p)));
 console.log(q,'|',c.tier,c.backend,c.ms,'|',g.tier,g.backend,g.ms,'| top10 same',JSON.stringify(c.rows.slice(0,10).map(r=>r[0]))===JSON.stringify(g.rows.slice(0,10).map(r=>r[0])),'| largest cpu score gap inverted',worst.toFixed(3),'| logit diff max',Math.max(...d).toFixed(3),'rms',Math.sqrt(d.reduce((s,x)=>s+x*x,0)/d.length).toFixed(3)); }
const cdp=await browser.newBrowserCDPSession(); const going=ask('gpu','lifetimes of references in structs'); await new Promise(r=>setTimeout(r,3000)); await cdp.send('Browser.crashGpuProcess').catch(e=>console.log('cdp',e.message)); const lost=await going; console.log('after a crash of the GPU process:',lost.seen,lost.ms,lost.rows.length,'logits');
await browser.close(); server.close();
