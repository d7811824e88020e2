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

/** First and later distances of early probes, ms: doubling. */
const EARLY_MS = 100;

/**
 * One probe of one running container, from its start until `stop`. Source: kubelet/prober/worker.go. As there, failures count from one
 * period after the initial delay on; before that startup and readiness are tried at growing distances, so that a container that comes up
 * quickly is used quickly, and liveness is not asked at all unless it has an initial delay of its own.
 */
export class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  /** When failures begin to count, ms since the epoch. */
  readonly #inForce: number;
  #earlyMs = EARLY_MS;
  #last: 'success' | 'failure' | undefined;
  #run = 0;
  #stopped = false;
  #cancel: (() => void) | undefined;

  constructor(options: ProbeLoopOptions) {
    const { kind, probe, containerStartedAt } = options;
    const delayMs = (probe.initialDelaySeconds ?? 0) * 1000;
    this.#options = options;
    this.#inForce = containerStartedAt + delayMs + (kind === 'Liveness' && delayMs > 0 ? 0 : periodMs(options));
  }

  start(): void {
    const { kind, probe, containerStartedAt, clock } = this.#options;
    const at = kind === 'Liveness' ? this.#inForce : containerStartedAt + (probe.initialDelaySeconds ?? 0) * 1000;
    this.#schedule(at - clock.now());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #schedule(ms: number): void {
    this.#cancel = this.#options.clock.setTimer(Math.max(0, ms), () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { kind, clock } = this.#options;
    const begun = clock.monotonic();
    const early = this.#inForce - clock.now();
    const outcome = await this.#options.run();
    if (this.#stopped) return;
    if (early > 0 && this.#last === undefined && (outcome.result === 'failure' || outcome.result === 'unknown')) {
      this.#schedule(Math.min(this.#earlyMs, this.#inForce - clock.now()));
      this.#earlyMs *= 2;
      return;
    }
    this.#options.outcome(kind, outcome);
    if (outcome.result !== 'unknown') this.#count(outcome.result === 'failure' ? 'failure' : 'success');
    if (this.#stopped) return; // the verdict ended this container
    this.#schedule(periodMs(this.#options) - (clock.monotonic() - begun));
  }

  #count(result: 'success' | 'failure'): void {
    const { kind, probe } = this.#options;
    this.#run = result === this.#last ? this.#run + 1 : 1;
    this.#last = result;
    const threshold = result === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#run === threshold) this.#options.verdict(kind, result);
  }
}

function periodMs({ probe }: ProbeLoopOptions): number {
  return (probe.periodSeconds ?? 10) * 1000;
}
