import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { LABELS } from './containers.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Longest host name of a pod. Source: kernel's HOST_NAME_MAX, kubelet/util GetNodenameForKernel. */
const HOSTNAME_MAX = 63;

/** Mounts the pod's volumes and makes its sandbox; what fails is told as an event and thrown. Source: kuberuntime_sandbox.go. */
export async function createSandbox(pod: DeepReadonly<Pod>, attempt: number, deps: WorkerDeps, signal: AbortSignal): Promise<void> {
  const { driver, relist, addresses, paths, volumes, events, hostIPs } = deps;
  const { metadata, spec } = pod;
  const ip = spec.hostNetwork === true ? undefined : addresses?.allocate(metadata.uid);
  const tell = (reason: string, prefix: string, error: unknown): never => {
    if (!signal.aborted) events.event(pod, 'Warning', reason, `${prefix}${error instanceof Error ? error.message : String(error)}`);
    throw error;
  };
  if (ip === undefined && addresses !== undefined && spec.hostNetwork !== true)
    tell('FailedCreatePodSandBox', 'Failed to create pod sandbox: ', new Error('no IP addresses available in the range of the node'));
  await volumes
    .mount(pod, { podIPs: ip === undefined ? [] : [ip], hostIPs }, signal)
    .catch((error: unknown) => tell('FailedMount', '', error));
  const sandbox = {
    podUid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    attempt,
    hostname: (spec.hostname ?? metadata.name).slice(0, HOSTNAME_MAX),
    labels: {
      ...metadata.labels,
      [LABELS.podName]: metadata.name,
      [LABELS.podNamespace]: metadata.namespace ?? '',
      [LABELS.podUid]: metadata.uid,
    },
    annotations: metadata.annotations ?? {},
    logDirectory: paths.logDirectory(pod),
    ...(ip === undefined ? {} : { ip }),
  };
  await driver
    .runSandbox(sandbox, signal)
    .catch((error: unknown) => tell('FailedCreatePodSandBox', 'Failed to create pod sandbox: ', error));
  await relist.refresh();
}
