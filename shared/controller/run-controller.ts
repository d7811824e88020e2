import { withCause } from '../client/cause.ts';
import { createWorkQueue } from '../client/delaying-work-queue.ts';
import type { InformerSet } from '../client/informer-set.ts';
import type { WorkQueue } from '../client/work-queue.ts';
import type { Logger } from '../component/logging.ts';
import type { Counter, MetricsRegistry } from '../component/metrics.ts';
import { isConflict } from '../machinery/api-error.ts';
import type { Clock } from '../machinery/clock.ts';
import type { ObjectKey } from '../machinery/object-key.ts';
import type { ReconcileContext, Reconciler } from './reconciler.ts';

export interface ControllerDeps {
  /** Waited for before the first reconcile. */
  informers?: Pick<InformerSet, 'waitForSync'>;
  /** Keys reconciled at the same time. */
  workers?: number;
  clock: Clock;
  log: Logger;
  metrics?: MetricsRegistry;
}

interface Run {
  reconciler: Reconciler;
  queue: WorkQueue;
  log: Logger;
  errors: Counter | undefined;
  signal: AbortSignal;
}

/**
 * Runs one controller until `signal` aborts: waits for the caches, then hands keys to `workers` workers; a key that fails comes back with
 * its back-off. Settles when the last reconcile has ended; rejects only if `wakeOn` throws. Costs nothing while no key waits.
 */
export async function runController(
  reconciler: Reconciler,
  { informers, workers = 1, clock, log: parent, metrics }: ControllerDeps,
  signal: AbortSignal,
): Promise<void> {
  const queue = createWorkQueue({ clock, name: reconciler.name, ...(metrics === undefined ? {} : { metrics }) });
  const log = parent.child({ controller: reconciler.name });
  const errors = metrics?.counter('controller_runtime_reconcile_errors_total', 'Total number of reconciliation errors per controller', [
    'controller',
  ]);
  const stop = (): void => queue.shutDown();
  signal.addEventListener('abort', stop, { once: true });
  try {
    reconciler.wakeOn(queue);
    await informers?.waitForSync(signal).catch(() => undefined); // rejects only when stopped
    if (signal.aborted) return;
    log.debug({ workers }, 'controller started');
    const run: Run = { reconciler, queue, log, errors, signal };
    await Promise.all(Array.from({ length: workers }, () => work(run)));
    log.debug({}, 'controller stopped');
  } finally {
    signal.removeEventListener('abort', stop);
    queue.shutDown();
  }
}

async function work(run: Run): Promise<void> {
  const { queue, signal } = run;
  for (let item = await queue.next(); item !== undefined && !signal.aborted; item = await queue.next()) {
    const { key, cause } = item;
    await withCause(cause, () => reconcileOnce(run, key));
    queue.done(key);
  }
}

async function reconcileOnce({ reconciler, queue, log, errors, signal }: Run, key: ObjectKey): Promise<void> {
  let againAfterMs: number | undefined;
  let own: Logger | undefined;
  const context: ReconcileContext = {
    signal,
    get log() {
      own ??= log.child({ object: key });
      return own;
    },
    requeueAfter: (ms) => {
      againAfterMs = Math.min(ms, againAfterMs ?? ms);
    },
  };
  try {
    await reconciler.reconcile(key, context);
    queue.forget(key);
    if (againAfterMs !== undefined) queue.addAfter(key, againAfterMs);
  } catch (error) {
    if (signal.aborted) return;
    errors?.inc({ controller: reconciler.name });
    queue.addRateLimited(key);
    if (isConflict(error)) context.log.debug({ err: error }, 'reconcile lost a race, will retry');
    else context.log.warn({ err: error, retries: queue.retries(key) }, 'reconcile failed, will retry');
  }
}
