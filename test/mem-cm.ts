import { writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { startApiServer } from './support/in-process-apiserver.ts';
const api = await startApiServer({ config: { insecureHttp: 18080 } as never });
const extra = process.argv.slice(2);
const p = spawn('node', ['--max-semi-space-size=1', ...extra.filter(x=>x.startsWith('--cpu')), '/tmp/kub/cm.mjs','--kubeconfig=/tmp/kub/cm.kubeconfig','--secure-port=0','--log-level=warn', ...extra.filter(x=>!x.startsWith('--cpu'))], {stdio:['ignore','pipe','inherit'], cwd:'/tmp/kub'});
p.stdout.on('data', d => { for (const l of String(d).split('\n')) if (l) console.log(l.slice(0,250)); });
const rss = () => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p.pid}/status`,'utf8'))?.[1];
const cpu = () => { const f = readFileSync(`/proc/${p.pid}/stat`,'utf8').split(' '); return (Number(f[13])+Number(f[14]))*10; };
await new Promise(r=>setTimeout(r,3000));
console.log('rss idle kB', rss(), 'cpu ms', cpu(), readFileSync(`/proc/${p.pid}/smaps_rollup`,'utf8').match(/(Private_Dirty|Anonymous|Shared_Clean|Private_Clean):\s+\d+/g)?.join(' '));
if (extra.some(x=>x.startsWith('--cpu'))) {
const c = api.client;
const t1 = performance.now(); const c0=cpu(), a0=process.cpuUsage().user;
await c.create('deployments', {metadata:{name:'web',namespace:'default'}, spec:{replicas:500, selector:{matchLabels:{app:'web'}}, template:{metadata:{labels:{app:'web'}}, spec:{containers:[{name:'a',image:'b'}]}}}} as any);
while ((await c.get('deployments','default/web')).status.replicas !== 500) await new Promise(r=>setTimeout(r,20));
console.log('500 pods in', performance.now()-t1, 'cm cpu', cpu()-c0, 'api cpu', (process.cpuUsage().user-a0)/1000);
const t2 = performance.now(); const c1=cpu();
await c.delete('deployments','default/web');
while ((await c.list('pods',{namespace:'default',limit:1})).items.length) await new Promise(r=>setTimeout(r,20));
console.log('gone in', performance.now()-t2, 'cm cpu', cpu()-c1);
}
p.kill('SIGTERM'); await new Promise(r=>p.once('exit',r));
await api.stop();
