import type { Clock } from '../../shared/machinery/clock.ts';
import type { ClusterEvent, FilterPlugin } from '../framework/plugin.ts';
import type { PodInfo } from '../state/pod-info.ts';
import { KeyedHeap } from './keyed-heap.ts';

/** Source: scheduler DefaultPodInitialBackoffSeconds. */
const INITIAL_BACKOFF_MS = 1_000;
/** Source: scheduler DefaultPodMaxBackoffSeconds. */
const MAX_BACKOFF_MS = 10_000;
/** After this long a pod is tried again even though nothing seems to help it. Source: DefaultPodMaxInUnschedulablePodsDuration. */
const MAX_UNSCHEDULABLE_MS = 5 * 60_000;

interface QueuedPod {
  pod: PodInfo;
  /** Its place in the order of arrival. */
  arrival: number;
  attempts: number;
  /** Until when it must wait, ms; by the clock's monotonic time. */
  backoffUntil: number;
  unschedulableSince: number;
  rejectedBy: ReadonlySet<FilterPlugin>;
  /** The write that brought it here, or the newest that woke it. */
  cause: number | undefined;
}

export interface PoppedPod {
  pod: PodInfo;
  attempts: number;
  cause: number | undefined;
}

/**
 * Pods that wait for a node, in upstream's three parts: active (by priority, then age), backing off, and unschedulable until an event
 * that one of the plugins which turned them down waits for.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #active = new KeyedHeap<QueuedPod>((a, b) =>
    a.pod.priority === b.pod.priority ? a.arrival < b.arrival : a.pod.priority > b.pod.priority,
  );
  readonly #backoff = new KeyedHeap<QueuedPod>((a, b) => a.backoffUntil < b.backoffUntil);
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #inFlight = new Map<string, QueuedPod>();
  /** Events since a pod was popped, for those still in flight: one may have helped it meanwhile. */
  #missed: ClusterEvent[] = [];
  #arrivals = 0;
  #wake: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Pods per part, for metrics. */
  get sizes(): { active: number; backoff: number; unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size };
  }

  /** Adds a pod, or takes over a new version of one that waits; a changed spec is worth another try. */
  set(pod: PodInfo, specChanged: boolean, cause: number | undefined): void {
    const waiting =
      this.#active.get(pod.uid) ?? this.#backoff.get(pod.uid) ?? this.#unschedulable.get(pod.uid) ?? this.#inFlight.get(pod.uid);
    if (waiting === undefined) {
      const now = this.#clock.monotonic();
      this.#activate({
        pod,
        arrival: this.#arrivals++,
        attempts: 0,
        backoffUntil: now,
        unschedulableSince: now,
        rejectedBy: new Set(),
        cause,
      });
      return;
    }
    waiting.pod = pod;
    if (cause !== undefined) waiting.cause = cause;
    if (specChanged && this.#unschedulable.delete(pod.uid)) this.#requeue(waiting);
  }

  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#unschedulable.delete(uid);
    this.#inFlight.delete(uid);
  }

  /** The next pod to schedule, if one is ready; `done` or `failed` must follow. */
  pop(): PoppedPod | undefined {
    this.#promote();
    const next = this.#active.pop();
    if (next === undefined) return undefined;
    next.attempts++;
    this.#inFlight.set(next.pod.uid, next);
    return { pod: next.pod, attempts: next.attempts, cause: next.cause };
  }

  /** Resolves when `pop` may have something, or `signal` aborts. */
  async waitForWork(signal: AbortSignal): Promise<void> {
    this.#promote();
    if (this.#active.size > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = finish;
      signal.addEventListener('abort', finish, { once: true });
      this.#armTimer();
    });
  }

  /** The pod has a node. */
  done(uid: string): void {
    this.#inFlight.delete(uid);
    if (this.#inFlight.size === 0) this.#missed = [];
  }

  /** The pod got no node. Without `rejectedBy` (an error, not a verdict) it is tried again after its back-off. */
  failed(uid: string, rejectedBy?: ReadonlySet<FilterPlugin>): void {
    const entry = this.#inFlight.get(uid);
    if (entry === undefined) return; // deleted meanwhile
    const missed = this.#missed;
    this.done(uid);
    const now = this.#clock.monotonic();
    entry.backoffUntil = now + Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** (entry.attempts - 1));
    entry.unschedulableSince = now;
    entry.rejectedBy = rejectedBy ?? new Set();
    if (rejectedBy === undefined || missed.some((event) => mayHelp(event, entry))) this.#requeue(entry);
    else this.#unschedulable.set(uid, entry);
  }

  /** Wakes the pods that `event` may help. */
  onEvent(event: ClusterEvent, cause: number | undefined): void {
    if (this.#inFlight.size > 0) this.#missed.push(event);
    for (const [uid, entry] of this.#unschedulable) {
      if (!mayHelp(event, entry)) continue;
      this.#unschedulable.delete(uid);
      if (cause !== undefined) entry.cause = cause;
      this.#requeue(entry);
    }
  }

  #requeue(entry: QueuedPod): void {
    if (entry.backoffUntil <= this.#clock.monotonic()) return this.#activate(entry);
    this.#backoff.set(entry.pod.uid, entry);
    if (this.#wake !== undefined) this.#armTimer();
  }

  #activate(entry: QueuedPod): void {
    this.#active.set(entry.pod.uid, entry);
    this.#wake?.();
  }

  /** Moves what has waited long enough to the active part. */
  #promote(): void {
    const now = this.#clock.monotonic();
    for (let first = this.#backoff.peek(); first !== undefined && first.backoffUntil <= now; first = this.#backoff.peek()) {
      this.#backoff.pop();
      this.#active.set(first.pod.uid, first);
    }
    for (const [uid, entry] of this.#unschedulable) {
      if (now - entry.unschedulableSince < MAX_UNSCHEDULABLE_MS) break; // in the order in which they came
      this.#unschedulable.delete(uid);
      this.#active.set(uid, entry);
    }
  }

  /** One timer, for whatever becomes ready first. */
  #armTimer(): void {
    const backoffAt = this.#backoff.peek()?.backoffUntil ?? Number.POSITIVE_INFINITY;
    const [oldest] = this.#unschedulable.values();
    const at = Math.min(backoffAt, oldest === undefined ? Number.POSITIVE_INFINITY : oldest.unschedulableSince + MAX_UNSCHEDULABLE_MS);
    if (at === this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#clock.setTimer(Math.max(1, at - this.#clock.monotonic()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#promote();
      if (this.#active.size > 0) this.#wake?.();
      else this.#armTimer();
    });
  }
}

function mayHelp(event: ClusterEvent, { pod, rejectedBy }: QueuedPod): boolean {
  if (rejectedBy.size === 0) return event.type !== 'pod-removed'; // no nodes at all, so far
  for (const plugin of rejectedBy) if (plugin.mayHelp(event, pod)) return true;
  return false;
}
