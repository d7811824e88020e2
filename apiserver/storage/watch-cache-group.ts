import type { CacheEvent, EventEncoder } from './watch-cache-events.ts';
import type { CachedObject } from './watch-cache-object.ts';

/** What a watch sees, and how. Watches with the same `id` share everything but their connection. */
export interface WatchView {
  readonly id: string;
  readonly encoder: EventEncoder;
  /** '' for all namespaces. */
  readonly namespace: string;
  /** Undefined: all. */
  readonly name: string | undefined;
  /** Required value of the resource's indexed field. */
  readonly indexed: string | undefined;
  matches(object: CachedObject): boolean;
}

/** The receiving end of one watch. `push` gets whole lines and must neither block nor throw. */
export interface WatchSink {
  push(lines: Buffer): void;
}

/** All live watches with the same view: each event is filtered and written once for all of them. */
export class WatchGroup {
  readonly view: WatchView;
  readonly sinks = new Set<WatchSink>();
  #pending: Buffer[] = [];

  constructor(view: WatchView) {
    this.view = view;
  }

  /** Returns whether something now waits for `flush`. */
  offer(event: CacheEvent): boolean {
    const { view } = this;
    const seen = event.seenThrough(view.matches);
    if (seen === undefined) return false;
    this.#pending.push(event.line(seen.type, seen.object, view.encoder));
    return true;
  }

  flush(): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const lines = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending);
    for (const sink of this.sinks) sink.push(lines);
  }
}
