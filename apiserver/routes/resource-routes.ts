import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { methodNotAllowed, pathNotFound } from '../../shared/machinery/api-error.ts';
import { type Authorizer, attributesOf } from '../auth/authorize.ts';
import { isCustomResource } from '../custom-resources/custom-resource-info.ts';
import { listObjects } from '../registry/list-objects.ts';
import type { ObjectStore, UpdateOptions } from '../registry/object-store.ts';
import type { RequestContext } from '../registry/request-context.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import { selectionOf } from '../registry/selection.ts';
import { isForced, readConfig } from './apply-body.ts';
import { bodyOf, type Call, contextOf, isApply } from './call.ts';
import { readDeleteOptions } from './delete-options.ts';
import { type ListQuery, parseListQuery } from './list-query.ts';
import { readPatch } from './patch-body.ts';
import { decodeBody, decodeValue } from './request-body.ts';
import { addWarnings, sendList, sendObject } from './send-object.ts';
import { subresourceRules } from './subresource-rules.ts';
import { sendWatch, type WatchDeps } from './watch-response.ts';

export interface ResourceRoutesDeps extends WatchDeps {
  registry: ResourceRegistry;
  authorizer: Authorizer;
  /** Answers for what is not stored and for subresources with a behaviour of their own; undefined: it has none. */
  special(call: Call, store: ObjectStore | undefined): Promise<unknown> | undefined;
}

type Answer = FastifyReply | Promise<FastifyReply>;

/** Every verb of every stored resource. Handlers answer or throw; the root error handler writes every Status. */
export class ResourceRoutes {
  readonly #deps: ResourceRoutesDeps;

  constructor(deps: ResourceRoutesDeps) {
    this.#deps = deps;
  }

  register(app: FastifyInstance): void {
    const handler = (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => this.#handle(request, reply);
    for (const url of ['/api/*', '/apis/*'])
      app.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'], url, handler });
  }

  async #handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { info, query, user } = request.kube;
    if (info === undefined) throw pathNotFound();
    const call: Call = { info, query, user, request, reply };
    const store = this.#deps.registry.find(info.group, info.version, info.plural);
    const special = this.#deps.special(call, store);
    if (special !== undefined) return special;
    if (store === undefined || (info.namespace !== '' && !store.info.namespaced)) throw pathNotFound();
    if (isCustomResource(store.info) && store.info.deprecation !== undefined) addWarnings(reply, [store.info.deprecation]);
    if (info.name === '') return this.#collection(call, store);
    if (store.info.namespaced && info.namespace === '') throw pathNotFound();
    if (info.watch) return this.#watchOne(call, store);
    if (info.subresource !== '' && !servesStored(store.info, info.subresource)) throw pathNotFound();
    if (info.rest !== '') throw pathNotFound();
    switch (request.method) {
      case 'GET':
        return this.#get(call, store);
      case 'PUT':
        return this.#update(call, store, { ...this.#options(call), replace: info.subresource === '' });
      case 'PATCH':
        return isApply(call) ? this.#apply(call, store, this.#options(call)) : this.#patch(call, store, this.#options(call));
      case 'DELETE':
        if (info.subresource === '') return this.#delete(call, store);
        throw methodNotAllowed();
      default:
        throw methodNotAllowed();
    }
  }

  async #collection(call: Call, store: ObjectStore): Promise<unknown> {
    const { info, request } = call;
    const everywhere = store.info.namespaced && info.namespace === '';
    switch (request.method) {
      case 'GET': {
        const query = parseListQuery(call.query);
        return query.watch || info.watch ? sendWatch(call, this.#deps, store, query) : this.#list(call, store, query);
      }
      case 'POST':
        if (everywhere) throw methodNotAllowed();
        return this.#create(call, store);
      case 'DELETE':
        if (everywhere || !store.info.verbs.includes('deletecollection')) throw methodNotAllowed();
        return this.#deleteCollection(call, store);
      default:
        throw methodNotAllowed();
    }
  }

  async #get(call: Call, store: ObjectStore): Promise<FastifyReply> {
    if (call.query.get('resourceVersion') !== '0') {
      const pending = this.#deps.cache.settled();
      if (pending !== undefined) await pending;
    }
    return sendObject(call, store.get(call.info), { code: 200, info: store.info, now: this.#deps.clock.now() });
  }

  async #list(call: Call, store: ObjectStore, query: ListQuery): Promise<FastifyReply> {
    const listed = await listObjects(this.#deps, store, selectionOf(store, call.info.namespace, query), query);
    return sendList(call, store, listed, this.#deps.clock.now());
  }

  #watchOne(call: Call, store: ObjectStore): Promise<void> {
    if (call.request.method !== 'GET') throw methodNotAllowed();
    const query = parseListQuery(call.query);
    const own = `metadata.name=${call.info.name.replace(/[\\,=]/g, '\\$&')}`;
    return sendWatch(call, this.#deps, store, {
      ...query,
      fieldSelector: query.fieldSelector === '' ? own : `${query.fieldSelector},${own}`,
    });
  }

