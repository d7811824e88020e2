import type { Logger } from '../../shared/component/logging.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { Revision, RevisionRecord, StorageBackend } from './backend.ts';

export interface CompactorOptions {
  backend: StorageBackend;
  clock: Clock;
  log: Logger;
  window?: HistoryWindow;
}

/** How much history is kept: what is beyond either limit goes. */
export interface HistoryWindow {
  maxAgeMs: number;
  maxBytes: number;
}

/** A day, or a GiB. */
export const DEFAULT_WINDOW: HistoryWindow = { maxAgeMs: 24 * 60 * 60 * 1000, maxBytes: 1024 ** 3 };

/** Time between compactions, ms. Source: kube-apiserver --etcd-compaction-interval (5 min). */
const EVERY_MS = 5 * 60 * 1000;

/** Keeps the history log within its window. */
export class Compactor {
  readonly #options: CompactorOptions;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { backend, clock, log, window = DEFAULT_WINDOW } = this.#options;
    while (!signal.aborted) {
      try {
        const before = await findCompactionTarget(backend, window, clock.now());
        if (before > backend.compactedRevision()) {
          await backend.compact(before);
          log.info({ before }, 'history compacted');
        }
      } catch (error) {
        log.error({ err: error }, 'history not compacted');
      }
      await clock.sleep(EVERY_MS, signal);
    }
  }
}

/** The newest revision that is out of the window: the state at the window's beginning, which stays readable. */
export async function findCompactionTarget(backend: StorageBackend, window: HistoryWindow, now: number): Promise<Revision> {
  let outside = backend.compactedRevision();
  let inside = backend.revision() + 1;
  if (inside - outside <= 1) return outside;
  const read = async (revision: Revision): Promise<RevisionRecord | undefined> => (await backend.history(revision - 1, { limit: 1 }))[0];
  const totalBytes = (await read(inside - 1))?.totalBytes ?? 0;
  while (inside - outside > 1) {
    const middle = outside + Math.floor((inside - outside) / 2);
    const record = await read(middle);
    if (record === undefined) return outside;
    if (record.at <= now - window.maxAgeMs || totalBytes - record.totalBytes > window.maxBytes) outside = middle;
    else inside = middle;
  }
  return outside;
}
