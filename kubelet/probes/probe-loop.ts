import type { Probe } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { ProbeKind, ProbeOutcome } from './probe.ts';

export interface ProbeLoopOptions {
  kind: ProbeKind;
  probe: DeepReadonly<Probe>;
  /** When the container started, ms since the epoch: the initial delay counts from here. */
  containerStartedAt: number;
  run(): Promise<ProbeOutcome>;
  /** Each single outcome. */
  outcome(kind: ProbeKind, outcome: ProbeOutcome): void;
  /** A verdict that held for as many outcomes as the probe's threshold asks. */
  verdict(kind: ProbeKind, verdict: 'success' | 'failure'): void;
  clock: Clock;
}

/** One probe of one running container, from its start until `stop`. Source: kubelet/prober/worker.go. */
export class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  #last: 'success' | 'failure' | undefined;
  #run = 0;
  #stopped = false;
  #cancel: (() => void) | undefined;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
  }

  start(): void {
    const { probe, containerStartedAt, clock } = this.#options;
    this.#schedule(Math.max(0, containerStartedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now()));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #schedule(ms: number): void {
    this.#cancel = this.#options.clock.setTimer(ms, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { kind, probe, clock } = this.#options;
    const begun = clock.monotonic();
    const outcome = await this.#options.run();
    if (this.#stopped) return;
    this.#options.outcome(kind, outcome);
    if (outcome.result !== 'unknown') this.#count(outcome.result === 'failure' ? 'failure' : 'success');
    if (this.#stopped) return; // the verdict ended this container
    this.#schedule(Math.max(0, (probe.periodSeconds ?? 10) * 1000 - (clock.monotonic() - begun)));
  }

  #count(result: 'success' | 'failure'): void {
    const { kind, probe } = this.#options;
    this.#run = result === this.#last ? this.#run + 1 : 1;
    this.#last = result;
    const threshold = result === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#run === threshold) this.#options.verdict(kind, result);
  }
}
