import type { Container, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { combine, largest, NOTHING, type Resources, readResources } from './resources.ts';

/** What scoring assumes of a container that requests nothing. Source: scheduler util DefaultMilliCPURequest, DefaultMemoryRequest. */
const ASSUMED_CPU_MILLIS = 100;
const ASSUMED_MEMORY_BYTES = 200 * 1024 * 1024;

/**
 * What a pod needs at its worst moment: its containers and sidecars together, or an init container beside the sidecars that started
 * before it, whichever is more; plus overhead. Source: component-helpers resource.PodRequests.
 */
export function podRequests(pod: DeepReadonly<Pod>, of: (container: DeepReadonly<Container>) => Resources = requestsOf): Resources {
  let running = NOTHING;
  for (const container of pod.spec.containers) running = combine(running, of(container));
  let sidecars = NOTHING;
  let starting = NOTHING;
  for (const container of pod.spec.initContainers ?? []) {
    const own = of(container);
    if (container.restartPolicy === 'Always') {
      sidecars = combine(sidecars, own);
      starting = largest(starting, sidecars);
    } else starting = largest(starting, combine(sidecars, own));
  }
  const total = largest(combine(running, sidecars), starting);
  const whole = pod.spec.resources?.requests === undefined ? total : { ...total, ...podLevel(pod.spec.resources.requests) };
  return pod.spec.overhead === undefined ? whole : combine(whole, readResources(pod.spec.overhead));
}

/** As `podRequests`, with assumed amounts for containers that request no CPU or memory, so that such pods spread too. */
export function podScoringRequests(pod: DeepReadonly<Pod>): Resources {
  return podRequests(pod, (container) => {
    const own = requestsOf(container);
    const named = container.resources.requests ?? {};
    return {
      ...own,
      cpuMillis: 'cpu' in named ? own.cpuMillis : ASSUMED_CPU_MILLIS,
      memoryBytes: 'memory' in named ? own.memoryBytes : ASSUMED_MEMORY_BYTES,
    };
  });
}

function requestsOf(container: DeepReadonly<Container>): Resources {
  return readResources(container.resources.requests);
}

/** Pod-level requests replace the sum for what they name. */
function podLevel(requests: Readonly<Record<string, string>>): Partial<Resources> {
  const read = readResources(requests);
  return {
    ...('cpu' in requests ? { cpuMillis: read.cpuMillis } : {}),
    ...('memory' in requests ? { memoryBytes: read.memoryBytes } : {}),
  };
}
