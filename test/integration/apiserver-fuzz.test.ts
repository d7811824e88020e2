import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BUILT_IN_RESOURCES, resourcePath } from '../../shared/api/scheme.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

/** Requests of each sort. `FUZZ_REQUESTS=10000` for the whole run. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? '2000');
const AT_ONCE = 32;

/** Always the same numbers (mulberry32), so that a failure can be seen again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Fuzzed {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const random = seeded(1);
const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const some = (from: string, most: number): string => Array.from({ length: Math.floor(random() * most) }, () => one([...from])).join('');
const STORED = BUILT_IN_RESOURCES.filter((info) => info.verbs.includes('create'));
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
const TYPES = [
  'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/merge-patch+json',
  'application/strategic-merge-patch+json', 'application/json-patch+json', 'application/apply-patch+yaml', 'text/plain', '', ';', 'application/json; charset=x',
]; // biome-ignore format: one list
const ODD = 'aZ0-._~%/?&=:;,!*()[]{}<>"\'\\ é𝄞\u2028';
const collection = (): string => resourcePath(one(STORED), { namespace: one(['default', 'nope', 'a/b']) });

function value(depth: number): unknown {
  const leaf = [null, true, 0, -1, 1.5, 1e308, 9007199254740991, '', 'x', '1Gi', '-5m', '2026-01-01T00:00:00Z', '\u0000', '__proto__'];
  const pick = random();
  if (depth === 0 || pick < 0.4) return one(leaf);
  if (pick < 0.6) return Array.from({ length: Math.floor(random() * 4) }, () => value(depth - 1));
  const keys = [
    'metadata',
    'spec',
    'status',
    'name',
    'template',
    'containers',
    'image',
    'labels',
    'selector',
    'matchLabels',
    'ports',
    'data',
    '__proto__',
    'constructor',
    'op',
    'path',
    'value',
    '$patch',
    'rules',
    'finalizers',
    'ownerReferences',
    'resourceVersion',
    'generateName',
    'volumes',
    'resources',
    'limits',
    'x',
  ];
  return Object.fromEntries(Array.from({ length: Math.floor(random() * 5) }, () => [one(keys), value(depth - 1)]));
}

function body(): string | Buffer {
  const pick = random();
  if (pick < 0.1) return Buffer.from(Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256)));
  if (pick < 0.2) return Buffer.concat([Buffer.from('k8s\0'), Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256)))]);
  const info = one(STORED);
  const metadata = random() < 0.5 ? { name: `f${some('abc0', 6)}` } : value(3);
  const text = JSON.stringify({ kind: info.kind, metadata, spec: value(5), ...(value(2) as object) });
  return pick < 0.4 ? text.slice(0, Math.floor(random() * text.length)) : text;
}

const SORTS: { name: string; make(): Fuzzed }[] = [
  {
    name: 'bodies',
    make: () => {
      const method = one(['POST', 'POST', 'PUT', 'PATCH', 'DELETE']);
      const path =
        method === 'POST' && random() < 0.7
          ? collection()
          : `${collection()}/${one(['kubernetes', 'default', 'fabc', 'f'])}${one(['', '', '/status', '/scale', '/binding'])}`;
      return { method, path, body: body(), headers: { 'content-type': one(TYPES) } };
    },
  },
  {
    name: 'paths',
    make: () => {
      const parts = Array.from({ length: Math.floor(random() * 8) }, () =>
        one([
          'api',
          'apis',
          'v1',
          'apps',
          'namespaces',
          'default',
          'pods',
          'configmaps',
          'watch',
          'status',
          'log',
          'proxy',
          'at',
          '..',
          '.',
          '',
          '%',
          '%00',
          '%2F',
          '%zz',
          encodeURIComponent(some(ODD, 6)),
        ]),
      );
      return { method: one(METHODS), path: `/${parts.join('/')}?timeoutSeconds=1` };
    },
  },
  {
    name: 'queries',
    make: () => {
      const names = [
        'labelSelector',
        'fieldSelector',
        'limit',
        'continue',
        'resourceVersion',
        'resourceVersionMatch',
        'timeoutSeconds',
        'dryRun',
        'fieldValidation',
        'pretty',
        'includeObject',
        'gracePeriodSeconds',
        'propagationPolicy',
        'orphanDependents',
        'sendInitialEvents',
        'allowWatchBookmarks',
      ];
      const values = [
        '',
        '0',
        '1',
        '-1',
        'x',
        'All',
        'true',
        'Exact',
        'NotOlderThan',
        '99',
        'a=b',
        'a in (b,c)',
        '!a',
        'a,',
        'metadata.name=x',
        'spec.nodeName!=y',
        'Foreground',
        'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0',
      ];
      const query = Array.from(
        { length: 1 + Math.floor(random() * 4) },
        () => `${one(names)}=${encodeURIComponent(random() < 0.7 ? one(values) : some(ODD, 10))}`,
      );
      return { method: one(['GET', 'GET', 'GET', 'DELETE', 'POST']), path: `${collection()}${one(['', '/x'])}?${query.join('&')}` };
    },
  },
  {
    name: 'headers',
    make: () => {
      const accept = [
        'application/json',
        'application/yaml',
        '*/*',
        'application/json;as=Table;v=v1;g=meta.k8s.io',
        'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
        'application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io',
        ';;;',
        'q=0',
        some('az/;=,*.', 30),
      ];
      const printable = 'az09 ;,=/"\'-_.:()';
      const headers = {
        accept: one(accept),
        'accept-encoding': one(['gzip', 'gzip;q=0', 'br', some(printable, 9)]),
        'kubernetus-cause': one(['1', '-1', 'x', '1e9']),
        'user-agent': one(['curl/8', 'kubectl', some(printable, 20)]),
        'content-type': one(TYPES),
        authorization: `Bearer ${some(printable, 20).trim()}`,
      };
      return {
        method: one(['GET', 'GET', 'POST', 'DELETE']),
        path: one([
          '/version',
          '/api',
          '/apis',
          '/api/v1',
          '/metrics',
          '/livez',
          '/openapi/v2',
          collection(),
          '/api/v1/namespaces/default/services/kubernetes',
        ]),
        headers,
      };
    },
  },
];

describe('the API server under requests that make no sense', () => {
  let server: InProcessApiServer;
  before(async () => {
    server = await startApiServer();
  });
  after(() => server.stop());

  for (const { name, make } of SORTS) {
    test(`answers ${REQUESTS} requests with fuzzed ${name}`, async () => {
      const failures: string[] = [];
      let left = REQUESTS;
      const worker = async (): Promise<void> => {
        while (left-- > 0) {
          const { method, path, headers, body: sent } = make();
          const answer = await server.call(method, path, sent, headers);
          if (answer.code === 500 || answer.code < 200)
            failures.push(
              `${method} ${path} ${JSON.stringify(headers)} ${String(sent).slice(0, 400)}: ${answer.code} ${answer.text.slice(0, 300)}`,
            );
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      assert.deepEqual(failures.slice(0, 5), [], `${failures.length} requests failed inside`);
      assert.equal((await server.call('GET', '/api/v1/namespaces/default')).code, 200);
    });
  }
});