  async #create(call: Call, store: ObjectStore): Promise<FastifyReply> {
    const context = contextOf(call);
    const object = decodeBody(store.info, bodyOf(call), context);
    const created = await store.create(context, { namespace: call.info.namespace, name: '' }, object);
    return this.#answer(call, store, { code: 201, context, encoded: created });
  }

  #options({ info, request }: Call): UpdateOptions {
    const { plural, subresource } = info;
    if (subresource === 'finalize' && request.method !== 'PUT') throw methodNotAllowed();
    return { subresource, ...subresourceRules(plural, subresource) };
  }

  async #update(call: Call, store: ObjectStore, options: UpdateOptions): Promise<FastifyReply> {
    const context = contextOf(call);
    const object = decodeBody(store.info, bodyOf(call), context);
    const updated = await store.update(context, call.info, () => structuredClone(object), options);
    return this.#answer(call, store, { code: updated.created === true ? 201 : 200, context, encoded: updated });
  }

  async #patch(call: Call, store: ObjectStore, options: UpdateOptions): Promise<FastifyReply> {
    const context = contextOf(call);
    const patch = readPatch(store.info, bodyOf(call));
    const updated = await store.update(
      context,
      call.info,
      (current) => {
        if (current === undefined) return {} as UntypedObject; // not found, says the store
        const warned: RequestContext = { ...context, warnings: [] };
        const patched = patch(current, warned);
        context.warnings = warned.warnings; // those of the last try
        return patched;
      },
      options,
    );
    return this.#answer(call, store, { code: 200, context, encoded: updated });
  }

  async #apply(call: Call, store: ObjectStore, options: UpdateOptions): Promise<FastifyReply> {
    const context = contextOf(call);
    const config = readConfig(bodyOf(call), context);
    const { subresource } = options;
    const applied = (live: UntypedObject | undefined): UntypedObject => {
      if (live === undefined) {
        if (subresource !== '') return {} as UntypedObject; // not found, says the store
        this.#mayCreate(call);
      }
      const write = { context, live, subresource, now: this.#deps.clock.now() };
      const { object, managedFields } = store.ownership.apply(write, config, isForced(call.query));
      const decoded = decodeValue(store.info, object, context);
      return { ...decoded, metadata: { ...decoded.metadata, managedFields } };
    };
    const written = await store.update(context, call.info, applied, { ...options, owners: 'given', createMissing: true });
    return this.#answer(call, store, { code: written.created === true ? 201 : 200, context, encoded: written });
  }

  /** Whoever may patch objects may not for that make new ones. */
  #mayCreate({ user, info, query }: Call): void {
    const refusal = this.#deps.authorizer.refusal(user, attributesOf('POST', '', info, query));
    if (refusal !== undefined) throw refusal;
  }

  async #delete(call: Call, store: ObjectStore): Promise<FastifyReply> {
    const options = readDeleteOptions(call.query, bodyOf(call));
    const context = contextOf(call);
    if ((options.dryRun ?? []).length > 0) context.dryRun = true;
    const deleted = await store.delete(context, call.info, options);
    const { info } = store;
    const code = deleted.removed || options.orphanDependents !== false ? 200 : 202;
    if (!deleted.removed || ANSWERS_WITH_OBJECT.has(info.id)) return this.#answer(call, store, { code, context, encoded: deleted });
    const details = {
      name: call.info.name,
      ...(info.group !== '' && { group: info.group }),
      kind: info.plural,
      uid: deleted.object.metadata.uid,
    };
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } as unknown as UntypedObject;
    return this.#answer(call, store, { code, context, encoded: { object: status, bytes: Buffer.from(JSON.stringify(status)) } });
  }

  async #deleteCollection(call: Call, store: ObjectStore): Promise<FastifyReply> {
    const options = readDeleteOptions(call.query, bodyOf(call));
    const context = contextOf(call);
    if ((options.dryRun ?? []).length > 0) context.dryRun = true;
    const query = parseListQuery(call.query);
    const listed = await listObjects(this.#deps, store, selectionOf(store, call.info.namespace, query), query);
    const gone = (error: unknown): void => {
      if ((error as { code?: number }).code !== 404) throw error;
    };
    for (let at = 0; at < listed.objects.length; at += DELETED_AT_ONCE) {
      const some = listed.objects.slice(at, at + DELETED_AT_ONCE);
      await Promise.all(some.map(({ namespace, name }) => store.delete(context, { namespace, name }, options).then(() => undefined, gone)));
    }
    return sendList(call, store, listed, this.#deps.clock.now());
  }

  #answer(
    call: Call,
    store: ObjectStore,
    result: { code: number; context: RequestContext; encoded: { object: UntypedObject; bytes: Buffer } },
  ): Answer {
    const { code, context, encoded } = result;
    return sendObject(call, encoded, { code, info: store.info, now: this.#deps.clock.now(), warnings: context.warnings });
  }
}

/** Deletions of a collection that run side by side. */
const DELETED_AT_ONCE = 64;
/** Their deletion is answered with the object. Source: ReturnDeletedObject in kubernetes pkg/registry. */
const ANSWERS_WITH_OBJECT = new Set([
  'pods', 'podtemplates', 'persistentvolumes', 'persistentvolumeclaims', 'resourcequotas', 'services', 'serviceaccounts', 'limitranges',
]); // biome-ignore format: one list

/** Subresources that are part of the stored object; the others have routes of their own. */
function servesStored(info: ResourceInfo, subresource: string): boolean {
  return Object.hasOwn(info.subresources, subresource) && info.subresources[subresource]?.type === undefined;
}
