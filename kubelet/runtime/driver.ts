import type { Readable, Writable } from 'node:stream';

/** Stable for a (pod uid, attempt): running the same sandbox again gives the same id. */
export type SandboxId = string;
/** Stable for a (sandbox, container name, attempt). */
export type ContainerId = string;

/** What a pod's sandbox is made from. */
export interface SandboxSpec {
  podUid: string;
  namespace: string;
  name: string;
  /** Counts the sandboxes of one pod, from 0. */
  attempt: number;
  hostname: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Where the log files of its containers are; the caller names them (`ContainerSpec.logPath`) and removes them. */
  logDirectory: string;
  /** The address that the pod shall have, where the caller hands them out; drivers with a network of their own ignore it. */
  ip?: string;
}

export interface Mount {
  hostPath: string;
  /** Absolute, in the container. */
  containerPath: string;
  readOnly: boolean;
}

/** What a container is made from. Nothing is left to expand: `$(VAR)`, fieldRef, defaults of the pod are the caller's. */
export interface ContainerSpec {
  name: string;
  /** Counts the containers of that name in one sandbox, from 0: upstream's restart count. */
  attempt: number;
  image: string;
  /** Empty: the image's entry point. */
  command: readonly string[];
  args: readonly string[];
  env: readonly { readonly name: string; readonly value: string }[];
  /** Absolute, in the container; '' is the image's, or the root. */
  workingDir: string;
  mounts: readonly Mount[];
  /** Absolute path of the log file, in the CRI's format. */
  logPath: string;
  /** In the container; '' is none. */
  terminationMessagePath: string;
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError';
  /** Keeps a stdin open for `attach`; with `stdinOnce` it ends when the first attached client leaves. */
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  resources: Resources;
}

/** 0 is no request, no limit. */
export interface Resources {
  cpuRequestMillis: number;
  cpuLimitMillis: number;
  memoryRequestBytes: number;
  memoryLimitBytes: number;
}

export type ContainerState = 'created' | 'running' | 'exited';
/** Why a container is not running any more. `Unknown`: it ended while nobody could see its exit code (the machine restarted). */
export type ExitReason = 'Completed' | 'Error' | 'OOMKilled' | 'StartError' | 'Unknown';

export interface ContainerStatus {
  id: ContainerId;
  name: string;
  attempt: number;
  state: ContainerState;
  /** ms since the epoch. */
  createdAt: number;
  /** 0 while `created`. */
  startedAt: number;
  /** 0 until `exited`. */
  finishedAt: number;
  /** Meaningful once `exited`; 128 + n after signal n. */
  exitCode: number;
  signal: number;
  reason: ExitReason | '';
  /** The termination message, or what went wrong at the start. */
  message: string;
  image: string;
  imageRef: string;
  logPath: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** The process on the host, where there is one and while it runs. */
  pid?: number;
}

export interface SandboxStatus {
  id: SandboxId;
  /** `notReady`: stopped; its containers are dead and no new one can be made in it. */
  state: 'ready' | 'notReady';
  podUid: string;
  namespace: string;
  name: string;
  attempt: number;
  createdAt: number;
  /** The pod's address, where the driver knows one. */
  ip?: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** All of them, exited ones too, oldest first. */
  containers: ContainerStatus[];
}

export interface TerminalSize {
  width: number;
  height: number;
}

export interface ExecStreams {
  stdin?: Readable;
  stdout?: Writable;
  /** With `tty` both outputs arrive on `stdout`. */
  stderr?: Writable;
  tty: boolean;
  resize?: AsyncIterable<TerminalSize>;
}

/** What a container uses now: `/stats/summary`, `kubectl top`. */
export interface ContainerStats {
  /** CPU time used since its start, ns. */
  cpuNanos: number;
  memoryBytes: number;
}

export type RuntimeErrorCode =
  /** No such sandbox or container. */
  | 'NotFound'
  /** The container cannot be made: no command and no image to take one from, a mount that does not exist. Upstream's waiting reason. */
  | 'CreateContainerError'
  /** It cannot be started: executable not found, not permitted. The container is `exited` with `StartError`. Upstream's waiting reason. */
  | 'RunContainerError'
  /** The container or sandbox is in the wrong state for the call. */
  | 'NotRunning'
  /** This driver cannot do it. */
  | 'Unsupported';

/** A call that a runtime refused; `message` is fit for a pod's status and events. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuntimeError';
    this.code = code;
  }
}

/**
 * What a pod worker asks of a container runtime: the CRI's shape, cut to what the kubelet calls. Every method is idempotent (a kubelet
 * that crashed half-way repeats it) and sees no Pod (a driver never reads the API). Failures that the pod's owner can act on are
 * `RuntimeError`s. Source: cri-api v1 RuntimeService.
 */
export interface RuntimeDriver {
  /** Shown in the Node's `containerRuntimeVersion` as `<name>://<version>`, and before a container's id in the Pod's status. */
  readonly name: string;
  readonly version: string;
  /** The sandbox of that pod uid and attempt, made if there is none yet. */
  runSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<SandboxStatus>;
  /** Throws `CreateContainerError`, leaving nothing behind. */
  createContainer(sandbox: SandboxId, spec: ContainerSpec, signal: AbortSignal): Promise<ContainerId>;
  /** Resolves once its process runs; running or exited already: a success. Throws `RunContainerError`. */
  startContainer(id: ContainerId): Promise<void>;
  /** SIGTERM, SIGKILL after `graceMs`; resolves once all its processes are gone. Gone already or never known: a success. */
  stopContainer(id: ContainerId, graceMs: number): Promise<void>;
  /** Kills what still runs; its log file stays. */
  removeContainer(id: ContainerId): Promise<void>;
  /** Kills what still runs in it; the sandbox becomes `notReady`, its exited containers can still be read. */
  stopSandbox(id: SandboxId): Promise<void>;
  /** Removes it with its containers and all they left outside of volumes and logs. */
  removeSandbox(id: SandboxId): Promise<void>;
  /** All it still holds, exited containers too: the relist (PLEG) and a restarted kubelet read only this. Cheap: call it every second. */
  list(): Promise<SandboxStatus[]>;
  /** Runs `command` beside the container's own; aborting `signal` kills it. Throws `RunContainerError` where it cannot start. */
  exec(id: ContainerId, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<{ exitCode: number }>;
  /** Joins the container's own streams until it exits or `signal` aborts (which leaves it running). Output from now on only. */
  attach(id: ContainerId, streams: ExecStreams, signal: AbortSignal): Promise<void>;
  stats(id: ContainerId): Promise<ContainerStats>;
  /** A hint to relist sooner; losing one is harmless. Ends when `signal` aborts. */
  changes(signal: AbortSignal): AsyncIterable<SandboxId>;
  /** Lets go of watchers and files. Containers stay as they are. */
  close(): Promise<void>;
}
