import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import type { Clock } from '../shared/machinery/clock.ts';
import { MAX_PROCESS_NODES, networkOf } from './addresses.ts';
import { ClusterError } from './cluster-error.ts';
import type { ClusterRecord, DataDir } from './data-dir.ts';
import { deleteObject } from './delete-object.ts';
import { kubeconfig } from './kubeconfig.ts';
import { lockDataDir } from './lock.ts';
import { Supervisor, serveControl } from './supervisor.ts';
import { certificates, type ProcessSpec, type TopologyOptions, topology } from './topology.ts';

export interface UpOptions extends TopologyOptions {
  port: number | undefined;
  nodes: number | undefined;
  simulatedNodes: number | undefined;
  sources: boolean;
}

export interface Progress {
  /** A step is done; ms since the start. */
  step(what: string, ms: number): void;
  ready(ms: number): void;
}

const DEFAULT_PORT = 6443;

/** Runs a whole cluster until `signal` aborts or its control socket says stop. Throws ClusterError where the user can mend it. */
export async function runCluster(
  dir: DataDir,
  options: UpOptions,
  deps: { clock: Clock; progress: Progress },
  signal: AbortSignal,
): Promise<void> {
  const { clock, progress } = deps;
  const start = clock.monotonic();
  const elapsed = (): number => clock.monotonic() - start;
  dir.create();
  const unlock = lockDataDir(dir);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  signal.addEventListener('abort', stop, { once: true });
  const supervisor = new Supervisor({ dir, clock, sources: options.sources, onReady: (name, ms) => progress.step(name, ms) });
  let control: Awaited<ReturnType<typeof serveControl>> | undefined;
  try {
    const old = dir.readRecord();
    const record = planRecord(old, options);
    const servesApi = options.components.length === 0 || options.components.includes('apiserver');
    if (servesApi) await requireFreePort(record.port);
    dir.writeRecord(record);
    if (await ensureCredentials(dir, record, clock.now())) progress.step('certificates', elapsed());
    control = await serveControl(dir, {
      status: () => ({ dataDir: dir.root, pid: process.pid, port: record.port, processes: supervisor.status() }),
      stop,
      addNodes: (request) => addNodes(request),
      removeNode: (name) => removeNode(name),
    });
    supervisor.start(specsOf(record));
    await supervisor.whenReady(stopping.signal);
    if (!stopping.signal.aborted) {
      const names = new Set(nodeNames(record));
      // Their pods are then collected as those of any node that is gone.
      if (servesApi && old !== undefined)
        for (const name of nodeNames(old)) if (!names.has(name)) await deleteObject(dir, `/api/v1/nodes/${name}`);
      progress.ready(elapsed());
    }
    await new Promise<void>((resolve) => {
      if (stopping.signal.aborted) resolve();
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });

    async function addNodes({ count, simulated }: { count: number; simulated: boolean }): Promise<unknown> {
      const before = new Set(supervisor.status().map(({ name }) => name));
      if (simulated) {
        record.simulatedNodes += count;
        await supervisor.stopOne('kubelet-simulated');
        before.delete('kubelet-simulated');
      } else record.nodes = growNodes(record.nodes, record.nodes.length + count);
      dir.writeRecord(record);
      await ensureCredentials(dir, record, clock.now());
      const added = specsOf(record).filter(({ name }) => !before.has(name));
      supervisor.start(added);
      await supervisor.whenReady(stopping.signal);
      return { nodes: simulated ? [`${count} simulated`] : added.map(({ name }) => name.replace(/^kubelet-/, '')) };
    }

    async function removeNode(name: string): Promise<unknown> {
      if (!record.nodes.some((node) => node.name === name))
        throw new ClusterError(`there is no process node ${JSON.stringify(name)} in this cluster`);
      record.nodes = record.nodes.filter((node) => node.name !== name);
      dir.writeRecord(record);
      await supervisor.stopOne(`kubelet-${name}`);
      await deleteObject(dir, `/api/v1/nodes/${name}`);
      return { removed: name };
    }
  } finally {
    await supervisor.stop();
    control?.close();
    rmSync(dir.supervisorSocket, { force: true });
    unlock();
  }

  function specsOf(record: ClusterRecord): ProcessSpec[] {
    return topology(record, options, dir);
  }
}

/** What the cluster is now: the record of its last run, changed by what the command line says. */
function planRecord(old: ClusterRecord | undefined, { port, nodes, simulatedNodes }: UpOptions): ClusterRecord {
  const chosenPort = port ?? old?.port ?? DEFAULT_PORT;
  if (nodes !== undefined && nodes > MAX_PROCESS_NODES)
    throw new ClusterError(`--nodes must be at most ${MAX_PROCESS_NODES}: use --simulated-nodes for more`);
  return {
    format: 1,
    port: chosenPort,
    network: old?.network ?? networkOf(chosenPort),
    nodes: growNodes(old?.nodes ?? [], nodes ?? old?.nodes.length ?? 1),
    simulatedNodes: simulatedNodes ?? old?.simulatedNodes ?? 0,
  };
}

/** The Nodes that the API shows. */
function nodeNames({ nodes, simulatedNodes }: ClusterRecord): string[] {
  return [...nodes.map(({ name }) => name), ...Array.from({ length: simulatedNodes }, (_, i) => `simulated-${i}`)];
}

/** Adds nodes with the lowest free numbers, or drops those with the highest. */
function growNodes(nodes: ClusterRecord['nodes'], count: number): ClusterRecord['nodes'] {
  if (count > MAX_PROCESS_NODES)
    throw new ClusterError(`a cluster has at most ${MAX_PROCESS_NODES} process nodes: use --simulated-nodes for more`);
  const result = [...nodes].sort((a, b) => a.index - b.index).slice(0, count);
  const taken = new Set(result.map(({ index }) => index));
  for (let index = 1; result.length < count; index++) if (!taken.has(index)) result.push({ name: `node-${index}`, index });
  return result;
}

/** Makes missing keys, certificates and kubeconfigs; whether there was anything to make. */
async function ensureCredentials(dir: DataDir, record: ClusterRecord, now: number): Promise<boolean> {
  const requests = certificates(record, hostname());
  const missing = requests.filter(({ file }) => !existsSync(dir.pki(`${file}.crt`)));
  const server = `https://127.0.0.1:${record.port}`;
  if (missing.length > 0 || !existsSync(dir.pki('ca.crt'))) {
    const { ensureAdminToken, ensureServiceAccountKey, Pki } = await import('./pki.ts');
    const pki = await Pki.open(dir, now);
    await Promise.all(missing.map((request) => pki.ensure(request, now)));
    ensureServiceAccountKey(dir);
    ensureAdminToken(dir);
  }
  for (const { file, commonName, serves } of requests) {
    if (serves !== undefined || file === 'apiserver-kubelet-client') continue;
    const text = kubeconfig({
      server,
      user: commonName,
      caFile: dir.pki('ca.crt'),
      certFile: dir.pki(`${file}.crt`),
      keyFile: dir.pki(`${file}.key`),
    });
    dir.writeFile(file === 'admin' ? dir.kubeconfig : dir.componentKubeconfig(file), text);
  }
  return missing.length > 0;
}

async function requireFreePort(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new ClusterError(`port ${port} on 127.0.0.1 is in use: choose another with --port`)
          : new ClusterError(`cannot listen on 127.0.0.1:${port}: ${error.message}`),
      ),
    );
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve()));
  });
}
