import { setMaxListeners } from 'node:events';
import { type Change, type ChangeBatch, type ChangeStream, type KeyRange, type Revision, StorageError } from './backend.ts';
import { compareKeys } from './key-encoding.ts';

/** What a watcher holds of live changes before it is sent back to reading history. */
const MAX_QUEUED_CHANGES = 4096;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** Some of the changes after a revision, in order, all of them up to `through`. */
export interface HistoryChunk {
  batches: ChangeBatch[];
  through: Revision;
}

export interface WatchHubDeps {
  /** The newest durable revision; `publish` has had all up to it. */
  revision(): Revision;
  /** Changes in `range` after `after`; reads at least one revision if there is one. Throws StorageError 'COMPACTED'. */
  readHistory(range: KeyRange, after: Revision): Promise<HistoryChunk>;
}

/**
 * Fans durable changes out to watches. A watch begins by reading history and turns live once it has caught up; one whose
 * reader falls too far behind drops its queue and reads history again, so memory is bounded and nothing is lost.
 */
export class WatchHub {
  readonly #deps: WatchHubDeps;
  readonly #groups = new Map<string, Group>();
  readonly #watchers = new Set<Watcher>();
  /** The groups by start, and for each the greatest end of those up to it. Undefined: to be built again. */
  #sorted: { groups: Group[]; reach: string[] } | undefined;

  constructor(deps: WatchHubDeps) {
    this.#deps = deps;
  }

  watch(range: KeyRange, after: Revision, signal: AbortSignal): ChangeStream {
    return new Watcher({ hub: this, deps: this.#deps, range, signal }, after);
  }

  /** Takes all of the newly durable revisions at once, in order, before anyone else learns that they are durable. */
  publish(batches: readonly ChangeBatch[]): void {
    if (this.#groups.size === 0) return;
    for (const batch of batches) {
      const { changes } = batch;
      const only = changes.length === 1 ? changes[0] : undefined;
      if (only !== undefined) {
        this.#eachGroup(keyOf(only), (group) => group.push(batch));
        continue;
      }
      const parts = new Map<Group, Change[]>();
      for (const change of changes) {
        this.#eachGroup(keyOf(change), (group) => {
          const part = parts.get(group);
          if (part === undefined) parts.set(group, [change]);
          else part.push(change);
        });
      }
      for (const [group, part] of parts) group.push({ revision: batch.revision, changes: part });
    }
  }

  /** Ends every watch: with `error`, or as if its signal had aborted. */
  close(error?: StorageError): void {
    for (const watcher of [...this.#watchers]) watcher.finish(error);
  }

  /** A watcher that is being read, for `close`. */
  add(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.detach(watcher);
  }

  /** From now on the watcher gets what is published. */
  attach(watcher: Watcher): void {
    const id = `${watcher.range.start}\0${watcher.range.end ?? ''}`;
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new Group(watcher.range);
      this.#groups.set(id, group);
      this.#sorted = undefined;
    }
    group.watchers.add(watcher);
  }

  detach(watcher: Watcher): void {
    const id = `${watcher.range.start}\0${watcher.range.end ?? ''}`;
    const group = this.#groups.get(id);
    if (group === undefined) return;
    group.watchers.delete(watcher);
    if (group.watchers.size > 0) return;
    this.#groups.delete(id);
    this.#sorted = undefined;
  }

  #eachGroup(key: string, visit: (group: Group) => void): void {
    this.#sorted ??= sortGroups([...this.#groups.values()]);
    const { groups, reach } = this.#sorted;
    let low = 0;
    let high = groups.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(groups[middle]?.start ?? '', key) <= 0) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && compareKeys(reach[i] ?? '', key) > 0; i--) {
      const group = groups[i];
      if (group !== undefined && compareKeys(group.end, key) > 0) visit(group);
    }
  }
}

/** The live watchers of one range. */
class Group {
  readonly start: string;
  readonly end: string;
  readonly watchers = new Set<Watcher>();

  constructor(range: KeyRange) {
    this.start = range.start;
    this.end = range.end ?? `${range.start}\0`;
  }

  push(batch: ChangeBatch): void {
    for (const watcher of this.watchers) watcher.push(batch);
  }
}

interface WatcherDeps {
  hub: WatchHub;
  deps: WatchHubDeps;
  range: KeyRange;
  signal: AbortSignal;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

class Watcher implements ChangeStream, AsyncIterator<ChangeBatch, undefined> {
  readonly range: KeyRange;
  readonly #hub: WatchHub;
  readonly #deps: WatchHubDeps;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.finish();
  #queue: ChangeBatch[] = [];
  #head = 0; // of #queue: shift() would move a long one each time
  #queuedChanges = 0;
  #queuedBytes = 0;
  /** All changes up to here have been handed out. */
  #position: Revision;
  #live = false;
  #started = false;
  #finished = false;
  #error: StorageError | undefined;
  #progressWanted = false;
  #wake: { resolve(result: IteratorResult<ChangeBatch, undefined>): void; reject(error: StorageError): void } | undefined;

