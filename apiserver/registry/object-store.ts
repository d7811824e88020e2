import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import {
  ApiError,
  alreadyExists,
  conflict,
  type FieldError,
  failure,
  invalid,
  notFound,
  qualifiedName,
} from '../../shared/machinery/api-error.ts';
import type { AdmissionOperation, AdmissionRequest } from '../admission/chain.ts';
import { orderKeys } from '../schema/order-keys.ts';
import type { Op, Provenance, TxnResult } from '../storage/backend.ts';
import { type CachedObject, withOwners } from '../storage/watch-cache-object.ts';
import type { ResourceCache } from '../storage/watch-cache-resource.ts';
import { deletionOf } from './deletion-of.ts';
import { FieldOwnership, isUnchanged } from './field-ownership.ts';
import { generateName } from './generate-name.ts';
import { heldBySpec } from './namespace-termination.ts';
import { beginMeta, encodedHead, storedForm } from './object-meta.ts';
import type { ObjectStoreDeps } from './object-store-deps.ts';
import { type DeleteOptions, goesWithUpdate } from './plan-deletion.ts';
import type { RequestContext } from './request-context.ts';
import { settle } from './service-allocators.ts';
import type { Strategy, StrategyContext } from './strategy.ts';
import { adopt, carryOver, checkPreconditions, checkUid, checkVersion, keepAllButStatus, STALE, specChanged } from './update-rules.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './validate-object-meta.ts';
import type { VersionConversion } from './version-conversion.ts';
import { WriteTurns } from './write-turns.ts';

/** An object as it is answered. The bytes are its JSON. */
export interface Encoded {
  readonly object: UntypedObject;
  readonly bytes: Buffer;
}

export interface ObjectName {
  /** '' for cluster-scoped objects. */
  namespace: string;
  name: string;
}

export interface UpdateOptions {
  /** '' for the object itself, else the part that may change. */
  subresource: string;
  /** The whole object was sent: its uid is a precondition, and it may be created where the strategy allows it. */
  replace?: boolean;
  /** Whose the fields are: `kept` leaves them to their owners, `given` is for objects that say it; by default the writer gains what it changes. */
  owners?: 'kept' | 'given';
  /** An object that is not there is created. */
  createMissing?: boolean;
  /** The change does not count as one of the wanted state. */
  keepGeneration?: boolean;
  /** In place of the strategy's: takes back what the subresource may not change. */
  prepare?(object: UntypedObject, old: UntypedObject): void;
  validate?(object: UntypedObject, old: UntypedObject): FieldError[];
}

/** Makes the wanted object from the newest one (undefined: there is none), which it must not change. Called once a try. */
export type Transform = (current: UntypedObject | undefined) => UntypedObject | Promise<UntypedObject>;

/** Source: apiserver storage ErrResourceVersionSetOnCreate. */
const VERSION_ON_CREATE = 'resourceVersion should not be set on objects to be created';
/** Tries to generate a name that is not taken. Source: apiserver maxNameGenerationCreateAttempts. */
const TRIES = 8;

/** Create, update and delete of one resource with the rules that all kinds share; the kind's own are in its strategy. */
export class ObjectStore {
  readonly info: ResourceInfo;
  readonly objects: ResourceCache;
  readonly strategy: Strategy;
  readonly conversion: VersionConversion | undefined;
  readonly ownership: FieldOwnership;
  readonly #deps: ObjectStoreDeps;
  readonly #head: string;
  readonly #turns = new WriteTurns();
  readonly #writeType: string;

  constructor(deps: ObjectStoreDeps) {
    this.#deps = deps;
    this.info = deps.info;
    this.objects = deps.objects;
    this.strategy = deps.strategy;
    this.conversion = deps.conversion;
    this.ownership = new FieldOwnership(deps.info);
    this.#head = encodedHead(this.#storedInfo());
    this.#writeType = qualifiedName(this.#storedInfo());
  }

