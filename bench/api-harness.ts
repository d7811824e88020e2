import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Connections that the load comes over. */
export const CONNECTIONS = 32;
const TOKEN = 'bench';

export interface BenchServer {
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<Buffer>;
  /** Calls `onLine` for each event; resolves once the stream has begun, with what ends it. */
  watch(path: string, onLine: (line: string) => void): Promise<() => void>;
  stop(): Promise<void>;
}

/** An API server in a process of its own, over TLS, on LevelDB. */
export async function startApiServer(): Promise<BenchServer> {
  const directory = certificateDirectory();
  const main = fileURLToPath(new URL('../apiserver/main.ts', import.meta.url));
  writeFileSync(join(directory, 'tokens'), `${TOKEN},bench,1,"system:masters"\n`);
  const flags = {
    'secure-port': '0',
    'tls-cert-file': join(directory, 'tls.crt'),
    'tls-private-key-file': join(directory, 'tls.key'),
    'token-auth-file': join(directory, 'tokens'),
    'disable-admission-plugins': 'ServiceAccount',
    'data-dir': join(directory, 'store'),
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return run(directory, ['--import', 'tsx', main, ...args], (line) => (JSON.parse(line) as { address?: string }).address);
}

/** A bare HTTPS server in a process of its own that answers everything with `answer`: what Node can do at best. */
export async function startBareServer(answer: Buffer): Promise<BenchServer> {
  const directory = certificateDirectory();
  writeFileSync(join(directory, 'answer'), answer);
  const program = `
    const [directory] = process.argv.slice(1);
    const { readFileSync } = require('node:fs');
    const read = (name) => readFileSync(directory + '/' + name);
    const answer = read('answer');
    const head = { 'content-type': 'application/json', 'content-length': answer.length };
    const server = require('node:https').createServer({ key: read('tls.key'), cert: read('tls.crt') }, (request, response) => {
      response.writeHead(200, head);
      response.end(answer);
    });
    server.listen(0, '127.0.0.1', () => console.log('127.0.0.1:' + server.address().port));`;
  return run(directory, ['-e', program, directory], (line) => line);
}

/** A bare HTTPS server that stores each body in a bare LevelDB, many in one synced batch, before it sends the body back: no API server can do less. */
export async function startBareStore(): Promise<BenchServer> {
  const directory = certificateDirectory();
  const program = `
    const [directory, level] = process.argv.slice(1);
    const { readFileSync } = require('node:fs');
    const { Level } = require(level);
    const db = new Level(directory + '/store', { valueEncoding: 'buffer' });
    const read = (name) => readFileSync(directory + '/' + name);
    let waiting = [], writing = false, count = 0;
    const flush = async () => {
      writing = true;
      while (waiting.length > 0) {
        const group = waiting;
        waiting = [];
        await db.batch(group.map(({ value }) => ({ type: 'put', key: String(++count).padStart(12, '0'), value })), { sync: true });
        for (const { done } of group) done();
      }
      writing = false;
    };
    const server = require('node:https').createServer({ key: read('tls.key'), cert: read('tls.crt') }, (request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const value = Buffer.concat(chunks);
        waiting.push({ value, done: () => response.writeHead(201, { 'content-type': 'application/json', 'content-length': value.length }).end(value) });
        if (!writing) flush();
      });
    });
    db.open().then(() => server.listen(0, '127.0.0.1', () => console.log('127.0.0.1:' + server.address().port)));`;
  return run(directory, ['-e', program, directory, fileURLToPath(import.meta.resolve('level'))], (line) => line);
}

async function run(directory: string, args: string[], addressIn: (line: string) => string | undefined): Promise<BenchServer> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the server has ended before it was ready')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = addressIn(line);
      if (found !== undefined) resolve(found);
    });
  });
  const [host = '', port = ''] = address.split(':');
  const ca = readFileSync(join(directory, 'tls.crt'));
  const agent = new Agent({ ca, keepAlive: true, maxSockets: CONNECTIONS });
  const headers = { authorization: `Bearer ${TOKEN}`, accept: 'application/json' };
  return {
    call: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const own = data === undefined ? {} : { 'content-type': contentType, 'content-length': data.length };
        const sent = request({ host, port, method, path, agent, headers: { ...headers, ...own } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(chunks);
            if ((response.statusCode ?? 500) < 300) resolve(answer);
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.toString().slice(0, 200)}`));
          });
        });
        sent.on('error', reject);
        sent.end(data);
      }),
    watch: (path, onLine) =>
      new Promise((resolve, reject) => {
        const sent = request({ host, port, path, agent: new Agent({ ca }), headers }, (response) => {
          response.on('error', () => {});
          let rest = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            rest += chunk;
            let from = 0;
            for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
              onLine(rest.slice(from, end));
              from = end + 1;
            }
            rest = rest.slice(from);
          });
          resolve(() => sent.destroy());
        });
        sent.on('error', reject);
        sent.end();
      }),
    stop: async () => {
      agent.destroy();
      child.kill();
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

function certificateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kubernetus-bench-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key'];
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', 'tls.crt', '-days', '2', ...subject], { cwd: directory, stdio: 'ignore' });
  return directory;
}
