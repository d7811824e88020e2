import { controllerOf, type DeepReadonly, type KubeObject } from '../api/meta.ts';
import type { ApiClient, ObjectOf, ResourceRef } from '../client/api-client.ts';
import { isInvalid, isNotFound } from '../machinery/api-error.ts';
import { keyOf } from '../machinery/object-key.ts';

export interface ClaimOptions<R extends ResourceRef> {
  client: ApiClient;
  /** What is claimed. */
  resource: R;
  /** The candidates: every object in the controller's namespace that it may own. */
  objects: readonly DeepReadonly<ObjectOf<R>>[];
  controller: DeepReadonly<KubeObject>;
  apiVersion: string;
  kind: string;
  matches(labels: Readonly<Record<string, string>>): boolean;
  /** Reads the controller past the cache; adopts only if that one has this uid and is not being deleted. Asked once, before the first adoption. */
  readFresh(signal: AbortSignal): Promise<DeepReadonly<KubeObject>>;
}

type Verdict = 'keep' | 'adopt' | 'release' | 'ignore';

/**
 * Makes owner references agree with the selector: adopts matching orphans, releases own objects that match no longer. Resolves with the objects
 * that the controller owns; tries all of them and then throws the first error. Source: pkg/controller BaseControllerRefManager.
 */
export async function claimObjects<R extends ResourceRef>(
  options: ClaimOptions<R>,
  signal: AbortSignal,
): Promise<DeepReadonly<ObjectOf<R>>[]> {
  const { objects, controller, matches } = options;
  const claimed: DeepReadonly<ObjectOf<R>>[] = [];
  let mayAdopt: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;
  for (const object of objects) {
    const { metadata } = object as DeepReadonly<KubeObject>;
    const verdict = claimVerdict(metadata, controller.metadata, matches);
    try {
      if (verdict === 'adopt') {
        mayAdopt ??= checkAdoption(options, signal);
        await mayAdopt;
      }
      if (verdict === 'keep' || (verdict === 'adopt' && (await adopt(options, metadata, signal)))) claimed.push(object);
      else if (verdict === 'release') await release(options, metadata, signal);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  return claimed;
}

/** What should become of one candidate. Pure. */
export function claimVerdict(
  object: DeepReadonly<KubeObject['metadata']>,
  controller: DeepReadonly<KubeObject['metadata']>,
  matches: (labels: Readonly<Record<string, string>>) => boolean,
): Verdict {
  const owner = controllerOf({ metadata: object });
  const selected = matches(object.labels ?? {});
  if (owner !== undefined) {
    if (owner.uid !== controller.uid) return 'ignore';
    if (selected) return 'keep';
    return controller.deletionTimestamp === undefined ? 'release' : 'ignore';
  }
  if (controller.deletionTimestamp !== undefined || !selected || object.deletionTimestamp !== undefined) return 'ignore';
  return object.namespace === controller.namespace ? 'adopt' : 'ignore';
}

async function checkAdoption<R extends ResourceRef>({ controller, readFresh }: ClaimOptions<R>, signal: AbortSignal): Promise<void> {
  const fresh = await readFresh(signal);
  const { namespace, name, uid } = controller.metadata;
  if (fresh.metadata.uid !== uid) throw new Error(`original ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`);
  if (fresh.metadata.deletionTimestamp !== undefined)
    throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
}

/** False if the object is gone. The uid in the patch makes the server refuse it for a namesake. */
async function adopt<R extends ResourceRef>(
  { client, resource, controller, apiVersion, kind }: ClaimOptions<R>,
  object: DeepReadonly<KubeObject['metadata']>,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, uid } = controller.metadata;
  const patch = {
    metadata: { uid: object.uid, ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }] },
  };
  try {
    await client.patch(resource, keyOf({ metadata: object }), patch, { type: 'strategic' }, signal);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function release<R extends ResourceRef>(
  { client, resource, controller }: ClaimOptions<R>,
  object: DeepReadonly<KubeObject['metadata']>,
  signal: AbortSignal,
): Promise<void> {
  const patch = { metadata: { uid: object.uid, ownerReferences: [{ $patch: 'delete', uid: controller.metadata.uid }] } };
  try {
    await client.patch(resource, keyOf({ metadata: object }), patch, { type: 'strategic' }, signal);
  } catch (error) {
    // Gone, or no longer the object whose reference we saw: there is nothing left to release.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
