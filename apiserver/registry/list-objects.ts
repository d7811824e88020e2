import { badRequest, expired, failure } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { ListQuery } from '../routes/list-query.ts';
import { isStorageError, type Revision } from '../storage/backend.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import type { CachedObject } from '../storage/watch-cache-object.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import type { ObjectStore } from './object-store.ts';
import type { Selection } from './selection.ts';

export interface ListedObjects {
  objects: CachedObject[];
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

export interface ListDeps {
  cache: WatchCache;
  clock: Clock;
}

/** How long a read waits for a revision that is not there yet, ms. Source: apiserver cacher blockTimeout. */
const WAIT_MS = 3000;
const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** One page, or all, of what a selection picks, as of one revision. */
export async function listObjects(deps: ListDeps, store: ObjectStore, selection: Selection, query: ListQuery): Promise<ListedObjects> {
  const { cache } = deps;
  if (query.limit < 0) throw badRequest('limit must not be negative');
  if (query.continue !== '') {
    if (query.resourceVersion !== '' && query.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const { path, revision } = decodeContinue(query.continue);
    return pageAt(deps, store, selection, { limit: query.limit, after: path, at: revision });
  }
  const asked = parseRevision(query.resourceVersion);
  const exact = query.resourceVersionMatch === 'Exact' || (query.resourceVersionMatch === '' && query.limit > 0 && asked > 0);
  if (asked > 0) await waitFor(deps, asked);
  else if (query.resourceVersion !== '0') await cache.settled();
  return pageAt(deps, store, selection, { limit: query.limit, at: exact ? asked : -1 });
}

/** 0 for none. Throws 400. */
export function parseRevision(text: string): Revision {
  if (text === '') return 0;
  const revision = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(revision)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return revision;
}

/** Waits a little for a revision of the future; throws 504 as upstream when it does not come. */
export async function waitFor({ cache, clock }: ListDeps, revision: Revision): Promise<void> {
  if (cache.revision >= revision) return;
  const reached = await Promise.race([
    cache.reached(revision).then(() => true),
    new Promise<boolean>((resolve) => clock.setTimer(WAIT_MS, () => resolve(false))),
  ]);
  if (reached) return;
  throw failure(504, 'Timeout', `Too large resource version: ${revision}, current: ${cache.revision}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

interface PageRequest {
  limit: number;
  after?: string;
  /** -1: the newest. */
  at: Revision;
}

async function pageAt({ cache }: ListDeps, store: ObjectStore, selection: Selection, page: PageRequest): Promise<ListedObjects> {
  const at = page.at === -1 ? cache.revision : page.at;
  const metadata: ListedObjects['metadata'] = { resourceVersion: String(at) };
  if (page.at !== -1 && store.objects.changedRevision > at) {
    const past = await fromStore(cache, store, selection, page);
    return { objects: past.objects, metadata: { ...metadata, ...(past.more && { continue: continueAfter(store, past.objects, at) }) } };
  }
  const candidates = fromCache(store, selection, page.after);
  if (selection.everything && page.limit === 0) return { objects: candidates, metadata };
  const objects: CachedObject[] = [];
  for (let i = 0; i < candidates.length; i++) {
    const object = candidates[i] as CachedObject;
    if (!selection.matches(object)) continue;
    if (page.limit === 0 || objects.length < page.limit) {
      objects.push(object);
      continue;
    }
    metadata.continue = continueAfter(store, objects, at);
    if (selection.everything) metadata.remainingItemCount = candidates.length - i;
    break;
  }
  return { objects, metadata };
}

function continueAfter(store: ObjectStore, objects: readonly CachedObject[], revision: Revision): string {
  const last = objects[objects.length - 1] as CachedObject;
  return encodeContinue({ path: last.key.slice(store.objects.prefix.length), revision });
}

function fromCache(store: ObjectStore, selection: Selection, after: string | undefined): CachedObject[] {
  const { objects } = store;
  if (selection.name !== undefined && after === undefined && (selection.namespace !== '' || !store.info.namespaced)) {
    const found = objects.get(store.key({ namespace: selection.namespace, name: selection.name }));
    return found === undefined ? [] : [found];
  }
  if (selection.indexed !== undefined && after === undefined) return objects.listIndexed(selection.indexed);
  return objects.list(selection.namespace, after === undefined ? undefined : `${after}\0`);
}

/** Entries that are read at once from the store's history. */
const BATCH = 500;

/** A page as of an older revision, with whether there is more. */
async function fromStore(
  cache: WatchCache,
  store: ObjectStore,
  selection: Selection,
  { after, limit, at }: PageRequest,
): Promise<{ objects: CachedObject[]; more: boolean }> {
  const { prefix } = store.objects;
  const scope = selection.namespace === '' ? prefix : `${prefix}${selection.namespace}/`;
  const end = `${scope.slice(0, -1)}0`;
  const objects: CachedObject[] = [];
  let start = after === undefined || `${prefix}${after}` < scope ? scope : `${prefix}${after}\0`;
  try {
    for (let more = start < end; more; ) {
      const read = await cache.backend.range({ start, end }, { at, ...(limit > 0 && { limit: Math.max(BATCH, limit + 1) }) });
      for (const { key, value, modRevision } of read.entries) {
        const object = cache.make(store.objects, { key, value, revision: modRevision });
        if (!selection.matches(object)) continue;
        if (limit > 0 && objects.length === limit) return { objects, more: true };
        objects.push(object);
      }
      more = read.more;
      start = `${read.entries.at(-1)?.key ?? end}\0`;
    }
    return { objects, more: false };
  } catch (error) {
    if (!isStorageError(error, 'COMPACTED')) throw error;
    if (after === undefined) throw expired('The resourceVersion for the provided list is too old.');
    const refusal = expired(TOO_OLD);
    refusal.status.metadata.continue = encodeContinue({ path: after, revision: -1 });
    throw refusal;
  }
}
