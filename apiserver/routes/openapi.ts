import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { pathNotFound } from '../../shared/machinery/api-error.ts';
import { type CustomSchema, documentV2, documentV3 } from '../openapi/document.ts';
import { encodeOpenApiV2 } from '../openapi/protobuf-v2.ts';
import { contentHash, StaticDocument } from './static-document.ts';

interface OpenApiOptions {
  /** All served resources. Answer the same array while they and their schemas are the same: documents are built once for each array. */
  resources: () => readonly ResourceInfo[];
  /** The schemas of custom resources. */
  customSchema?: CustomSchema;
}

/** Clients ask with an `@`, which no media type may hold, so that the answer has a dot, as upstream's. */
const PROTOBUF_V2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const WANTS_PROTOBUF_V2 = /application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/;

/** `/openapi/v2` and `/openapi/v3`. Nothing is built before it is asked for. */
export async function openApiRoutes(app: FastifyInstance, { resources, customSchema = () => undefined }: OpenApiOptions): Promise<void> {
  const documents = new OpenApiCache(resources, customSchema);
  app.get('/openapi/v2', async (request, reply) =>
    WANTS_PROTOBUF_V2.test(request.headers.accept ?? '')
      ? documents.v2Protobuf().send(request, reply, PROTOBUF_V2)
      : documents.v2().send(request, reply, 'application/json'),
  );
  app.get('/openapi/v3', async (request, reply) => documents.index().send(request, reply, 'application/json'));
  app.get<{ Params: { version: string } }>('/openapi/v3/api/:version', async (request, reply) =>
    sendV3(request, reply, documents.v3(request.params.version)),
  );
  app.get<{ Params: { group: string; version: string } }>('/openapi/v3/apis/:group/:version', async (request, reply) =>
    sendV3(request, reply, documents.v3(`${request.params.group}/${request.params.version}`)),
  );
}

/** Documents as bytes, thrown away when the set of resources changes. */
class OpenApiCache {
  readonly #resources: () => readonly ResourceInfo[];
  readonly #customSchema: CustomSchema;
  #source: readonly ResourceInfo[] | undefined;
  #documents = new Map<string, StaticDocument>();

  constructor(resources: () => readonly ResourceInfo[], customSchema: CustomSchema) {
    this.#resources = resources;
    this.#customSchema = customSchema;
  }

  v2(): StaticDocument {
    return this.#get('v2', (resources) => JSON.stringify(documentV2(resources, this.#customSchema)));
  }

  v2Protobuf(): StaticDocument {
    return this.#get('v2 protobuf', (resources) => encodeOpenApiV2({ ...documentV2(resources, this.#customSchema) }));
  }

  index(): StaticDocument {
    return this.#get('v3', (resources) => {
      const names = [...new Set(resources.map(groupVersion))].sort();
      const entries = names.map((name) => {
        const path = `${name.includes('/') ? 'apis' : 'api'}/${name}`;
        return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hash(name)}` }] as const;
      });
      return JSON.stringify({ paths: Object.fromEntries(entries) });
    });
  }

  v3(name: string): { document: StaticDocument; hash: string } {
    if (!this.#current().some((info) => groupVersion(info) === name)) throw pathNotFound();
    const document = this.#get(`v3 ${name}`, (resources) =>
      JSON.stringify(
        documentV3(
          resources.filter((info) => groupVersion(info) === name),
          this.#customSchema,
        ),
      ),
    );
    return { document, hash: this.#hash(name) };
  }

  /** Changes with the document, but is had without building it. */
  #hash(name: string): string {
    const parts = this.#current()
      .filter((info) => groupVersion(info) === name)
      .map((info) => [info, this.#customSchema(info)]);
    return contentHash(JSON.stringify(parts));
  }

  #get(key: string, build: (resources: readonly ResourceInfo[]) => string | Buffer): StaticDocument {
    const resources = this.#current();
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const document = new StaticDocument(build(resources));
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

/** A document that was asked for by its hash never changes. */
function sendV3(
  request: FastifyRequest,
  reply: FastifyReply,
  { document, hash }: { document: StaticDocument; hash: string },
): FastifyReply {
  const query = request.query as { hash?: unknown };
  if (query.hash === hash) reply.header('cache-control', 'public, immutable').header('expires', 'Thu, 31 Dec 2099 23:59:59 GMT');
  return document.send(request, reply, 'application/json');
}
