import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const MODULE = new URL('../../../../shared/component/run-component.ts', import.meta.url).href;
const SOURCE = `
import { runComponent } from ${JSON.stringify(MODULE)};
await runComponent('sample', { mode: { type: 'string', default: 'wait', help: 'what to do' } }, async ({ mode }, { ready, signal }) => {
  if (mode === 'throw') throw new Error('broken');
  if (mode === 'reject') void Promise.reject(new Error('forgotten'));
  ready({ address: 'here' });
  setInterval(() => undefined, 1000);
  await new Promise((resolve) => signal.addEventListener('abort', () => { if (mode !== 'hang') resolve(); }));
});
`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-component-'));
  await writeFile(join(folder, 'main.mts'), SOURCE);
});
after(() => rm(folder, { recursive: true }));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--import', 'tsx', join(folder, 'main.mts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let out = '';
  let err = '';
  child.stdout?.on('data', (data: Buffer) => (out += data));
  child.stderr?.on('data', (data: Buffer) => (err += data));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) };
}

describe('runComponent', { concurrency: 2 }, () => {
  const runToEnd = async (args: string[]): Promise<Ended> => start(...args).ended;

  test('prints help', async () => {
    const { code, out } = await runToEnd(['--help']);
    assert.equal(code, 0);
    assert.match(out, /^Usage: sample \[options\].*--log-level.*--mode STRING +what to do \(default wait\)/s);
  });
  test('says in one sentence what is wrong with the command line', async () => {
    assert.deepEqual(await runToEnd(['--modes=x']), {
      code: 2,
      out: '',
      err: 'sample: unknown option --modes, did you mean --mode; --help lists all options\n',
    });
  });
  test('logs a failure and ends with 1', async () => {
    const { code, out } = await runToEnd(['--mode=throw']);
    assert.equal(code, 1);
    assert.match(out, /"level":50.*"component":"sample".*broken.*"msg":"component failed"/);
  });
  test('takes a forgotten rejection for a failure', async () => {
    const { code, out } = await runToEnd(['--mode=reject']);
    assert.equal(code, 1);
    assert.match(out, /forgotten.*"msg":"unexpected error"/);
  });
  test('tells its parent that it is ready, and stops on SIGTERM', async () => {
    const { child, ended } = start();
    assert.deepEqual((await once(child, 'message'))[0], { type: 'ready', facts: { address: 'here' } });
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
  });
  test('stops when its parent is gone', async () => {
    const { child } = start();
    await once(child, 'message');
    const exit = once(child, 'exit'); // node emits no 'close' after `disconnect`
    child.disconnect();
    assert.deepEqual(await exit, [0, null]);
  });
  test('ends at once on a second signal', async () => {
    const { child, ended } = start('--mode=hang');
    await once(child, 'message');
    child.kill('SIGINT');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill('SIGINT');
    assert.equal((await ended).code, 1);
  });
});
