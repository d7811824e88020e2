import type { ClientMetrics } from './observability.ts';

/** What a work queue tells about itself. Times in ms. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  depth(keys: number): void;
  waited(ms: number): void;
  worked(ms: number): void;
}

/** Seconds. Source: client-go workqueue metrics (ExponentialBuckets(10e-9, 10, 12)). */
const BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

/** client-go's work queue metrics. `runningForMs` gives the age of each key at work when a scrape asks. */
export function queueMetrics(metrics: ClientMetrics, name: string, runningForMs: () => readonly number[]): QueueMetrics {
  const labels = { name };
  const adds = metrics.counter('workqueue_adds_total', 'Total number of adds handled by workqueue', ['name']);
  const retries = metrics.counter('workqueue_retries_total', 'Total number of retries handled by workqueue', ['name']);
  const depth = metrics.gauge('workqueue_depth', 'Current depth of workqueue', ['name']);
  const waited = metrics.histogram(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested.',
    BUCKETS,
    ['name'],
  );
  const worked = metrics.histogram(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes.',
    BUCKETS,
    ['name'],
  );
  const unfinished = metrics.gauge(
    'workqueue_unfinished_work_seconds',
    "How many seconds of work has done that is in progress and hasn't been observed by work_duration.",
    ['name'],
  );
  const longest = metrics.gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running.',
    ['name'],
  );
  metrics.onScrape(() => {
    const ages = runningForMs();
    unfinished.set(ages.reduce((sum, ms) => sum + ms, 0) / 1000, labels);
    longest.set(Math.max(0, ...ages) / 1000, labels);
  });
  return {
    added: () => adds.inc(labels),
    retried: () => retries.inc(labels),
    depth: (keys) => depth.set(keys, labels),
    waited: (ms) => waited.observe(ms / 1000, labels),
    worked: (ms) => worked.observe(ms / 1000, labels),
  };
}
