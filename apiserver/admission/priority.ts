import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { PriorityClass } from '../../shared/api/generated/scheduling-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { forbidden } from '../../shared/machinery/api-error.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

const PODS = resourceInfo('pods');

/** Turns a pod's class into a number, and knows one default class. Source: kubernetes plugin/pkg/admission/priority. */
export class Priority implements AdmissionPlugin {
  readonly name = 'Priority';

  mutate(request: AdmissionRequest, reader: ObjectReader): void {
    const { info, operation, subresource, object } = request;
    if (info.id !== 'pods' || subresource !== '' || object === undefined) return;
    const pod = object as unknown as Pod;
    if (operation === 'UPDATE') return keepPriority(pod, request.old as unknown as DeepReadonly<Pod> | undefined);
    if (operation !== 'CREATE') return;
    const found = classOf(pod, reader);
    const value = found?.value ?? 0;
    if (pod.spec.priority !== undefined && pod.spec.priority !== value) {
      throw forbidden(
        PODS,
        pod.metadata.name ?? '',
        `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      );
    }
    if ((pod.spec.priorityClassName ?? '') === '' && found !== undefined) pod.spec.priorityClassName = found.metadata.name;
    pod.spec.priority = value;
    const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
    if (pod.spec.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== policy) {
      throw forbidden(
        PODS,
        pod.metadata.name ?? '',
        `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
      );
    }
    pod.spec.preemptionPolicy = policy;
  }

  validate({ info, operation, subresource, object, name }: AdmissionRequest, reader: ObjectReader): void {
    if (info.id !== 'priorityclasses' || subresource !== '' || object === undefined || operation === 'DELETE') return;
    const wanted = object as unknown as PriorityClass;
    if (wanted.globalDefault !== true) return;
    const other = defaultClass(reader);
    if (other === undefined || other.metadata.name === name) return;
    throw forbidden(info, name, `PriorityClass ${other.metadata.name} is already marked as globalDefault`);
  }
}

/** An update that leaves the computed fields out keeps them. */
function keepPriority(pod: Pod, old: DeepReadonly<Pod> | undefined): void {
  if (old?.spec.priority !== undefined) pod.spec.priority ??= old.spec.priority;
  if (old?.spec.preemptionPolicy !== undefined) pod.spec.preemptionPolicy ??= old.spec.preemptionPolicy;
}

function classOf(pod: Pod, reader: ObjectReader): DeepReadonly<PriorityClass> | undefined {
  const wanted = pod.spec.priorityClassName ?? '';
  if (wanted === '') return defaultClass(reader);
  const found = reader.get('priorityclasses', '', wanted);
  if (found === undefined) throw forbidden(PODS, pod.metadata.name ?? '', `no PriorityClass with name ${wanted} was found`);
  return found as unknown as DeepReadonly<PriorityClass>;
}

/** Of several defaults, which only a race can make, the least important. */
function defaultClass(reader: ObjectReader): DeepReadonly<PriorityClass> | undefined {
  const classes = reader.list('priorityclasses') as unknown as readonly DeepReadonly<PriorityClass>[];
  return classes.filter(({ globalDefault }) => globalDefault === true).sort((a, b) => a.value - b.value)[0];
}
