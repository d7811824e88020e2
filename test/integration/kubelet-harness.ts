import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KUBELET_OPTIONS, type KubeletConfig } from '../../kubelet/config.ts';
import { runKubelet } from '../../kubelet/kubelet.ts';
import type { Container, Pod, PodSpec } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { createHealthRegistry } from '../../shared/component/health.ts';
import { createMetricsRegistry } from '../../shared/component/metrics.ts';
import { parseOptions } from '../../shared/component/options.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { type Clock, realClock } from '../../shared/machinery/clock.ts';
import { eventually } from '../support/eventually.ts';
import type { InProcessApiServer } from '../support/in-process-apiserver.ts';
import { recordingLog } from '../support/silent-log.ts';

export interface InProcessKubelet {
  rootDir: string;
  lines: { msg: string }[];
  /** Stops it; the root directory stays for the next one. */
  stop(): Promise<void>;
}

/** A kubelet in this process, ready when it resolves. */
export async function startKubelet(
  server: InProcessApiServer,
  config: Partial<KubeletConfig> & { rootDir: string },
  clock: Clock = realClock,
): Promise<InProcessKubelet> {
  const full: KubeletConfig = {
    ...parseOptions(KUBELET_OPTIONS, ['--kubeconfig', 'none'], {}),
    nodeName: 'node-1',
    podCidr: '127.100.1.0/24',
    nodeIp: ['127.0.0.1'],
    port: 0,
    healthzPort: 0,
    ...config,
  };
  const stopped = new AbortController();
  const { log, lines } = recordingLog();
  const running = { done: Promise.resolve() };
  await new Promise<void>((resolve, reject) => {
    const context = {
      log,
      clock,
      signal: stopped.signal,
      health: createHealthRegistry(),
      metrics: createMetricsRegistry(),
      ready: () => resolve(),
    };
    running.done = runKubelet(full, context, server.clientConfig);
    running.done.catch(reject);
  });
  return {
    rootDir: full.rootDir,
    lines,
    stop: async () => {
      stopped.abort();
      await running.done;
    },
  };
}

export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kubelet-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export function podOf(
  name: string,
  containers: Partial<Container>[],
  spec: Partial<PodSpec> = {},
  annotations: Record<string, string> = {},
): Parameters<ApiClient['create']>[1] & Pod {
  return {
    metadata: { name, namespace: 'default', annotations },
    spec: {
      nodeName: 'node-1',
      automountServiceAccountToken: false,
      containers: containers.map((fields, i) => ({ name: `c${i}`, image: 'app:1', ...fields })),
      ...spec,
    },
  } as unknown as Pod;
}

/** Waits until the pod is as `check` wants it. */
export async function untilPod(client: ApiClient, name: string, check: (pod: Pod) => boolean, withinMs = 10_000): Promise<Pod> {
  let last: Pod | undefined;
  try {
    await eventually(
      async () => {
        last = await client.get('pods', `default/${name}`);
        return check(last);
      },
      { withinMs },
    );
  } catch (error) {
    throw new Error(`pod ${name} is ${JSON.stringify(last?.status, null, 1)}`, { cause: error });
  }
  return last as Pod;
}

export async function untilGone(client: ApiClient, name: string, withinMs = 10_000): Promise<void> {
  await eventually(
    async () => {
      try {
        await client.get('pods', `default/${name}`);
        return false;
      } catch (error) {
        return isNotFound(error);
      }
    },
    { withinMs },
  );
}

/** `reason: message` of the events about a pod, in the order they were written, without those of others. */
export async function eventsOf(client: ApiClient, name: string): Promise<string[]> {
  const { items } = await client.list('events', { namespace: 'default', fieldSelector: `involvedObject.name=${name}` });
  return items.map(({ reason, message }) => `${reason}: ${message}`);
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
