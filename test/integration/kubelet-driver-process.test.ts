import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type ContainerSpec,
  type ContainerStatus,
  type RuntimeDriver,
  RuntimeError,
  type SandboxStatus,
} from '../../kubelet/runtime/driver.ts';
import { ProcessDriver } from '../../kubelet/runtime/process/driver.ts';
import { listProcesses, startedWith } from '../../kubelet/runtime/process/proc.ts';
import { realClock } from '../../shared/machinery/clock.ts';
import { containerSpec, sandboxSpec } from '../contract/runtime-driver.ts';
import { eventually } from '../support/eventually.ts';
import { silentLog } from '../support/silent-log.ts';

const { signal } = new AbortController();
const sh = (script: string): Partial<ContainerSpec> => ({ command: ['sh', '-c', script] });

/** The pids of a container's processes. */
const processesOf = (id: string): number[] =>
  listProcesses().flatMap(({ pid, zombie }) => (!zombie && startedWith(pid, 'KUBERNETUS_CONTAINER_ID') === id ? [pid] : []));

const outputOf = (path: string): string =>
  readFileSync(path, 'utf8').replace(
    /^\S+ (stdout|stderr) (F|P) (.*\n)/gm,
    (_, stream: string, tag: string, text: string) => `${stream[3]}${tag}:${text}`,
  );

