import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ClusterError } from './cluster-error.ts';

/** Longest path that a Unix socket can have on Linux; macOS has 104. */
const SOCKET_PATH_LIMIT = 103;
const MARKER = 'cluster.json';
const FOLDERS = ['pki', 'kubeconfigs', 'logs', 'nodes'];
/** What is there before the marker is. */
const FIRST_ENTRIES = new Set([...FOLDERS, 'supervisor.lock']);

/** What a cluster keeps about itself between runs: the options of its last `up` and the nodes it has. */
export interface ClusterRecord {
  format: 1;
  port: number;
  /** Second octet of the loopback network 127.N.0.0/16 that its pods and services live on. */
  network: number;
  nodes: NodeRecord[];
  simulatedNodes: number;
}

export interface NodeRecord {
  name: string;
  /** 1 for the first node; gives its address and its pods' range. */
  index: number;
}

/** Paths of everything a cluster writes; nothing is written elsewhere. */
export class DataDir {
  readonly root: string;
  constructor(path: string) {
    this.root = resolve(path);
    if (this.supervisorSocket.length > SOCKET_PATH_LIMIT || this.apiSocket.length > SOCKET_PATH_LIMIT)
      throw new ClusterError(
        `the data directory ${this.root} has too long a path for Unix sockets: choose one of at most ${SOCKET_PATH_LIMIT - '/supervisor.sock'.length} characters with --data-dir`,
      );
  }
  get kubeconfig(): string {
    return join(this.root, 'kubeconfig');
  }
  get adminToken(): string {
    return join(this.root, 'admin.token');
  }
  get tokens(): string {
    return join(this.root, 'pki', 'tokens.csv');
  }
  get apiSocket(): string {
    return join(this.root, 'apiserver.sock');
  }
  get supervisorSocket(): string {
    return join(this.root, 'supervisor.sock');
  }
  get lock(): string {
    return join(this.root, 'supervisor.lock');
  }
  get store(): string {
    return join(this.root, 'store');
  }
  pki(file: string): string {
    return join(this.root, 'pki', file);
  }
  componentKubeconfig(component: string): string {
    return join(this.root, 'kubeconfigs', `${component}.kubeconfig`);
  }
  log(component: string): string {
    return join(this.root, 'logs', `${component}.log`);
  }
  node(name: string): string {
    return join(this.root, 'nodes', name);
  }

  /** Makes the directory, readable by its owner only. Refuses one that holds something else than a cluster. */
  create(): void {
    if (existsSync(this.root) && !this.exists() && !readdirSync(this.root).every((name) => FIRST_ENTRIES.has(name)))
      throw new ClusterError(`${this.root} is not empty and holds no cluster: choose another directory with --data-dir`);
    for (const path of [this.root, ...FOLDERS.map((name) => join(this.root, name))]) mkdirSync(path, { recursive: true });
    chmodSync(this.root, 0o700);
  }

  exists(): boolean {
    return existsSync(join(this.root, MARKER));
  }

  readRecord(): ClusterRecord | undefined {
    if (!this.exists()) return undefined;
    const record = JSON.parse(readFileSync(join(this.root, MARKER), 'utf8')) as ClusterRecord;
    if (record.format !== 1)
      throw new ClusterError(`${this.root} was made by another version of Kubernetus (format ${record.format}, wanted 1)`);
    return record;
  }

  writeRecord(record: ClusterRecord): void {
    this.writeFile(join(this.root, MARKER), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Replaces a file whole, so that a crash leaves the old or the new one. */
  writeFile(path: string, text: string, mode = 0o600): void {
    writeFileSync(`${path}.part`, text, { mode });
    renameSync(`${path}.part`, path);
  }
}
