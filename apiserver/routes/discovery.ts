import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResourceInfo } from '../../shared/api/scheme.ts';
import { pathNotFound } from '../../shared/machinery/api-error.ts';
import {
  aggregatedDiscovery,
  type DiscoveryGroup,
  discoveryGroups,
  groupList,
  legacyVersions,
  resourceList,
} from './discovery-documents.ts';
import { StaticDocument } from './static-document.ts';
import { versionInfo } from './version-info.ts';

interface DiscoveryOptions {
  /** All served resources. Answer the same array while nothing changes: documents are built once for each array. */
  resources: () => readonly ResourceInfo[];
  /** What `/version` answers. */
  version?: object;
}

/** `/`, `/version`, `/api`, `/apis` and the documents below them, in the plain and in the aggregated form. */
export async function discoveryRoutes(app: FastifyInstance, { resources, version = versionInfo() }: DiscoveryOptions): Promise<void> {
  const documents = new DiscoveryCache(resources);
  app.get('/version', async () => version);
  app.get('/', async (request, reply) =>
    send(
      request,
      reply,
      documents.get('/', (groups) => ({ paths: servedPaths(groups) })),
    ),
  );
  app.get('/api', async (request, reply) => {
    const aggregated = aggregatedVersion(request.headers.accept);
    if (aggregated === undefined)
      return send(
        request,
        reply,
        documents.get('/api', () => legacyVersions()),
      );
    const document = documents.get(`/api ${aggregated}`, (groups) =>
      aggregatedDiscovery(
        groups.filter(({ name }) => name === ''),
        aggregated,
      ),
    );
    return send(request, reply, document, aggregated);
  });
  app.get('/apis', async (request, reply) => {
    const aggregated = aggregatedVersion(request.headers.accept);
    if (aggregated === undefined) return send(request, reply, documents.get('/apis', groupList));
    const document = documents.get(`/apis ${aggregated}`, (groups) =>
      aggregatedDiscovery(
        groups.filter(({ name }) => name !== ''),
        aggregated,
      ),
    );
    return send(request, reply, document, aggregated);
  });
  app.get<{ Params: { version: string } }>('/api/:version', async (request, reply) =>
    send(request, reply, documents.resources('', request.params.version)),
  );
  app.get<{ Params: { group: string } }>('/apis/:group', async (request, reply) =>
    send(request, reply, documents.group(request.params.group)),
  );
  app.get<{ Params: { group: string; version: string } }>('/apis/:group/:version', async (request, reply) =>
    send(request, reply, documents.resources(request.params.group, request.params.version)),
  );
}

/** Serialised documents, thrown away when the set of resources changes. */
class DiscoveryCache {
  readonly #resources: () => readonly ResourceInfo[];
  #source: readonly ResourceInfo[] | undefined;
  #groups: DiscoveryGroup[] = [];
  #documents = new Map<string, StaticDocument>();

  constructor(resources: () => readonly ResourceInfo[]) {
    this.#resources = resources;
  }

  get(key: string, build: (groups: readonly DiscoveryGroup[]) => object): StaticDocument {
    this.#refresh();
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const document = new StaticDocument(JSON.stringify(build(this.#groups)));
    this.#documents.set(key, document);
    return document;
  }

  group(name: string): StaticDocument {
    this.#refresh();
    const group = this.#groups.find((candidate) => candidate.name === name && name !== '');
    if (group === undefined) throw pathNotFound();
    return this.get(`/apis/${name}`, () => {
      const [only] = groupList([group]).groups;
      return { kind: 'APIGroup', apiVersion: 'v1', ...only };
    });
  }

  resources(name: string, version: string): StaticDocument {
    this.#refresh();
    const found = this.#groups.find((group) => group.name === name)?.versions.find((candidate) => candidate.version === version);
    if (found === undefined) throw pathNotFound();
    return this.get(`/apis/${name}/${version}`, () => resourceList(name, found));
  }

  #refresh(): void {
    const resources = this.#resources();
    if (resources === this.#source) return;
    this.#source = resources;
    this.#groups = discoveryGroups(resources);
    this.#documents = new Map();
  }
}

const OTHER_PATHS = ['/apis', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

function servedPaths(groups: readonly DiscoveryGroup[]): string[] {
  const paths = groups.flatMap(({ name, versions }) => {
    const root = name === '' ? '/api' : `/apis/${name}`;
    return [root, ...versions.map(({ version }) => `${root}/${version}`)];
  });
  return [...paths, ...OTHER_PATHS].sort();
}

/** The version of apidiscovery.k8s.io that the client prefers over the plain form, if any. */
function aggregatedVersion(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const range of accept?.split(',') ?? []) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    if (!parameters.includes('as=APIGroupDiscoveryList')) {
      if (parameters.every((parameter) => !parameter.startsWith('as='))) return undefined;
      continue;
    }
    if (!parameters.includes('g=apidiscovery.k8s.io')) continue;
    if (parameters.includes('v=v2')) return 'v2';
    if (parameters.includes('v=v2beta1')) return 'v2beta1';
  }
  return undefined;
}

function send(request: FastifyRequest, reply: FastifyReply, document: StaticDocument, aggregated?: 'v2' | 'v2beta1'): FastifyReply {
  const parameters = aggregated === undefined ? '' : `;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`;
  return document.send(request, reply.header('cache-control', 'public'), `application/json${parameters}`);
}