describe('process driver', { timeout: 60_000 }, () => {
  let directory: string;
  let driver: RuntimeDriver;
  /** A driver keeps no process alive. */
  const alive = setInterval(() => undefined, 1_000);
  const open = (): Promise<RuntimeDriver> => ProcessDriver.open({ rootDir: directory, clock: realClock, log: silentLog });
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'process-driver-'));
    driver = await open();
  });
  afterEach(async () => {
    for (const sandbox of await driver.list()) {
      await driver.removeSandbox(sandbox.id);
      for (const { id } of sandbox.containers) assert.deepEqual(processesOf(id), [], 'processes are left behind');
    }
    assert.deepEqual(existsSync(join(directory, 'pods')) ? readdirSync(join(directory, 'pods')) : [], []);
    rmSync(join(directory, 'logs'), { recursive: true, force: true });
  });
  after(async () => {
    await driver.close();
    clearInterval(alive);
    rmSync(directory, { recursive: true });
  });

  const statusOf = async (id: string): Promise<ContainerStatus> => {
    const found = (await driver.list()).flatMap(({ containers }) => containers).find((container) => container.id === id);
    assert.ok(found);
    return found;
  };
  const start = async (fields: Partial<ContainerSpec>): Promise<string> => {
    const { id } = await driver.runSandbox(sandboxSpec(directory), signal);
    const container = await driver.createContainer(id, containerSpec(directory, fields), signal);
    await driver.startContainer(container);
    return container;
  };
  const finish = async (fields: Partial<ContainerSpec>): Promise<ContainerStatus> => {
    const id = await start(fields);
    await eventually(async () => (await statusOf(id)).state === 'exited');
    return statusOf(id);
  };
  const exec = async (id: string, command: string[], stdin?: string): Promise<{ exitCode: number; stdout: string; stderr: string }> => {
    const [stdout, stderr, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const { exitCode } = await driver.exec(
      id,
      command,
      { stdout, stderr, ...(stdin === undefined ? {} : { stdin: input.end(stdin) }), tty: false },
      signal,
    );
    return { exitCode, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  };

  const outputs = [
    { name: 'lines of both streams', script: 'echo out; echo err >&2', want: 'oF:out\neF:err\n', exitCode: 0 },
    { name: 'an end without a line break', script: 'printf "a\\nb"', want: 'oF:a\noP:b\n', exitCode: 0 },
    { name: 'nothing of the shell over it when killed', script: 'kill -9 $$', want: '', exitCode: 137 },
    { name: 'an empty line', script: 'echo', want: 'oF:\n', exitCode: 0 },
  ];
  for (const { name, script, want, exitCode } of outputs) {
    test(`logs ${name}`, async () => {
      const status = await finish(sh(script));
      assert.equal(status.exitCode, exitCode);
      assert.equal(outputOf(status.logPath).split('\n').sort().join('\n'), want.split('\n').sort().join('\n'));
    });
  }

  test('gives a process what its spec says and little more', async () => {
    const env = [
      { name: 'PATH', value: '/usr/bin:/bin' },
      { name: 'GREETING', value: 'a "b" $c' },
      { name: 'my.odd-name', value: 'x=y' },
    ];
    const { logPath, id } = await finish({ command: ['env', '-0'], env });
    const got = readFileSync(logPath, 'utf8')
      .replace(/^\S+ stdout . /, '')
      .trimEnd()
      .split('\0')
      .filter((line) => line !== '');
    const root = got.find((line) => line.startsWith('KUBERNETUS_ROOTFS='))?.slice('KUBERNETUS_ROOTFS='.length) ?? '';
    assert.ok(root.startsWith(directory));
    assert.deepEqual(
      got.sort(),
      [
        'GREETING=a "b" $c',
        `HOME=${root}`,
        'HOSTNAME=web-1',
        `KUBERNETUS_CONTAINER_ID=${id}`,
        `KUBERNETUS_ROOTFS=${root}`,
        `KUBERNETUS_TERMINATION_LOG=${join(root, '../termination-log')}`,
        'PATH=/usr/bin:/bin',
        'my.odd-name=x=y',
      ].sort(),
    );
  });

  test('links volumes to where they are mounted, and starts in the working directory', async () => {
    const volume = join(directory, 'volume');
    mkdirSync(join(volume, 'bin'), { recursive: true });
    writeFileSync(join(volume, 'key'), 'value');
    writeFileSync(join(volume, 'bin', 'tool'), '#!/bin/sh\ncat etc/config/key "$KUBERNETUS_ROOTFS/etc/config/key"; pwd');
    chmodSync(join(volume, 'bin', 'tool'), 0o755);
    const mounts = [
      { hostPath: join(volume, 'bin'), containerPath: 'opt//tools/', readOnly: true },
      { hostPath: volume, containerPath: '/etc/config', readOnly: true },
      { hostPath: join(volume, 'key'), containerPath: '/etc/one/file', readOnly: true },
    ];
    const { logPath } = await finish({ command: ['/opt/tools/tool'], mounts });
    assert.match(outputOf(logPath), /^oF:valuevalue\/.*rootfs\n$/);
    const inside = await finish({ command: ['pwd'], workingDir: '/srv/app/' });
    assert.match(outputOf(inside.logPath), /rootfs\/srv\/app\n$/);
  });

  const refusals: { name: string; fields: Partial<ContainerSpec>; code: string; want: RegExp }[] = [
    {
      name: 'an image without a command',
      fields: { image: 'nginx', command: [] },
      code: 'CreateContainerError',
      want: /^image "nginx" has no unpacked root filesystem for the process runtime: set command$/,
    },
    {
      name: 'a volume that is not there',
      fields: { mounts: [{ hostPath: '/no/such', containerPath: '/x', readOnly: false }] },
      code: 'CreateContainerError',
      want: /failed to mount "\/no\/such" at "\/x"/,
    },
    {
      name: 'an unknown program',
      fields: { command: ['frob'] },
      code: 'RunContainerError',
      want: /exec: "frob": executable file not found in \$PATH$/,
    },
    {
      name: 'an unknown path',
      fields: { command: ['/no/frob'] },
      code: 'RunContainerError',
      want: /exec: "\/no\/frob": stat \/no\/frob: no such file or directory$/,
    },
    {
      name: 'a file that is no program',
      fields: { command: ['/etc/passwd'] },
      code: 'RunContainerError',
      want: /exec: "\/etc\/passwd": permission denied$/,
    },
  ];
  for (const { name, fields, code, want } of refusals) {
    test(`refuses ${name}`, async () => {
      await assert.rejects(start(fields), (error) => error instanceof RuntimeError && error.code === code && want.test(error.message));
    });
  }

  const messages: { name: string; script: string; policy: ContainerSpec['terminationMessagePolicy']; want: string }[] = [
    { name: 'its message file by variable', script: 'printf bye >"$KUBERNETUS_TERMINATION_LOG"; exit 1', policy: 'File', want: 'bye' },
    { name: 'its message file by path', script: 'printf bye >dev/termination-log', policy: 'File', want: 'bye' },
    { name: 'nothing without a file', script: 'echo log; exit 1', policy: 'File', want: '' },
    { name: 'its log where it failed', script: 'echo one; echo two; exit 1', policy: 'FallbackToLogsOnError', want: 'one\ntwo\n' },
    { name: 'not its log where it succeeded', script: 'echo one', policy: 'FallbackToLogsOnError', want: '' },
  ];
  for (const { name, script, policy, want } of messages) {
    test(`takes as termination message ${name}`, async () => {
      assert.equal((await finish({ ...sh(script), terminationMessagePolicy: policy })).message, want);
    });
  }

  test('stops every process of the group, and those that left it', async () => {
    const id = await start(sh('sleep 300 & setsid sleep 300 & trap "" TERM; touch ready; while :; do sleep 300; done'));
    await eventually(() => existsSync(rootOf(id)));
    assert.ok(processesOf(id).length >= 4);
    await driver.stopContainer(id, 50);
    assert.equal((await statusOf(id)).exitCode, 137);
    await driver.removeContainer(id);
    assert.deepEqual(processesOf(id), []);
  });

  test('ends what the first process leaves behind when it ends', async () => {
    const { id, exitCode } = await finish(sh('sleep 300 & exit 3'));
    assert.equal(exitCode, 3);
    await eventually(() => processesOf(id).length === 0);
  });

  test('sees a container whose shell was killed as killed', async () => {
    const id = await start({ command: ['sleep', '300'] });
    process.kill((await statusOf(id)).pid ?? 0, 'SIGKILL');
    await eventually(async () => (await statusOf(id)).state === 'exited');
    assert.equal((await statusOf(id)).exitCode, 137);
    await eventually(() => processesOf(id).length === 0);
  });

  test('runs commands with streams and exit codes', async () => {
    const id = await start({ command: ['sleep', '300'], env: [{ name: 'A', value: '1' }], workingDir: '/srv' });
    assert.deepEqual(await exec(id, ['sh', '-c', 'cat; echo err >&2; exit 4'], 'in'), { exitCode: 4, stdout: 'in', stderr: 'err\n' });
    assert.deepEqual(await exec(id, ['sh', '-c', 'basename $PWD; echo $A; kill -9 $$']), { exitCode: 137, stdout: 'srv\n1\n', stderr: '' });
    await assert.rejects(exec(id, ['frob']), /exec: "frob": executable file not found/);
    const leaving = new AbortController();
    const running = driver.exec(id, ['sleep', '300'], { tty: false }, leaving.signal);
    await eventually(() => processesOf(id).length === 3);
    leaving.abort();
    assert.equal((await running).exitCode, 137);
    const cut = driver.exec(id, ['sleep', '300'], { tty: false }, signal);
    await eventually(() => processesOf(id).length === 3);
    await driver.stopContainer(id, 0);
    assert.equal((await cut).exitCode, 137);
  });

  test('gives a command a terminal', { skip: !existsSync('/usr/bin/script') }, async () => {
    const id = await start({ command: ['sleep', '300'] });
    const [stdout, stdin] = [new PassThrough(), new PassThrough()];
    const run = driver.exec(
      id,
      ['sh', '-c', 'test -t 0 && test -t 1 && read line && echo got $line; exit 5'],
      { stdin, stdout, tty: true },
      signal,
    );
    stdin.write('hello\n');
    assert.equal((await run).exitCode, 5);
    assert.match(String(stdout.read()), /got hello\r\n/);
  });

  test('attaches to streams, and ends stdin with the first client where asked to', async () => {
    const id = await start({ command: ['sh', '-c', 'while read line; do echo "got $line"; done; echo end'], stdin: true, stdinOnce: true });
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const attached = driver.attach(id, { stdin, stdout, tty: false }, signal);
    stdin.write('one\n');
    let seen = '';
    stdout.on('data', (chunk) => {
      seen += String(chunk);
    });
    await eventually(() => seen.includes('got one'));
    stdin.end('two\n');
    await attached;
    assert.equal(seen, 'got one\ngot two\nend\n');
    assert.equal((await statusOf(id)).exitCode, 0);
  });

  test('is taken back after its kubelet was killed: states, exit codes, logs without a gap or a double line', async () => {
    const count = 'i=0; while [ ! -e stop ]; do i=$((i+1)); echo line $i; sleep 0.002; done; exit 9';
    const { holder, sandboxes } = await hold(directory, ['sleep 300', count, 'sleep 0.3; exit 5', 'exit 6']);
    const before = sandboxes.flatMap(({ containers }) => containers);
    await eventually(() => readFileSync(before[1]?.logPath ?? '', 'utf8').includes('line 50\n'));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await eventually(() => existsSync(join(rootPath(directory, sandboxes[0], before[2]), '../io/exit')));
    driver = await open();
    const found = (await driver.list()).flatMap(({ containers }) => containers);
    assert.deepEqual(
      found.map(({ id, state, exitCode, startedAt }) => ({ id, state, exitCode, startedAt })),
      [
        { id: before[0]?.id, state: 'running', exitCode: 0, startedAt: before[0]?.startedAt },
        { id: before[1]?.id, state: 'running', exitCode: 0, startedAt: before[1]?.startedAt },
        { id: before[2]?.id, state: 'exited', exitCode: 5, startedAt: before[2]?.startedAt },
        { id: before[3]?.id, state: 'exited', exitCode: 6, startedAt: before[3]?.startedAt },
      ],
    );
    assert.deepEqual(found[0], before[0]);
    const [sleeper = '', counter = ''] = found.map(({ id }) => id);
    await driver.startContainer(sleeper);
    assert.equal((await exec(counter, ['touch', 'stop'])).exitCode, 0);
    await eventually(async () => (await statusOf(counter)).state === 'exited');
    assert.equal((await statusOf(counter)).exitCode, 9);
    const lines = readFileSync(before[1]?.logPath ?? '', 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => Number(/^\S+ stdout F line (\d+)$/.exec(line)?.[1]));
    assert.deepEqual(
      lines,
      Array.from({ length: lines.length }, (_, index) => index + 1),
    );
    await driver.stopContainer(sleeper, 5_000);
    assert.equal((await statusOf(sleeper)).exitCode, 143);
  });

  test("kills nothing of another root directory's pod of the same uid", async () => {
    const id = await start({ command: ['sleep', '300'] });
    const rootDir = mkdtempSync(join(tmpdir(), 'process-driver-'));
    const other = await ProcessDriver.open({ rootDir, clock: realClock, log: silentLog });
    const [{ podUid = '' } = {}] = await driver.list();
    const copy = await other.runSandbox(sandboxSpec(rootDir, { podUid }));
    const container = await other.createContainer(copy.id, containerSpec(rootDir, { command: ['sleep', '300'] }));
    await other.startContainer(container);
    await other.removeSandbox(copy.id);
    await other.close();
    rmSync(rootDir, { recursive: true });
    assert.equal(processesOf(id).length, 2);
  });

  test('kills no stranger that got an old pid', async () => {
    const id = await start({ command: ['sleep', '300'] });
    await driver.close();
    const { pid } = await stateOf(directory, id, (state) => ({ ...state, startTicks: 1 }));
    driver = await open();
    const status = await statusOf(id);
    assert.deepEqual({ state: status.state, exitCode: status.exitCode }, { state: 'exited', exitCode: 137 });
    assert.ok(pid > 0);
  });

  function rootOf(id: string): string {
    const [pid = 0] = processesOf(id);
    return join(startedWith(pid, 'KUBERNETUS_ROOTFS') ?? '', 'ready');
  }
});