  key({ namespace, name }: ObjectName): string {
    return namespace === '' ? this.objects.prefix + name : `${this.objects.prefix}${namespace}/${name}`;
  }

  /** The newest version; throws 404. */
  get(at: ObjectName): Encoded {
    const found = this.objects.get(this.key(at));
    if (found === undefined) throw notFound(this.info, at.name);
    return this.#answer(found);
  }

  /** The object as of one revision, in this store's version. */
  read(cached: CachedObject): UntypedObject {
    return this.conversion === undefined ? cached.object : this.conversion.fromStored(cached);
  }

  async create(context: RequestContext, at: ObjectName, object: UntypedObject, owners?: UpdateOptions['owners']): Promise<Encoded> {
    const { info } = this;
    adopt(object, at);
    if (owners === undefined) this.#own(context, { object, live: undefined, subresource: '' });
    await this.#settled();
    const request = this.#admissionRequest(context, 'CREATE', { ...at, name: object.metadata.name ?? '' }, { object });
    await this.#deps.admission.mutate(request);
    if ((object.metadata.name ?? '') === '') this.#drawName(object, at.namespace);
    if ((object.metadata.resourceVersion ?? '') !== '' && !context.dryRun) throw failure(500, '', VERSION_ON_CREATE);
    beginMeta(object.metadata, { uid: this.#deps.uid(), now: this.#deps.clock.now(), generation: this.#hasGeneration(object) });
    const strategyContext = this.#strategyContext(context, at.namespace);
    this.strategy.prepareForCreate?.(object, strategyContext);
    const taken = this.#deps.allocators?.onCreate(object);
    const named = { ...request, name: object.metadata.name ?? '' };
    const result = await settle(taken, context, () => this.#writeNew(context, at, object, named)).finally(() => {
      for (const done of request.afterwards) done();
    });
    if (result !== undefined) return result;
    const { name } = object.metadata;
    const refusal = alreadyExists(info, name);
    const there = this.objects.get(this.key({ namespace: at.namespace, name }));
    if (there?.object.metadata.deletionTimestamp === undefined) throw refusal;
    throw new ApiError({ ...refusal.status, message: `object is being deleted: ${refusal.message}` });
  }

  /** Gives an object with `generateName` a name that nobody has. */
  #drawName({ metadata }: UntypedObject, namespace: string): void {
    const base = metadata.generateName ?? '';
    if (base === '') return; // refused by validation
    for (let tries = 0; tries < TRIES; tries++) {
      metadata.name = generateName(base, this.#deps.random);
      if (this.objects.get(this.key({ namespace, name: metadata.name })) === undefined) return;
    }
  }

  /** Undefined: the name is taken. */
  async #writeNew(context: RequestContext, at: ObjectName, object: UntypedObject, request: AdmissionRequest): Promise<Encoded | undefined> {
    const { info, strategy } = this;
    const meta = object.metadata;
    const strategyContext = this.#strategyContext(context, at.namespace);
    const errors = [...this.#validateMeta(object), ...(strategy.validate?.(object, strategyContext) ?? [])];
    if (errors.length > 0) throw invalid(info, meta.name ?? '', errors);
    context.warnings.push(...(strategy.warnings?.(object) ?? []));
    await this.#deps.admission.validate(request);
    const key = this.key({ namespace: at.namespace, name: meta.name });
    const { stored, value } = this.#encode(object);
    if (context.dryRun) return this.objects.get(key) === undefined ? this.#answerUnwritten(value) : undefined;
    const result = await this.#txn(context, { key, modRevision: 0 }, { put: key, value }, stored);
    return result.succeeded ? this.#answerWritten(key, result, value) : undefined;
  }

  /** Writes what `transform` makes of the newest version, again and again while others are faster. Throws conflicts that the client asked for. */
  update(context: RequestContext, at: ObjectName, transform: Transform, options: UpdateOptions): Promise<Encoded & { created?: boolean }> {
    return this.#untilWritten(context, this.key(at), async () => {
      const current = this.objects.get(this.key(at));
      const live = current === undefined ? undefined : withOwners(this.read(current), current.managedFields);
      const object = await transform(live);
      if (current !== undefined && live !== undefined) return this.#tryUpdate(context, at, { current, live, object, options });
      const mayCreate = options.createMissing ?? (options.replace === true && this.strategy.allowCreateOnUpdate === true);
      if (options.subresource !== '' || !mayCreate) throw notFound(this.info, at.name);
      if ((object.metadata.resourceVersion ?? '') !== '') throw conflict(this.info, at.name, STALE);
      if ((object.metadata.uid ?? '') !== '') throw notFound(this.info, at.name);
      return { ...encodedOf(await this.create(context, at, object, options.owners)), created: true };
    });
  }

  #untilWritten<T>(context: RequestContext, key: string, write: () => Promise<T | undefined>): Promise<T> {
    return this.#turns.untilWritten(key, async () => {
      await this.#settled();
      const warned = context.warnings.length;
      const written = await write();
      if (written === undefined) context.warnings.length = Math.min(warned, context.warnings.length); // the next try warns again
      return written;
    });
  }

  /** Undefined: somebody else was faster. */
  async #tryUpdate(
    context: RequestContext,
    at: ObjectName,
    { current, live, object, options }: { current: CachedObject; live: UntypedObject; object: UntypedObject; options: UpdateOptions },
  ): Promise<Encoded | undefined> {
    const old = this.read(current);
    adopt(object, at);
    if (options.replace === true) checkUid(this.info, at.name, { wanted: object.metadata.uid, actual: old.metadata.uid });
    checkVersion(this.info, object, { revision: current.revision, optional: this.strategy.allowUnconditionalUpdate !== false });
    if (options.owners === undefined) this.#own(context, { object, live, subresource: options.subresource });
    else if (options.owners === 'kept') object.metadata.managedFields = live.metadata.managedFields;
    const request = this.#admissionRequest(context, 'UPDATE', at, { object, old, subresource: options.subresource });
    await this.#deps.admission.mutate(request);
    const { managedFields } = object.metadata;
    carryOver(object.metadata, old.metadata);
    const strategyContext = this.#strategyContext(context, at.namespace);
    this.#prepareUpdate(object, old, strategyContext, options);
    object.metadata.managedFields = managedFields;
    const taken = options.subresource === '' ? this.#deps.allocators?.onUpdate(object, old) : undefined;
    return settle(taken, context, async () => {
      const errors = this.#validateUpdate(object, old, strategyContext, options);
      if (errors.length > 0) throw invalid(this.info, at.name, errors);
      return this.#writeChanged(context, request, { current, live, object });
    });
  }

  /** Makes the writer own what it changes. */
  #own(
    context: RequestContext,
    { object, ...write }: { object: UntypedObject; live: UntypedObject | undefined; subresource: string },
  ): void {
    object.metadata.managedFields = this.ownership.track({ context, now: this.#deps.clock.now(), ...write }, object);
  }

  async #writeChanged(
    context: RequestContext,
    request: AdmissionRequest,
    { current, live: old, object }: { current: CachedObject; live: UntypedObject; object: UntypedObject },
  ): Promise<Encoded | undefined> {
    const { info, strategy } = this;
    context.warnings.push(...(strategy.warnings?.(object, old) ?? []));
    await this.#deps.admission.validate(request);
    const key = current.key;
    if (isUnchanged(object, old)) object.metadata.managedFields = old.metadata.managedFields; // else only a time would change
    const { stored, value } = this.#encode(object);
    const guard = { key, modRevision: current.revision };
    if (goesWithUpdate(object.metadata, old.metadata) && !heldBySpec(info, object)) {
      if (context.dryRun) return this.#answerUnwritten(value, current);
      const removed = await this.#txn(context, guard, { delete: key });
      if (removed.succeeded) this.#deps.allocators?.onDelete(old);
      return removed.succeeded ? this.#answerUnwritten(value, current) : undefined;
    }
    if (current.hasValue(value)) return this.#answer(current); // no change, no revision
    if (context.dryRun) return this.#answerUnwritten(value, current);
    const result = await this.#txn(context, guard, { put: key, value }, stored);
    return result.succeeded ? this.#answerWritten(key, result, value) : undefined;
  }

  #prepareUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext, options: UpdateOptions): void {
    const { strategy } = this;
    if (options.prepare !== undefined) options.prepare(object, old);
    else if (options.subresource !== 'status') strategy.prepareForUpdate?.(object, old, context);
    else if (strategy.prepareForStatusUpdate === undefined) keepAllButStatus(object, old);
    else strategy.prepareForStatusUpdate(object, old, context);
    if (options.keepGeneration === true || options.subresource === 'status' || !this.#hasGeneration(object)) return;
    const changed = strategy.countsAsChange ?? specChanged;
    if (changed(object, old)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }

  #validateUpdate(object: UntypedObject, old: UntypedObject, context: StrategyContext, options: UpdateOptions): FieldError[] {
    const { strategy } = this;
    const errors = validateObjectMetaUpdate(object, old);
    if (options.validate !== undefined) return [...errors, ...options.validate(object, old)];
    if (options.subresource === 'status') return [...errors, ...(strategy.validateStatusUpdate?.(object, old, context) ?? [])];
    return [...errors, ...(strategy.validateUpdate?.(object, old, context) ?? [])];
  }

  /** `removed: false`: the object stays until its finalizers or grace are done; then it is as answered. */
  delete(context: RequestContext, at: ObjectName, options: DeleteOptions): Promise<Encoded & { removed: boolean }> {
    return this.#untilWritten(context, this.key(at), async () => {
      const current = this.objects.get(this.key(at));
      if (current === undefined) throw notFound(this.info, at.name);
      const old = this.read(current);
      checkPreconditions(this.info, current, options.preconditions);
      const request = this.#admissionRequest(context, 'DELETE', at, { old });
      await this.#deps.admission.mutate(request);
      await this.#deps.admission.validate(request);
      return this.#tryDelete(context, current, old, options);
    });
  }

  async #tryDelete(
    context: RequestContext,
    current: CachedObject,
    old: UntypedObject,
    options: DeleteOptions,
  ): Promise<(Encoded & { removed: boolean }) | undefined> {
    const plan = deletionOf({ info: this.info, strategy: this.strategy, now: this.#deps.clock.now() }, old, options);
    if (plan === 'wait') return { ...encodedOf(this.#answer(current)), removed: false };
    if (plan === 'remove') return this.#remove(context, current, old);
    const { stored, value } = this.#encode(withOwners(plan.marked, current.managedFields));
    if (context.dryRun) return { ...encodedOf(this.#answerUnwritten(value, current)), removed: plan.thenRemove };
    if (current.hasValue(value)) return { ...encodedOf(this.#answer(current)), removed: false };
    const result = await this.#txn(context, { key: current.key, modRevision: current.revision }, { put: current.key, value }, stored);
    if (!result.succeeded) return undefined;
    if (!plan.thenRemove) return { ...encodedOf(this.#answerWritten(current.key, result, value)), removed: false };
    const marked = this.objects.get(current.key);
    return marked === undefined ? { ...encodedOf(this.#answer(current)), removed: true } : this.#remove(context, marked, old);
  }

  async #remove(context: RequestContext, current: CachedObject, old: UntypedObject): Promise<(Encoded & { removed: boolean }) | undefined> {
    if (context.dryRun) return { ...encodedOf(this.#answer(current)), removed: true };
    const result = await this.#txn(context, { key: current.key, modRevision: current.revision }, { delete: current.key });
    if (!result.succeeded) return undefined;
    this.#deps.allocators?.onDelete(old);
    return { ...encodedOf(this.#answer(current.at(result.revision))), removed: true };
  }

  #validateMeta(object: UntypedObject): FieldError[] {
    const { validateName } = this.strategy;
    return validateObjectMeta(object, { namespaced: this.info.namespaced, ...(validateName && { validateName }) });
  }

  #hasGeneration(object: UntypedObject): boolean {
    return this.strategy.hasGeneration ?? object.spec !== undefined;
  }

  #admissionRequest(
    context: RequestContext,
    operation: AdmissionOperation,
    at: ObjectName,
    about: { object?: UntypedObject; old?: DeepReadonly<UntypedObject>; subresource?: string },
  ): AdmissionRequest {
    const { user, dryRun, warnings } = context;
    return {
      operation,
      info: this.info,
      subresource: about.subresource ?? '',
      ...at,
      ...(about.object && { object: about.object }),
      ...(about.old && { old: about.old }),
      user,
      dryRun,
      warn: (text) => void warnings.push(text),
      afterwards: [],
    };
  }

  #strategyContext({ user }: RequestContext, namespace: string): StrategyContext {
    return { now: this.#deps.clock.now(), namespace, user };
  }

  async #settled(): Promise<void> {
    const pending = this.#deps.cache.settled();
    if (pending !== undefined) await pending;
  }

  /** The parsed form is the cache's, so without owners. */
  #encode(object: UntypedObject): { stored: UntypedObject; value: Buffer } {
    const info = this.#storedInfo();
    const { managedFields } = object.metadata;
    const stored = orderKeys(info.type, storedForm(info, this.conversion === undefined ? object : this.conversion.toStored(object)));
    stored.metadata.managedFields = managedFields;
    const value = Buffer.from(JSON.stringify(stored));
    stored.metadata.managedFields = undefined;
    return { stored, value };
  }

  async #txn(context: RequestContext, guard: { key: string; modRevision: number }, op: Op, object?: UntypedObject): Promise<TxnResult> {
    const { user, component, cause } = context;
    const actor = { user: user.name, ...(component !== undefined && { component }) };
    const provenance: Provenance = { actor, ...(cause !== undefined && { cause }) };
    const { cache, lease, clock, writes } = this.#deps;
    const leased = lease === undefined || !('put' in op) ? op : { ...op, leaseId: await lease() };
    const began = clock.monotonic();
    const result = await cache.txn([guard], [leased], { provenance, ...(object && { object }) });
    const operation = 'delete' in op ? 'delete' : guard.modRevision === 0 ? 'create' : 'update';
    writes.observe((clock.monotonic() - began) / 1000, { operation, type: this.#writeType });
    return result;
  }

  /** The version that was just written, even if somebody has changed it since. */
  #answerWritten(key: string, { revision }: TxnResult, value: Buffer): Encoded {
    const newest = this.objects.get(key);
    if (newest?.revision === revision) return this.#answer(newest);
    return this.#answer(this.#deps.cache.make(this.objects, { key, value, revision }));
  }

  #answerUnwritten(value: Buffer, current?: CachedObject): Encoded {
    const object = JSON.parse(value.toString()) as UntypedObject;
    if (current !== undefined) object.metadata.resourceVersion = String(current.revision);
    const shown = this.conversion === undefined ? object : this.conversion.fromStoredObject(object);
    return { object: shown, bytes: Buffer.from(JSON.stringify(shown)) };
  }

  #answer(cached: CachedObject): Encoded {
    return this.conversion === undefined ? cached : this.conversion.encoded(cached);
  }

  #storedInfo(): ResourceInfo {
    return this.conversion?.storedInfo ?? this.info;
  }

  /** What every stored object's bytes begin with. */
  get head(): string {
    return this.#head;
  }
}

function encodedOf({ object, bytes }: Encoded): Encoded {
  return { object, bytes };
}
