import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type {
  ContainerSpec,
  ContainerStatus,
  RuntimeDriver,
  RuntimeErrorCode,
  SandboxId,
  SandboxSpec,
} from '../../kubelet/runtime/driver.ts';
import { RuntimeError } from '../../kubelet/runtime/driver.ts';
import { eventually } from '../support/eventually.ts';

/** Annotations tell the simulated driver what the command tells the others. */
type Program = Pick<ContainerSpec, 'command' | 'args' | 'annotations'>;

export const programs = {
  runs: { command: ['sleep', '300'], args: [], annotations: {} },
  ignoresTerm: {
    command: ['sh', '-c', 'trap "" TERM; touch ready; while :; do sleep 1; done'],
    args: [],
    annotations: { 'kubernetus.dev/simulate': '{"ignoresTerm":true}' },
  },
  succeeds: { command: ['true'], args: [], annotations: { 'kubernetus.dev/simulate': '{"exitAfter":"1ms"}' } },
  fails: { command: ['sh', '-c'], args: ['exit 7'], annotations: { 'kubernetus.dev/simulate': '{"exitAfter":"1ms","exitCode":7}' } },
  cannotStart: { command: ['no-such-program'], args: [], annotations: { 'kubernetus.dev/simulate': '{"startError":"no such program"}' } },
} as const satisfies Record<string, Program>;

export function sandboxSpec(directory: string, fields: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    podUid: `uid-${Math.random().toString(36).slice(2)}`,
    namespace: 'default',
    name: 'web-1',
    attempt: 0,
    hostname: 'web-1',
    labels: { app: 'web' },
    annotations: {},
    logDirectory: join(directory, 'logs'),
    ip: '127.1.2.3',
    ...fields,
  };
}

export function containerSpec(directory: string, fields: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: 'main',
    attempt: 0,
    image: 'busybox',
    command: ['true'],
    args: [],
    env: [],
    workingDir: '',
    mounts: [],
    logPath: join(directory, 'logs', 'main', `${fields.attempt ?? 0}.log`),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    stdin: false,
    stdinOnce: false,
    tty: false,
    labels: {},
    annotations: {},
    resources: { cpuRequestMillis: 0, cpuLimitMillis: 0, memoryRequestBytes: 0, memoryLimitBytes: 0 },
    ...fields,
  };
}

