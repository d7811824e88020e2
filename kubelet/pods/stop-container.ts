import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ContainerId } from '../runtime/driver.ts';
import { fieldPathOf, findContainer } from './containers.ts';
import type { KillAction } from './plan-pod.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** A container gets at least this long between SIGTERM and SIGKILL. Source: kuberuntime minimumGracePeriodInSeconds. */
const MINIMUM_GRACE_SECONDS = 2;
/** A grace counts as shorter than another from this difference on, ms: what is left of one period is computed anew each time. */
const SHORTER_MS = 100;

/**
 * The containers of one pod that are being stopped: event, preStop hook, SIGTERM, SIGKILL once the grace is over. A second request
 * with a shorter grace shortens the first.
 */
export class ContainerStopper {
  readonly #deps: WorkerDeps;
  /** When the grace of a container ends, ms since the epoch. */
  readonly #ends = new Map<ContainerId, number>();
  readonly #hooks = new Map<ContainerId, AbortController>();

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  get stopping(): ReadonlySet<ContainerId> {
    return new Set(this.#ends.keys());
  }

  /** Whether `stop` would do anything: it is not being stopped yet, or with a longer grace. */
  wouldStop({ id, graceSeconds }: KillAction): boolean {
    const before = this.#ends.get(id);
    return before === undefined || this.#deps.clock.now() + graceSeconds * 1000 + SHORTER_MS < before;
  }

  /** Resolves once the container is gone. `exact`: the grace is what a deletion asked for, also when it is shorter than the minimum. */
  async stop(
    pod: DeepReadonly<Pod>,
    { id, name, message, graceSeconds }: KillAction,
    options: { podIP: string; exact: boolean },
  ): Promise<void> {
    const { clock, driver, events } = this.#deps;
    const end = clock.now() + graceSeconds * 1000;
    const before = this.#ends.get(id);
    if (before !== undefined) {
      this.#ends.set(id, end);
      this.#hooks.get(id)?.abort();
      await driver.stopContainer(id, graceSeconds * 1000);
      return;
    }
    this.#ends.set(id, end);
    try {
      events.event(pod, 'Normal', 'Killing', message, { fieldPath: fieldPathOf(pod, name) });
      const container = findContainer(pod, name);
      const hook = container?.lifecycle?.preStop;
      if (container !== undefined && hook !== undefined && graceSeconds > 0)
        await this.#preStop(pod, id, { container, podIP: options.podIP, end });
      const left = Math.max(0, (this.#ends.get(id) ?? end) - clock.now());
      const graceMs = hook !== undefined || !options.exact ? Math.max(left, MINIMUM_GRACE_SECONDS * 1000) : left;
      await driver.stopContainer(id, graceMs);
    } finally {
      this.#ends.delete(id);
    }
  }

  async #preStop(
    pod: DeepReadonly<Pod>,
    id: ContainerId,
    { container, podIP, end }: { container: NonNullable<ReturnType<typeof findContainer>>; podIP: string; end: number },
  ): Promise<void> {
    const { clock, hooks, events, log, signal } = this.#deps;
    const hook = container.lifecycle?.preStop;
    if (hook === undefined) return;
    const controller = new AbortController();
    this.#hooks.set(id, controller);
    const cancel = clock.setTimer(Math.max(0, end - clock.now()), () => controller.abort());
    try {
      const problem = await hooks.run(hook, { id, container, podIP }, AbortSignal.any([signal, controller.signal]));
      if (problem === undefined || controller.signal.aborted || signal.aborted) return;
      log.info(
        { object: `pods/${pod.metadata.namespace}/${pod.metadata.name}`, container: container.name, problem },
        'preStop hook failed',
      );
      events.event(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', { fieldPath: fieldPathOf(pod, container.name) });
    } finally {
      cancel();
      this.#hooks.delete(id);
    }
  }
}
