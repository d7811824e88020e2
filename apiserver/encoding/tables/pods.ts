import type { ContainerStatus, Pod, PodStatus } from '../../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { since } from './human-duration.ts';
import { AGE, column, NAME, orNone, type Printer, printer, wide } from './printer.ts';

const columns = [
  NAME,
  column('Ready', { description: 'The aggregate readiness state of this pod for accepting traffic.' }),
  column('Status', { description: 'The aggregate status of the containers in this pod.' }),
  column('Restarts', {
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  }),
  AGE,
  wide('IP'),
  wide('Node'),
  wide('Nominated Node'),
  wide('Readiness Gates'),
];

const succeeded = [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }];
const failed = [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }];

export const pods: Printer = {
  ...printer<Pod>(columns, (pod, now) => {
    const { ready, total, reason, restarts, lastRestart } = summarise(pod);
    const { spec, status } = pod;
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      reason,
      restarts > 0 && lastRestart !== '' ? `${restarts} (${since(lastRestart, now)} ago)` : String(restarts),
      since(pod.metadata.creationTimestamp, now),
      orNone(status?.podIPs?.[0]?.ip),
      orNone(spec.nodeName),
      orNone(status?.nominatedNodeName),
      readinessGates(pod),
    ];
  }),
  conditions: (object) => {
    const phase = (object.status as DeepReadonly<PodStatus> | undefined)?.phase;
    return phase === 'Succeeded' ? succeeded : phase === 'Failed' ? failed : undefined;
  },
};

interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  /** Timestamp, '' if no container was restarted. */
  lastRestart: string;
}

/** What a pod amounts to in one line. Source: kubernetes pkg/printers/internalversion printPod. */
function summarise(pod: DeepReadonly<Pod>): Summary {
  const { spec, status } = pod;
  const sidecars = new Set((spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name));
  const summary: Summary = {
    ready: 0,
    total: spec.containers.length + sidecars.size,
    reason: status?.reason || status?.phase || '',
    restarts: 0,
    lastRestart: '',
  };
  const conditions = status?.conditions ?? [];
  if (conditions.some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated')) summary.reason = 'SchedulingGated';
  const sidecarRestarts = { restarts: 0, lastRestart: '' };
  const initializing = summariseInit(pod, { sidecars, sidecarRestarts, summary });
  if (!initializing || conditions.some((c) => c.type === 'Initialized' && c.status === 'True')) {
    Object.assign(summary, sidecarRestarts);
    summariseContainers(pod, summary);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') summary.reason = 'Unknown';
    else if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') summary.reason = 'Terminating';
  }
  return summary;
}

/** Whether init containers still run or failed, which then is the pod's reason. */
function summariseInit(pod: DeepReadonly<Pod>, into: { sidecars: Set<string>; sidecarRestarts: Restarts; summary: Summary }): boolean {
  const { sidecars, sidecarRestarts, summary } = into;
  for (const [i, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = sidecars.has(container.name);
    countRestarts(container, summary);
    if (sidecar) countRestarts(container, sidecarRestarts);
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) summary.ready++;
      continue;
    }
    if (terminated !== undefined) summary.reason = `Init:${terminated.reason || exitReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') summary.reason = `Init:${waiting.reason}`;
    else summary.reason = `Init:${i}/${pod.spec.initContainers?.length ?? 0}`;
    return true;
  }
  return false;
}

function summariseContainers(pod: DeepReadonly<Pod>, summary: Summary): void {
  let running = false;
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    countRestarts(container, summary);
    const { waiting, terminated, running: runs } = container.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated !== undefined) summary.reason = terminated.reason || exitReason(terminated);
    else if (container.ready && runs !== undefined) {
      running = true;
      summary.ready++;
    }
  }
  if (summary.reason !== 'Completed' || !running) return;
  const ready = (pod.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True');
  summary.reason = ready ? 'Running' : 'NotReady';
}

type Restarts = Pick<Summary, 'restarts' | 'lastRestart'>;

function countRestarts(container: DeepReadonly<ContainerStatus>, into: Restarts): void {
  into.restarts += container.restartCount;
  const finished = container.lastState?.terminated?.finishedAt ?? '';
  if (finished !== '' && (into.lastRestart === '' || Date.parse(finished) > Date.parse(into.lastRestart))) into.lastRestart = finished;
}

function exitReason({ signal, exitCode }: { readonly signal?: number | undefined; readonly exitCode: number }): string {
  return signal !== undefined && signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function readinessGates({ spec, status }: DeepReadonly<Pod>): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter((gate) => status?.conditions?.find((c) => c.type === gate.conditionType)?.status === 'True');
  return `${open.length}/${gates.length}`;
}
