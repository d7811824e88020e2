import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { type LogQuery, readLog } from '../logs/log-reader.ts';
import type { RuntimeDriver } from '../runtime/driver.ts';
import { HttpError } from './http-error.ts';
import { type ContainerAddress, containersOf, findPod, hasContainer, type PodLookup, statusOf } from './pod-lookup.ts';

export interface ContainerLogsDeps {
  pods: PodLookup;
  driver: RuntimeDriver;
  clock: Clock;
}

/** The answer to `/containerLogs/…`. Throws `HttpError` before the first byte. Source: kubelet server getContainerLogs, GetKubeletContainerLogs. */
export async function containerLogs(
  address: ContainerAddress,
  params: URLSearchParams,
  { pods, driver, clock }: ContainerLogsDeps,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const { name, container } = address;
  const query = parseQuery(params, clock.now());
  const pod = findPod(pods, address, `pod ${JSON.stringify(name)} not found\n`);
  if (!hasContainer(pod, container))
    throw new HttpError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}\n`);
  const id = containerId(pod, container, params.get('previous') === 'true');
  const log = (await containersOf(driver, pod.metadata.uid)).find((candidate) => candidate.id === id);
  if (log === undefined) throw new HttpError(400, `unable to retrieve container logs for ${id}`);
  let running = log.state !== 'exited';
  const watching = new AbortController();
  const stop = AbortSignal.any([signal, watching.signal]);
  if (query.follow && running) {
    followState().catch(() => {
      running = false; // the runtime does not answer: what there is must do
    });
  }
  return read();

  async function* read(): AsyncGenerator<Buffer> {
    try {
      yield* readLog({ path: log?.logPath ?? '', query, clock, finished: () => !running }, signal);
    } finally {
      watching.abort();
    }
  }
  async function followState(): Promise<void> {
    const isRunning = async (): Promise<boolean> =>
      (await containersOf(driver, pod.metadata.uid)).some((candidate) => candidate.id === id && candidate.state !== 'exited');
    const changes = driver.changes(stop);
    running = await isRunning();
    for await (const _ of changes) {
      running = await isRunning();
      if (!running) return;
    }
  }
}

/** The runtime's id of the container whose log is asked for. Source: kubelet validateContainerLogStatus. */
function containerId(pod: DeepReadonly<Pod>, container: string, previous: boolean): string {
  const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  const status = statusOf(pod, container);
  if (status === undefined) throw new HttpError(400, `${where} is not available`);
  const { state = {}, lastState = {} } = status;
  const last = lastState.terminated?.containerID ?? '';
  if (previous) {
    if (last === '') throw new HttpError(400, `previous terminated ${where} not found`);
    return bare(last);
  }
  if (state.running !== undefined) return bare(status.containerID ?? '');
  if (state.terminated !== undefined) {
    const id = state.terminated.containerID ?? '';
    if (id !== '' || last !== '') return bare(id === '' ? last : id);
    throw new HttpError(400, `${where} is terminated`);
  }
  if (last !== '') return bare(last);
  if (state.waiting === undefined) throw new HttpError(400, `${where} is waiting to start - no logs yet`);
  const { reason = '' } = state.waiting;
  if (reason === 'ErrImagePull') throw new HttpError(400, `${where} is waiting to start: image can't be pulled`);
  if (reason === 'ImagePullBackOff') throw new HttpError(400, `${where} is waiting to start: trying and failing to pull image`);
  throw new HttpError(400, `${where} is waiting to start: ${reason}`);
}

/** `process://abc` → `abc` */
function bare(containerID: string): string {
  return containerID.slice(containerID.indexOf('://') + (containerID.includes('://') ? 3 : 1));
}

function parseQuery(params: URLSearchParams, now: number): LogQuery {
  const whole = (name: string): number | undefined => {
    const text = params.get(name);
    if (text === null || text === '') return undefined;
    if (!/^\d+$/.test(text)) throw new HttpError(400, `{"message": "Invalid ${name}."}`);
    return Number(text);
  };
  const sinceSeconds = whole('sinceSeconds');
  const sinceTime = params.get('sinceTime');
  const sinceMs =
    sinceSeconds !== undefined ? now - sinceSeconds * 1_000 : sinceTime !== null && sinceTime !== '' ? Date.parse(sinceTime) : undefined;
  if (Number.isNaN(sinceMs)) throw new HttpError(400, '{"message": "Invalid sinceTime."}');
  const tailLines = whole('tailLines');
  const limitBytes = whole('limitBytes');
  const stream = params.get('stream') ?? 'All';
  if (stream !== 'All' && stream !== 'Stdout' && stream !== 'Stderr') throw new HttpError(400, '{"message": "Invalid stream."}');
  return {
    follow: params.get('follow') === 'true',
    timestamps: params.get('timestamps') === 'true',
    stream,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
}
