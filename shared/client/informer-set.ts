import type { ObjectOf, ResourceRef } from './api-client.ts';
import type { Indexers, Informer } from './informer.ts';

export interface InformerOptions<T> {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexers?: Indexers<T>;
}

/** The informers of one process: one watch per resource and selection, however many controllers ask for it. */
export interface InformerSet {
  /** Call before or after `run`; a later one starts at once. Indexers of repeated calls are merged. */
  for<R extends ResourceRef>(resource: R, options?: InformerOptions<ObjectOf<R>>): Informer<ObjectOf<R>>;
  /** Starts all informers; settles when `signal` aborted and all of them have stopped. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once every informer asked for so far is synced; rejects if `signal` aborts first. */
  waitForSync(signal: AbortSignal): Promise<void>;
}
