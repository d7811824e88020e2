import { createHash } from 'node:crypto';
import type { Container, EphemeralContainer, Pod, Probe } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ContainerStatus, SandboxStatus } from '../runtime/driver.ts';

/** Label of sandboxes and containers, as upstream's CRI labels. Source: kubelet/types/labels.go. */
export const LABELS = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;
/** Annotation with the hash of what a container was made from; a different one in the spec restarts it. */
export const CONTAINER_HASH = 'io.kubernetes.container.hash';

export type AnyContainer = DeepReadonly<Container> | DeepReadonly<EphemeralContainer>;

/** `name_namespace(uid)`, as messages name a pod. Source: kubelet/util/format Pod. */
export function formatPod({
  metadata,
}: {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined; readonly uid: string };
}): string {
  return `${metadata.name}_${metadata.namespace ?? ''}(${metadata.uid})`;
}

/** What may change in a running pod's container: only name and image count. Source: kubelet/container HashContainer. */
export function containerHash({ name, image }: AnyContainer): string {
  return createHash('sha1').update(JSON.stringify({ name, image })).digest('hex').slice(0, 8);
}

/** An init container that keeps running beside the pod's containers. */
export function isSidecar(container: DeepReadonly<Container>): boolean {
  return container.restartPolicy === 'Always';
}

/** `spec.containers{web}`: which part of a pod an event is about. */
export function fieldPathOf({ spec }: DeepReadonly<Pod>, name: string): string {
  if (spec.initContainers?.some((c) => c.name === name) === true) return `spec.initContainers{${name}}`;
  if (spec.ephemeralContainers?.some((c) => c.name === name) === true) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

export function findContainer({ spec }: DeepReadonly<Pod>, name: string): DeepReadonly<Container> | undefined {
  const ephemeral = spec.ephemeralContainers?.find((c) => c.name === name);
  return (
    [...spec.containers, ...(spec.initContainers ?? [])].find((c) => c.name === name) ?? (ephemeral as DeepReadonly<Container> | undefined)
  );
}

/** Whether the kubelet starts it again after it ended with `exitCode`. Source: kubelet/container ShouldContainerBeRestarted. */
export function shouldRestart(pod: DeepReadonly<Pod>, container: DeepReadonly<Container>, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    if (action === 'Restart' && (exitCodes?.operator === 'NotIn' ? !listed : listed)) return true;
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** The last made sandbox. */
export function latestSandbox(sandboxes: readonly SandboxStatus[]): SandboxStatus | undefined {
  return sandboxes.reduce<SandboxStatus | undefined>(
    (best, one) => (best === undefined || one.attempt > best.attempt ? one : best),
    undefined,
  );
}

/** The containers of that name in all sandboxes, newest first. */
export function attemptsOf(sandboxes: readonly SandboxStatus[], name: string): ContainerStatus[] {
  return sandboxes
    .flatMap((sandbox) => sandbox.containers)
    .filter((container) => container.name === name)
    .sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
}

/** Seconds that a container gets between SIGTERM and SIGKILL. Source: kuberuntime setTerminationGracePeriod. */
export function graceSeconds(pod: DeepReadonly<Pod>, failedProbe?: DeepReadonly<Probe>): number {
  return (
    pod.metadata.deletionGracePeriodSeconds ?? failedProbe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
  );
}
