import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { pathNotFound } from '../../shared/machinery/api-error.ts';
import { type CustomSchema, documentV2, documentV3 } from '../openapi/document.ts';
import { entityTag } from './entity-tag.ts';

export interface OpenApiOptions {
  /** All served resources. Answer the same array while nothing changes: documents are built once for each array. */
  resources: () => readonly ResourceInfo[];
  /** The schemas of custom resources. */
  customSchema?: CustomSchema;
}

/** `/openapi/v2` and `/openapi/v3`. Nothing is built before it is asked for. */
export async function openApiRoutes(app: FastifyInstance, { resources, customSchema = () => undefined }: OpenApiOptions): Promise<void> {
  const documents = new OpenApiCache(resources, customSchema);
  app.get('/openapi/v2', async (request, reply) => send(request, reply, documents.v2(), 'application/json'));
  app.get('/openapi/v3', async (request, reply) => send(request, reply, documents.index(), 'application/json'));
  app.get<{ Params: { version: string } }>('/openapi/v3/api/:version', async (request, reply) =>
    sendV3(request, reply, documents.v3(request.params.version)),
  );
  app.get<{ Params: { group: string; version: string } }>('/openapi/v3/apis/:group/:version', async (request, reply) =>
    sendV3(request, reply, documents.v3(`${request.params.group}/${request.params.version}`)),
  );
}

interface Document {
  body: string;
  tag: string;
}

/** Documents as bytes, thrown away when the set of resources changes. */
class OpenApiCache {
  readonly #resources: () => readonly ResourceInfo[];
  readonly #customSchema: CustomSchema;
  #source: readonly ResourceInfo[] | undefined;
  #documents = new Map<string, Document>();

  constructor(resources: () => readonly ResourceInfo[], customSchema: CustomSchema) {
    this.#resources = resources;
    this.#customSchema = customSchema;
  }

  v2(): Document {
    return this.#get('v2', (resources) => documentV2(resources, this.#customSchema));
  }

  index(): Document {
    return this.#get('v3', (resources) => {
      const names = [...new Set(resources.map(groupVersion))].sort();
      const entries = names.map((name) => {
        const path = `${name.includes('/') ? 'apis' : 'api'}/${name}`;
        return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${this.hash(name)}` }] as const;
      });
      return { paths: Object.fromEntries(entries) };
    });
  }

  v3(name: string): Document & { hash: string } {
    if (!this.#current().some((info) => groupVersion(info) === name)) throw pathNotFound();
    const document = this.#get(`v3 ${name}`, (resources) =>
      documentV3(
        resources.filter((info) => groupVersion(info) === name),
        this.#customSchema,
      ),
    );
    return { ...document, hash: this.hash(name) };
  }

  /** Changes with the document, but is had without building it. */
  hash(name: string): string {
    const parts = this.#current()
      .filter((info) => groupVersion(info) === name)
      .map((info) => [info, this.#customSchema(info)]);
    return entityTag(JSON.stringify(parts)).slice(1, -1);
  }

  #get(key: string, build: (resources: readonly ResourceInfo[]) => object): Document {
    const resources = this.#current();
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const body = JSON.stringify(build(resources));
    const document = { body, tag: entityTag(body) };
    this.#documents.set(key, document);
    return document;
  }

  #current(): readonly ResourceInfo[] {
    const resources = this.#resources();
    if (resources !== this.#source) {
      this.#source = resources;
      this.#documents = new Map();
    }
    return resources;
  }
}

function send(request: FastifyRequest, reply: FastifyReply, { body, tag }: Document, type: string): FastifyReply {
  reply.header('vary', 'Accept').header('etag', tag);
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  return reply.type(type).send(body);
}

/** A document that was asked for by its hash never changes. */
function sendV3(request: FastifyRequest, reply: FastifyReply, document: Document & { hash: string }): FastifyReply {
  const { hash } = request.query as { hash?: unknown };
  if (hash === document.hash) reply.header('cache-control', 'public, immutable').header('expires', 'Thu, 31 Dec 2099 23:59:59 GMT');
  return send(request, reply, document, 'application/json');
}