/** What every runtime driver promises. `open` makes one over a directory that is empty. */
export function runtimeDriverContract(name: string, open: (directory: string) => Promise<RuntimeDriver>): void {
  describe(`runtime driver: ${name}`, () => {
    const { signal } = new AbortController();
    let directory: string;
    let driver: RuntimeDriver;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'runtime-driver-'));
      driver = await open(directory);
    });
    after(async () => {
      for (const { id } of await driver.list()) await driver.removeSandbox(id);
      await driver.close();
      await rm(directory, { recursive: true });
    });

    const sandbox = async (): Promise<SandboxId> => (await driver.runSandbox(sandboxSpec(directory), signal)).id;
    const start = async (program: Program, fields: Partial<ContainerSpec> = {}): Promise<{ sandbox: SandboxId; id: string }> => {
      const inside = await sandbox();
      const id = await driver.createContainer(inside, containerSpec(directory, { ...program, ...fields }), signal);
      await driver.startContainer(id);
      return { sandbox: inside, id };
    };
    const statusOf = async (id: string): Promise<ContainerStatus> => {
      const found = (await driver.list()).flatMap(({ containers }) => containers).find((container) => container.id === id);
      assert.ok(found, `container ${id} is not listed`);
      return found;
    };
    const exited = async (id: string): Promise<ContainerStatus> => {
      await eventually(async () => assert.equal((await statusOf(id)).state, 'exited'));
      return statusOf(id);
    };
    const refuses = (code: RuntimeErrorCode) => (error: unknown) => error instanceof RuntimeError && error.code === code;

    test('runs a sandbox once for the same pod and attempt', async () => {
      const spec = sandboxSpec(directory);
      const [first, second] = [await driver.runSandbox(spec, signal), await driver.runSandbox(spec, signal)];
      assert.deepEqual(second, first);
      const { state, podUid, namespace, name: pod, attempt, labels, ip, containers } = first;
      assert.deepEqual(
        { state, podUid, namespace, pod, attempt, labels, ip, containers },
        {
          state: 'ready',
          podUid: spec.podUid,
          namespace: 'default',
          pod: 'web-1',
          attempt: 0,
          labels: { app: 'web' },
          ip: '127.1.2.3',
          containers: [],
        },
      );
      assert.notEqual((await driver.runSandbox({ ...spec, attempt: 1 }, signal)).id, first.id);
    });

    test('creates a container once for the same name and attempt, and does not start it', async () => {
      const inside = await sandbox();
      const spec = containerSpec(directory, programs.runs);
      const id = await driver.createContainer(inside, spec, signal);
      assert.equal(await driver.createContainer(inside, spec, signal), id);
      const { state, startedAt, finishedAt, image } = await statusOf(id);
      assert.deepEqual({ state, startedAt, finishedAt, image }, { state: 'created', startedAt: 0, finishedAt: 0, image: 'busybox' });
      assert.notEqual(await driver.createContainer(inside, { ...spec, attempt: 1 }, signal), id);
    });

    test('starts a container, also when asked again', async () => {
      const { id } = await start(programs.runs);
      const first = await statusOf(id);
      assert.equal(first.state, 'running');
      assert.ok(first.startedAt >= first.createdAt);
      await driver.startContainer(id);
      assert.deepEqual(await statusOf(id), first);
    });

    const ends = [
      { name: 'success', program: programs.succeeds, want: { exitCode: 0, signal: 0, reason: 'Completed' } },
      { name: 'failure', program: programs.fails, want: { exitCode: 7, signal: 0, reason: 'Error' } },
    ];
    for (const { name: kind, program, want } of ends) {
      test(`reports a container's ${kind}`, async () => {
        const { id } = await start(program);
        const { exitCode, signal: number, reason, finishedAt, startedAt } = await exited(id);
        assert.deepEqual({ exitCode, signal: number, reason }, want);
        assert.ok(finishedAt >= startedAt && startedAt > 0);
      });
    }

    test('says why a container cannot start', async () => {
      const inside = await sandbox();
      const id = await driver.createContainer(inside, containerSpec(directory, programs.cannotStart), signal);
      await assert.rejects(driver.startContainer(id), refuses('RunContainerError'));
      const { state, exitCode, reason, message } = await statusOf(id);
      assert.deepEqual({ state, exitCode, reason }, { state: 'exited', exitCode: 128, reason: 'StartError' });
      assert.match(message, /no.such.program/);
    });

    test('stops a container with SIGTERM, also when asked again', async () => {
      const { id } = await start(programs.runs);
      await driver.stopContainer(id, 30_000);
      const { state, exitCode, signal: number, reason } = await statusOf(id);
      assert.deepEqual({ state, exitCode, number, reason }, { state: 'exited', exitCode: 143, number: 15, reason: 'Error' });
      await driver.stopContainer(id, 30_000);
      await driver.stopContainer('no-such-container', 0);
    });

    test('kills a container that outlives its grace', async () => {
      const { id } = await start(programs.ignoresTerm);
      await eventually(async () => (await driver.exec(id, ['test', '-e', 'ready'], { tty: false }, signal)).exitCode === 0);
      await driver.stopContainer(id, 100);
      const { state, exitCode, signal: number } = await statusOf(id);
      assert.deepEqual({ state, exitCode, number }, { state: 'exited', exitCode: 137, number: 9 });
    });

    test('stops a sandbox: its containers end, no new one can be made', async () => {
      const { sandbox: inside, id } = await start(programs.runs);
      await driver.stopSandbox(inside);
      await driver.stopSandbox(inside);
      assert.equal((await statusOf(id)).exitCode, 137);
      assert.equal((await driver.list()).find((listed) => listed.id === inside)?.state, 'notReady');
      await assert.rejects(driver.createContainer(inside, containerSpec(directory, { attempt: 1 }), signal), refuses('NotRunning'));
    });

    test('removes a sandbox with its running containers', async () => {
      const { sandbox: inside, id } = await start(programs.runs);
      await driver.removeSandbox(inside);
      await driver.removeSandbox(inside);
      assert.ok(!(await driver.list()).some((listed) => listed.id === inside));
      await assert.rejects(driver.startContainer(id), refuses('NotFound'));
    });

    test('removes one container and keeps the others', async () => {
      const { sandbox: inside, id } = await start(programs.runs);
      const other = await driver.createContainer(inside, containerSpec(directory, { ...programs.runs, name: 'other' }), signal);
      await driver.removeContainer(id);
      await driver.removeContainer(id);
      const listed = (await driver.list()).find((candidate) => candidate.id === inside);
      assert.deepEqual(
        listed?.containers.map((container) => container.id),
        [other],
      );
    });

    test('runs a command beside a running container only', async () => {
      const { id } = await start(programs.runs);
      const stdout = new PassThrough();
      const { exitCode } = await driver.exec(id, ['echo', 'hello'], { stdout, tty: false }, signal);
      assert.equal(exitCode, 0);
      assert.match(String(stdout.read()), /hello\n$/);
      await driver.stopContainer(id, 0);
      await assert.rejects(driver.exec(id, ['true'], { tty: false }, signal), refuses('NotRunning'));
      await assert.rejects(driver.exec('no-such-container', ['true'], { tty: false }, signal), refuses('NotFound'));
    });

    test('attaches until the container ends or the client leaves', async () => {
      const { id } = await start(programs.runs);
      const client = new AbortController();
      const left = driver.attach(id, { tty: false }, client.signal);
      client.abort();
      await left;
      assert.equal((await statusOf(id)).state, 'running');
      const ended = driver.attach(id, { tty: false }, signal);
      await driver.stopContainer(id, 0);
      await ended;
    });

    test('measures a running container', async () => {
      const { id } = await start(programs.runs);
      const { cpuNanos, memoryBytes } = await driver.stats(id);
      assert.ok(cpuNanos >= 0 && memoryBytes >= 0);
    });

    test('tells of changes from the moment of the call', async () => {
      const listening = new AbortController();
      const changes = driver.changes(listening.signal);
      const inside = await sandbox();
      const seen: SandboxId[] = [];
      for await (const id of changes) {
        seen.push(id);
        if (id === inside) listening.abort();
      }
      assert.ok(seen.includes(inside));
    });
  });
}
