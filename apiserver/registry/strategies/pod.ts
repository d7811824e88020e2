import type { Pod, PodSpec } from '../../../shared/api/generated/core-v1.ts';
import type { UntypedObject } from '../../../shared/api/meta.ts';
import { validatePod, validatePodStatusUpdate, validatePodUpdate } from '../../validation/pod.ts';
import type { Strategy } from '../strategy.ts';
import { computeQos } from './pod-qos.ts';
import { keepStatus } from './status.ts';
import { typed } from './typed.ts';

/** Source: kubernetes pkg/registry/core/pod/strategy.go. */
export const podStrategy: Strategy = {
  prepareForCreate(object) {
    const pod = typed<Pod>(object);
    const gated = (pod.spec.schedulingGates ?? []).length > 0;
    object['status'] = {
      phase: 'Pending',
      ...(gated && { conditions: [GATED()] }),
      qosClass: computeQos(pod.spec),
    };
  },
  validate: (object) => validatePod(typed<Pod>(object)),
  prepareForUpdate(object, old) {
    keepStatus(object, old);
  },
  validateUpdate: (object, old) => validatePodUpdate(typed<Pod>(object), typed<Pod>(old)),
  prepareForStatusUpdate(object, old) {
    object['spec'] = structuredClone(old['spec']);
    const [pod, before] = [typed<Pod>(object), typed<Pod>(old)];
    if (before.metadata.ownerReferences === undefined) delete pod.metadata.ownerReferences;
    else pod.metadata.ownerReferences = structuredClone(before.metadata.ownerReferences);
    if (before.status.qosClass !== undefined) pod.status.qosClass ??= before.status.qosClass;
  },
  validateStatusUpdate: (object, old) => validatePodStatusUpdate(typed<Pod>(object), typed<Pod>(old)),
  gracePeriodSeconds(object, requested) {
    const { spec, status } = typed<Pod>(object);
    if ((spec.nodeName ?? '') === '' || status.phase === 'Failed' || status.phase === 'Succeeded') return 0;
    const period = requested ?? spec.terminationGracePeriodSeconds ?? 0;
    return period < 0 ? 1 : period;
  },
  selectableFields(object) {
    const { spec, status } = typed<Pod>(object);
    return {
      'spec.nodeName': spec.nodeName ?? '',
      'spec.restartPolicy': spec.restartPolicy ?? '',
      'spec.schedulerName': spec.schedulerName ?? '',
      'spec.serviceAccountName': spec.serviceAccountName ?? '',
      'spec.hostNetwork': String(spec.hostNetwork === true),
      'status.phase': status.phase ?? '',
      'status.podIP': status.podIP ?? status.podIPs?.[0]?.ip ?? '',
      'status.nominatedNodeName': status.nominatedNodeName ?? '',
    };
  },
  warnings: (object: UntypedObject) => podWarnings(typed<Pod>(object).spec),
};

const GATED = () => ({
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  lastTransitionTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
});

/** Names that a container sets twice. Source: kubernetes pkg/api/pod/warnings.go. */
function podWarnings(spec: PodSpec): string[] {
  const warnings: string[] = [];
  for (const [list, containers] of [
    ['initContainers', spec.initContainers ?? []],
    ['containers', spec.containers ?? []],
  ] as const) {
    containers.forEach((container, i) => {
      const seen = new Map<string, number>();
      (container.env ?? []).forEach((env, j) => {
        const first = seen.get(env.name);
        if (first === undefined) seen.set(env.name, j);
        else
          warnings.push(`spec.${list}[${i}].env[${j}]: hides previous definition of "${env.name}", which may be dropped when using apply`);
      });
    });
  }
  return warnings;
}
