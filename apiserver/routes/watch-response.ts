import { ApiError, expired, internalError } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import { type ListDeps, parseRevision, waitFor } from '../registry/list-objects.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import { type Selection, selectionOf } from '../registry/selection.ts';
import { isStorageError } from '../storage/backend.ts';
import type { CacheEvent } from '../storage/watch-cache-events.ts';
import type { CachedObject } from '../storage/watch-cache-object.ts';
import type { Call } from './call.ts';
import type { ListQuery } from './list-query.ts';
import { addWarnings } from './send-object.ts';
import { WatchConnection } from './watch-connection.ts';
import { type WatchEncoder, watchEncoder } from './watch-encoders.ts';

export interface WatchDeps extends ListDeps {
  clock: Clock;
  random(): number;
  /** Aborted when the server stops; ends every watch. */
  stopping: AbortSignal;
}

/** Between bookmarks, ms. Source: apiserver cacher bookmarkFrequency (1 min). */
const BOOKMARK_MS = 60_000;
/** A bookmark is also sent this long before the watch times out, ms. Source: apiserver cacheWatcher nextBookmarkTime (2 s). */
const LAST_BOOKMARK_MS = 2_000;
/** How long a watch lives that does not say, s; up to twice as long. Source: kube-apiserver --min-request-timeout (1800 s). */
const MIN_TIMEOUT_S = 1800;
/** Longest delay that a timer can have, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/** Streams events, one JSON document a line. Headers leave at once: clients wait for them even if nothing changes. */
export async function sendWatch(call: Call, deps: WatchDeps, store: ObjectStore, query: ListQuery): Promise<void> {
  const selection = selectionOf(store, call.info.namespace, query);
  const encoder = watchEncoder(call, store, () => deps.clock.now());
  const asked = parseRevision(query.resourceVersion);
  if (asked > 0) await waitFor(deps, asked);
  else await deps.cache.settled();
  const { reply } = call;
  if (!query.watch) addWarnings(reply, ['the watch path is deprecated: use ?watch=1']);
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': encoder.contentType, 'cache-control': 'no-cache, private' });
  reply.raw.flushHeaders();
  const connection = new WatchConnection(reply.raw);
  await new Watch(deps, store, { selection, encoder, query, asked, connection }).run();
}

interface WatchParts {
  selection: Selection;
  encoder: WatchEncoder;
  query: ListQuery;
  /** 0: from the state of now. */
  asked: number;
  connection: WatchConnection;
}

class Watch {
  readonly #deps: WatchDeps;
  readonly #store: ObjectStore;
  readonly #parts: WatchParts;
  #unsubscribe: (() => void) | undefined;

  constructor(deps: WatchDeps, store: ObjectStore, parts: WatchParts) {
    this.#deps = deps;
    this.#store = store;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { clock, random, stopping } = this.#deps;
    const { connection, query } = this.#parts;
    const stop = (): void => connection.end();
    const { info } = this.#store;
    const gone = isCustomResource(info) ? info.gone : undefined;
    stopping.addEventListener('abort', stop, { once: true });
    gone?.addEventListener('abort', stop, { once: true });
    const seconds = query.timeoutSeconds === undefined || query.timeoutSeconds <= 0 ? MIN_TIMEOUT_S * (1 + random()) : query.timeoutSeconds;
    const lifeMs = Math.min(seconds * 1000, MAX_TIMER_MS);
    const cancels = [clock.setTimer(lifeMs, stop)];
    if (query.allowWatchBookmarks) {
      cancels.push(this.#bookmarkLater());
      if (lifeMs > LAST_BOOKMARK_MS) cancels.push(clock.setTimer(lifeMs - LAST_BOOKMARK_MS, () => this.#bookmark()));
    }
    if (stopping.aborted || gone?.aborted === true) stop();
    try {
      await connection.begin(this.#initial());
      await connection.closed;
    } catch (error) {
      connection.end(errorLine(error));
    } finally {
      this.#unsubscribe?.();
      for (const cancel of cancels) cancel();
      stopping.removeEventListener('abort', stop);
      gone?.removeEventListener('abort', stop);
    }
  }

  /** The lines before the live ones; subscribes at the very moment up to which they reach. */
  async *#initial(): AsyncGenerator<Buffer> {
    const { asked, query } = this.#parts;
    const { objects } = this.#store;
    if (query.sendInitialEvents === true || (asked === 0 && query.sendInitialEvents === undefined)) {
      yield* this.#state();
      return;
    }
    if (asked === 0) {
      this.#subscribe();
      return;
    }
    let reached = asked;
    if (objects.eventsAfter(reached) === undefined) {
      const past = this.#deps.cache.history(objects, asked, this.#deps.stopping);
      for (let next = await past.next(); ; next = await past.next()) {
        if (next.done === true) {
          reached = next.value;
          break;
        }
        const line = this.#line(next.value);
        if (line !== undefined) yield line;
      }
    }
    const recent = objects.eventsAfter(reached) ?? [];
    this.#subscribe();
    for (const event of recent) {
      const line = this.#line(event);
      if (line !== undefined) yield line;
    }
  }

  async *#state(): AsyncGenerator<Buffer> {
    const { selection, encoder, query } = this.#parts;
    const { objects } = this.#store;
    const revision = this.#deps.cache.revision;
    const state: readonly CachedObject[] =
      selection.indexed === undefined ? objects.list(selection.namespace) : objects.listIndexed(selection.indexed);
    this.#subscribe();
    for (const object of state) if (selection.matches(object)) yield encoder.encode('ADDED', object);
    if (query.sendInitialEvents === true && query.allowWatchBookmarks) yield encoder.bookmark(revision, INITIAL_EVENTS_END);
  }

  #line(event: CacheEvent): Buffer | undefined {
    const { selection, encoder } = this.#parts;
    const seen = event.seenThrough(selection.matches);
    return seen === undefined ? undefined : event.line(seen.type, seen.object, encoder);
  }

  #subscribe(): void {
    const { selection, encoder, connection } = this.#parts;
    if (connection.ended) return;
    const view = {
      id: `${encoder.id}|${this.#store.info.id}|${selection.id}`,
      encoder,
      namespace: selection.namespace,
      name: selection.name,
      indexed: selection.indexed,
      matches: selection.matches,
    };
    this.#unsubscribe = this.#store.objects.subscribe(view, connection);
  }

  #bookmarkLater(): () => void {
    let cancel = (): void => {};
    const plan = (): void => {
      cancel = this.#deps.clock.setTimer(BOOKMARK_MS * (1 + 0.25 * this.#deps.random()), () => {
        this.#bookmark();
        plan();
      });
    };
    plan();
    return () => cancel();
  }

  #bookmark(): void {
    const { connection, encoder } = this.#parts;
    if (this.#unsubscribe === undefined || connection.ended) return;
    this.#store.objects.flush(); // a bookmark promises that all before it was sent
    connection.push(encoder.bookmark(this.#deps.cache.revision));
  }
}

/** After the headers an error can only be an event. */
function errorLine(error: unknown): Buffer {
  const status =
    error instanceof ApiError
      ? error.status
      : isStorageError(error, 'COMPACTED')
        ? expired('The resourceVersion for the provided watch is too old.').status
        : internalError('the watch has failed').status;
  return Buffer.from(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`);
}
