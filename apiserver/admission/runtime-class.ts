import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { RuntimeClass as Class } from '../../shared/api/generated/node-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { forbidden } from '../../shared/machinery/api-error.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const PODS = resourceInfo('pods');

/** A pod's runtime class must exist; its overhead and scheduling rules become the pod's. Source: plugin/pkg/admission/runtimeclass. */
export class RuntimeClass implements AdmissionPlugin {
  readonly name = 'RuntimeClass';

  mutate({ info, operation, subresource, object }: AdmissionRequest, reader: ObjectReader): void {
    if (info.id !== 'pods' || operation !== 'CREATE' || subresource !== '' || object === undefined) return;
    const pod = object as unknown as Pod;
    const wanted = pod.spec.runtimeClassName;
    const name = pod.metadata.name ?? '';
    if (wanted === undefined) {
      if (Object.keys(pod.spec.overhead ?? {}).length > 0) {
        throw forbidden(PODS, name, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
      }
      return;
    }
    const found = reader.get('runtimeclasses', '', wanted) as unknown as DeepReadonly<Class> | undefined;
    if (found === undefined) throw forbidden(PODS, name, `pod rejected: RuntimeClass "${wanted}" not found`);
    setOverhead(pod, found);
    setScheduling(pod, found);
  }
}

function setOverhead(pod: Pod, { overhead }: DeepReadonly<Class>): void {
  const fixed = overhead?.podFixed;
  if (fixed === undefined) return;
  if (pod.spec.overhead !== undefined && !isDeepStrictEqual(pod.spec.overhead, fixed)) {
    throw forbidden(PODS, pod.metadata.name ?? '', "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
  pod.spec.overhead = { ...fixed };
}

function setScheduling(pod: Pod, { scheduling }: DeepReadonly<Class>): void {
  if (scheduling === undefined) return;
  const own = pod.spec.nodeSelector ?? {};
  const added = scheduling.nodeSelector ?? {};
  const conflict = Object.keys(added).find((key) => own[key] !== undefined && own[key] !== added[key]);
  if (conflict !== undefined) {
    throw forbidden(
      PODS,
      pod.metadata.name ?? '',
      `pod rejected: conflict: runtimeClass.scheduling.nodeSelector[${conflict}] = ${added[conflict]}; pod.spec.nodeSelector[${conflict}] = ${own[conflict]}`,
    );
  }
  if (Object.keys(added).length > 0) pod.spec.nodeSelector = { ...own, ...added };
  const tolerations = structuredClone(scheduling.tolerations ?? []) as NonNullable<Pod['spec']['tolerations']>;
  const known = pod.spec.tolerations ?? [];
  const fresh = tolerations.filter((toleration) => !known.some((other) => isDeepStrictEqual(other, toleration)));
  if (fresh.length > 0) pod.spec.tolerations = [...known, ...fresh];
}
