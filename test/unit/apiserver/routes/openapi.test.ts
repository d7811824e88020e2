import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastify from 'fastify';
import { openApiRoutes } from '../../../../apiserver/routes/openapi.ts';
import { BUILT_IN_RESOURCES, resourceInfo } from '../../../../shared/api/scheme.ts';

const widgets = {
  ...resourceInfo('deployments'),
  id: 'widgets.example.com',
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  listKind: 'WidgetList',
  plural: 'widgets',
  singular: 'widget',
  type: '',
  subresources: {},
};
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      },
    },
  },
};

async function server() {
  const app = fastify();
  const resources = [...BUILT_IN_RESOURCES, widgets];
  await app.register(openApiRoutes, { resources: () => resources, customSchema: () => schema });
  return app;
}

async function get(url: string) {
  const app = await server();
  const answer = await app.inject(url);
  await app.close();
  return answer.json();
}

/** Every `$ref` in a document. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' && typeof item === 'string' ? [item] : references(item)));
}

describe('OpenAPI 3', () => {
  test('has an index of documents, each named by its hash', async () => {
    const { paths } = await get('/openapi/v3');
    assert.match(paths['api/v1'].serverRelativeURL, /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]+$/);
    assert.match(paths['apis/apps/v1'].serverRelativeURL, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/);
    const app = await server();
    const answer = await app.inject(paths['apis/apps/v1'].serverRelativeURL);
    await app.close();
    assert.equal(answer.headers['cache-control'], 'public, immutable');
  });

  test('refers to nothing that it does not define', async () => {
    for (const path of Object.keys((await get('/openapi/v3')).paths)) {
      const document = await get(`/openapi/v3/${path}`);
      const missing = references(document).filter(
        (ref) => document.components.schemas[ref.replace('#/components/schemas/', '')] === undefined,
      );
      assert.deepEqual([...new Set(missing)], [], path);
    }
  });

  test('says how lists merge and what is required', async () => {
    const { components } = await get('/openapi/v3/api/v1');
    const pod = components.schemas['io.k8s.api.core.v1.PodSpec'];
    assert.deepEqual(pod.required, ['containers']);
    assert.deepEqual(pod.properties.containers, {
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    assert.deepEqual(components.schemas['io.k8s.api.core.v1.Pod']['x-kubernetes-group-version-kind'], [
      { group: '', version: 'v1', kind: 'Pod' },
    ]);
    assert.deepEqual(components.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString'], {
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    });
  });

  test('offers server-side field validation on every patch', async () => {
    const { paths } = await get('/openapi/v3/apis/apps/v1');
    const { patch } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    assert.equal(patch['x-kubernetes-action'], 'patch');
    assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' });
    assert.ok(patch.parameters.some((parameter: { name: string }) => parameter.name === 'fieldValidation'));
    assert.deepEqual(Object.keys(paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale']), [
      'parameters',
      'get',
      'put',
      'patch',
    ]);
  });

  test('holds custom resources by their schema', async () => {
    const { components, paths } = await get('/openapi/v3/apis/example.com/v1');
    assert.deepEqual(components.schemas['com.example.v1.Widget'].properties.spec, schema.properties.spec);
    assert.ok(paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}'].patch);
  });

  test('gives each operation a name of its own', async () => {
    const { paths } = await get('/openapi/v2');
    const ids = Object.values(paths as Record<string, Record<string, { operationId?: string }>>).flatMap((item) =>
      Object.values(item).flatMap(({ operationId }) => operationId ?? []),
    );
    assert.deepEqual(
      ids.filter((id, i) => ids.indexOf(id) !== i),
      [],
    );
  });
});

describe('OpenAPI 2', () => {
  test('refers to nothing that it does not define, and has no forms that it cannot express', async () => {
    const document = await get('/openapi/v2');
    const missing = references(document).filter((ref) => document.definitions[ref.replace('#/definitions/', '')] === undefined);
    assert.deepEqual([...new Set(missing)], []);
    assert.deepEqual(document.definitions['com.example.v1.Widget'].properties.spec.properties.port, { 'x-kubernetes-int-or-string': true });
  });

  test('comes as protobuf for those who ask for it', async () => {
    const app = await server();
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const { headers, rawPayload } = await app.inject({ url: '/openapi/v2', headers: { accept } });
    await app.close();
    assert.equal(headers['content-type'], accept.replace('@', '.'));
    assert.deepEqual([...rawPayload.subarray(0, 5)], [0x0a, 3, 0x32, 0x2e, 0x30]); // swagger: 2.0
  });
});
