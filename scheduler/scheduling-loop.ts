import { setImmediate as turn } from 'node:timers/promises';
import type { ApiClient } from '../shared/client/api-client.ts';
import { withCause } from '../shared/client/cause.ts';
import type { EventRecorder } from '../shared/client/event-recorder.ts';
import type { Logger } from '../shared/component/logging.ts';
import type { MetricsRegistry } from '../shared/component/metrics.ts';
import { isConflict, isNotFound } from '../shared/machinery/api-error.ts';
import type { Clock } from '../shared/machinery/clock.ts';
import { bind } from './bind.ts';
import { failureMessage } from './failure-message.ts';
import { findNode } from './framework/find-node.ts';
import type { PluginSet } from './plugins/registry.ts';
import type { PoppedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import type { ClusterState } from './state/cluster-state.ts';
import type { PodInfo } from './state/pod-info.ts';
import { reportUnschedulable } from './unschedulable-condition.ts';

export interface SchedulingLoopDeps {
  client: ApiClient;
  queue: SchedulingQueue;
  state: ClusterState;
  plugins: PluginSet;
  events: EventRecorder;
  clock: Clock;
  log: Logger;
  metrics: MetricsRegistry;
  random: () => number;
  parallelBindings: number;
}

/** Cycles between two looks at the network, so that bindings leave and informers hear while many pods wait. */
const CYCLES_PER_TURN = 16;

/** Gives pods their nodes, one cycle after another; bindings go out side by side. Runs until `signal` aborts and the bindings are done. */
export class SchedulingLoop {
  readonly #deps: SchedulingLoopDeps;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #attempts;
  readonly #duration;
  #startAt = 0;

  constructor(deps: SchedulingLoopDeps) {
    this.#deps = deps;
    this.#attempts = deps.metrics.counter('scheduler_schedule_attempts_total', 'Number of attempts to schedule pods, by the result', [
      'result',
      'profile',
    ]);
    this.#duration = deps.metrics.histogram(
      'scheduler_scheduling_algorithm_duration_seconds',
      'Scheduling algorithm latency in seconds',
      [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, parallelBindings } = this.#deps;
    while (!signal.aborted) {
      await queue.waitForWork(signal);
      for (let cycle = 0; cycle < CYCLES_PER_TURN && this.#inFlight.size < parallelBindings; cycle++) {
        const next = queue.pop();
        if (next === undefined) break;
        withCause(next.cause, () => this.#schedule(next, signal));
      }
      if (this.#inFlight.size >= parallelBindings) await Promise.race(this.#inFlight);
      else await turn();
    }
    await Promise.allSettled(this.#inFlight);
  }

  #schedule({ pod }: PoppedPod, signal: AbortSignal): void {
    const { queue, state, plugins, random, clock } = this.#deps;
    const started = clock.monotonic();
    const nodes = state.nodes();
    const decision = findNode(pod, nodes, { plugins, random, startAt: this.#startAt });
    this.#duration.observe((clock.monotonic() - started) / 1000);
    if (decision.node === undefined) {
      queue.failed(pod.uid, decision.diagnosis.plugins);
      this.#attempts.inc({ result: 'unschedulable', profile: 'default-scheduler' });
      this.#track(this.#unschedulable(pod, failureMessage(decision.diagnosis), signal));
      return;
    }
    this.#startAt = nodes.length === 0 ? 0 : (this.#startAt + decision.evaluated) % nodes.length;
    state.assume(pod, decision.node.name);
    this.#track(this.#bind(pod, decision.node.name, signal));
  }

  async #bind(pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<void> {
    const { client, queue, state, events, log } = this.#deps;
    try {
      await bind(client, pod, nodeName, signal);
      queue.done(pod.uid);
      this.#attempts.inc({ result: 'scheduled', profile: 'default-scheduler' });
      events.event(pod.pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.key} to ${nodeName}`, { action: 'Binding' });
    } catch (err) {
      state.forget(pod.uid);
      if (isNotFound(err)) return queue.delete(pod.uid);
      this.#attempts.inc({ result: 'error', profile: 'default-scheduler' });
      queue.failed(pod.uid);
      if (signal.aborted) return;
      // A conflict is another's binding, which the informer is about to show.
      if (isConflict(err)) return;
      log.warn({ err, object: `pods/${pod.key}`, node: nodeName }, 'binding failed');
      events.event(pod.pod, 'Warning', 'FailedScheduling', `binding rejected: ${err instanceof Error ? err.message : String(err)}`, {
        action: 'Scheduling',
      });
    }
  }

  async #unschedulable(pod: PodInfo, message: string, signal: AbortSignal): Promise<void> {
    const { client, events, clock, log } = this.#deps;
    events.event(pod.pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' });
    try {
      await reportUnschedulable(client, pod, message, clock.now(), signal);
    } catch (err) {
      // The next attempt writes it again.
      if (!isNotFound(err) && !signal.aborted) log.warn({ err, object: `pods/${pod.key}` }, 'condition not written');
    }
  }

  #track(work: Promise<void>): void {
    this.#inFlight.add(work);
    void work.finally(() => this.#inFlight.delete(work));
  }
}