  constructor({ hub, deps, range, signal }: WatcherDeps, after: Revision) {
    this.#hub = hub;
    this.#deps = deps;
    this.range = range;
    this.#signal = signal;
    this.#position = after;
  }

  [Symbol.asyncIterator](): AsyncIterator<ChangeBatch, undefined> {
    return this;
  }

  requestProgress(): void {
    this.#progressWanted = true;
    if (this.#live) this.#mark();
  }

  next(): Promise<IteratorResult<ChangeBatch, undefined>> {
    const batch = this.#take();
    if (batch !== undefined) return Promise.resolve({ done: false, value: batch });
    if (!this.#started) this.#start();
    if (this.#finished) return this.#end();
    return this.#live ? this.#wait() : this.#catchUp();
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.finish();
    return Promise.resolve(DONE);
  }

  push(batch: ChangeBatch): void {
    if (this.#queue.length === 0) this.#position = Math.max(this.#position, batch.revision - 1); // nothing before is left for us
    const wake = this.#wake;
    if (wake !== undefined) {
      this.#wake = undefined;
      this.#position = batch.revision;
      wake.resolve({ done: false, value: batch });
      return;
    }
    this.#enqueue(batch);
    if (this.#queuedChanges <= MAX_QUEUED_CHANGES && this.#queuedBytes <= MAX_QUEUED_BYTES) return;
    this.#clear();
    this.#live = false;
    this.#hub.detach(this);
  }

  /** Ends the watch; what is queued is not handed out any more. */
  finish(error?: StorageError): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#error = error;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#clear();
    this.#hub.remove(this);
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake === undefined) return;
    this.#error = undefined;
    if (error === undefined) wake.resolve(DONE);
    else wake.reject(error);
  }

  #start(): void {
    this.#started = true;
    if (this.#finished) return;
    if (this.#signal.aborted) {
      this.finish();
      return;
    }
    setMaxListeners(0, this.#signal); // any number of watches may end with one signal: no leak to warn of
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#hub.add(this);
  }

  async #catchUp(): Promise<IteratorResult<ChangeBatch, undefined>> {
    try {
      if (this.#position > this.#deps.revision()) {
        throw new StorageError('FUTURE_REVISION', `watch after revision ${this.#position}: the newest is ${this.#deps.revision()}`);
      }
      for (let read = this.#position; !this.#finished; ) {
        const { batches, through } = await this.#deps.readHistory(this.range, read);
        if (this.#finished) break;
        for (const batch of batches) this.#enqueue(batch);
        read = through;
        if (through >= this.#deps.revision()) {
          // No await since the comparison: whatever becomes durable next is pushed.
          this.#hub.attach(this);
          this.#live = true;
          if (this.#progressWanted) this.#mark();
        }
        const batch = this.#take();
        if (batch !== undefined) return { done: false, value: batch };
        this.#position = through;
        if (this.#live) return await this.#wait();
      }
    } catch (error) {
      this.finish(error instanceof StorageError ? error : new StorageError('IO', 'read history for a watch', { cause: error }));
    }
    return this.#end();
  }

  #wait(): Promise<IteratorResult<ChangeBatch, undefined>> {
    return new Promise((resolve, reject) => {
      this.#wake = { resolve, reject };
    });
  }

  /** Answers a reader that is waiting for more after the watch has ended: an error only once. */
  #end(): Promise<IteratorReturnResult<undefined>> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve(DONE) : Promise.reject(error);
  }

  #mark(): void {
    this.#progressWanted = false;
    const revision = this.#deps.revision();
    const last = this.#queue.at(-1);
    if (last?.revision === revision) return; // tells as much
    if (last?.changes.length === 0) this.#queue.pop();
    this.push({ revision, changes: [] });
  }

  #enqueue(batch: ChangeBatch): void {
    this.#queue.push(batch);
    this.#queuedChanges += batch.changes.length;
    this.#queuedBytes += bytesOf(batch);
  }

  #take(): ChangeBatch | undefined {
    const batch = this.#queue[this.#head];
    if (batch === undefined) return undefined;
    this.#head++;
    this.#queuedChanges -= batch.changes.length;
    this.#queuedBytes -= bytesOf(batch);
    this.#position = batch.revision;
    if (this.#head === this.#queue.length) this.#clear();
    return batch;
  }

  #clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#queuedChanges = 0;
    this.#queuedBytes = 0;
  }
}

function bytesOf(batch: ChangeBatch): number {
  let bytes = 0;
  for (const change of batch.changes) if (change.type === 'put') bytes += change.entry.value.length;
  return bytes;
}

function keyOf(change: Change): string {
  return change.type === 'put' ? change.entry.key : change.key;
}

function sortGroups(groups: Group[]): { groups: Group[]; reach: string[] } {
  groups.sort((a, b) => compareKeys(a.start, b.start));
  const reach: string[] = [];
  let greatest = '';
  for (const { end } of groups) {
    if (compareKeys(end, greatest) > 0) greatest = end;
    reach.push(greatest);
  }
  return { groups, reach };
}
