import type { Revision } from './backend.ts';
import type { CachedObject } from './watch-cache-object.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** How a group of watchers wants an event written: one line of bytes. `id` is equal for encoders that write the same. */
export interface EventEncoder {
  readonly id: string;
  encode(type: EventType, object: CachedObject): Buffer;
}

/** One change of one object. */
export class CacheEvent {
  readonly revision: Revision;
  readonly current: CachedObject | undefined;
  readonly previous: CachedObject | undefined;
  #removed: CachedObject | undefined;
  #lines: Map<string, Buffer> | undefined;

  constructor(revision: Revision, current: CachedObject | undefined, previous: CachedObject | undefined) {
    this.revision = revision;
    this.current = current;
    this.previous = previous;
  }

  /** What a watcher with this filter is told; undefined: nothing. Objects that begin or cease to match are ADDED and DELETED. */
  seenThrough(matches: (object: CachedObject) => boolean): { type: EventType; object: CachedObject } | undefined {
    const { current, previous } = this;
    const is = current !== undefined && matches(current);
    const was = previous !== undefined && matches(previous);
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: current };
    if (!was) return undefined;
    this.#removed ??= previous.at(this.revision);
    return { type: 'DELETED', object: this.#removed };
  }

  /** The line for it, written once for all watchers of the same representation. */
  line(type: EventType, object: CachedObject, encoder: EventEncoder): Buffer {
    const id = type + encoder.id;
    let line = this.#lines?.get(id);
    if (line === undefined) {
      line = encoder.encode(type, object);
      this.#lines ??= new Map();
      this.#lines.set(id, line);
    }
    return line;
  }
}

/** The newest events of one resource; bounded. */
export class EventRing {
  readonly #capacity: number;
  #events: CacheEvent[] = [];
  #start: Revision;

  /** @param start all events after this revision will be added */
  constructor(start: Revision, capacity: number) {
    this.#start = start;
    this.#capacity = capacity;
  }

  /** Events after this revision are all here. */
  get start(): Revision {
    return this.#start;
  }

  add(event: CacheEvent): void {
    this.#events.push(event);
    if (this.#events.length < 2 * this.#capacity) return;
    const dropped = this.#events.length - this.#capacity;
    this.#start = this.#events[dropped - 1]?.revision ?? this.#start;
    this.#events = this.#events.slice(dropped);
  }

  after(revision: Revision): CacheEvent[] {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as CacheEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }
}
