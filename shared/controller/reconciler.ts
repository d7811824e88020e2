import type { WorkQueue } from '../client/work-queue.ts';
import type { Logger } from '../component/logging.ts';
import type { ObjectKey } from '../machinery/object-key.ts';

export interface ReconcileContext {
  signal: AbortSignal;
  log: Logger;
  /** Look at the key again after this many ms even if nothing changes. */
  requeueAfter(ms: number): void;
}

/** One controller: level-based, reads caches, writes through the client. `runController` gives it its queue, retries and logs. */
export interface Reconciler {
  /** Upstream's controller name, such as `replicaset-controller`. */
  readonly name: string;
  /** Registers listeners that add keys. Starts nothing. */
  wakeOn(queue: WorkQueue): void;
  /** A throw is logged, counted and retried with the key's back-off. */
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<void>;
}