function rootPath(directory: string, sandbox: SandboxStatus | undefined, container: ContainerStatus | undefined): string {
  return join(directory, 'pods', sandbox?.podUid ?? '', 'sandbox-0', 'containers', `main-${container?.attempt}`, 'rootfs');
}

async function stateOf<T extends { pid: number; id: string }>(directory: string, id: string, change: (state: T) => T): Promise<T> {
  for (const uid of readdirSync(join(directory, 'pods'))) {
    const file = join(directory, 'pods', uid, 'sandbox-0', 'containers', 'main-0', 'container.json');
    const state = JSON.parse(readFileSync(file, 'utf8')) as T;
    if (state.id !== id) continue;
    writeFileSync(file, JSON.stringify(change(state)));
    return state;
  }
  throw new Error(`no state of ${id}`);
}

/** Another process in the kubelet's place. */
async function hold(directory: string, scripts: string[]): Promise<{ holder: ChildProcess; sandboxes: SandboxStatus[] }> {
  const script = fileURLToPath(new URL('./kubelet-driver-holder.ts', import.meta.url));
  const holder = spawn(process.execPath, ['--import', 'tsx', script, directory, ...scripts], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(holder.stdout), 'line')) as [string];
  return { holder, sandboxes: JSON.parse(line) as SandboxStatus[] };
}
