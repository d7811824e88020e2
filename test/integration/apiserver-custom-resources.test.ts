import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type Answer, type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

const schema = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer', minimum: 1, description: 'How large.' },
          color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
          replicas: { type: 'integer' },
        },
      },
      status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
    },
  },
};

function definition(plural = 'widgets', kind = 'Widget', parts: object = {}): object {
  const versions = [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema,
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
      },
      additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      selectableFields: [{ jsonPath: '.spec.color' }],
    },
    { name: 'v1beta1', served: true, storage: false, deprecated: true, schema },
  ];
  return {
    metadata: { name: `${plural}.example.com` },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind, shortNames: [plural.slice(0, 2)] }, versions, ...parts },
  };
}

const widget = (name: string, spec: object = { size: 1 }): object => ({
  kind: 'Widget',
  apiVersion: 'example.com/v1',
  metadata: { name },
  spec,
});

describe('custom resources', () => {
  let server: InProcessApiServer;
  const call: InProcessApiServer['call'] = (...args) => server.call(...args);
  const served = (plural: string): Promise<void> =>
    eventually(async () => assert.equal((await call('GET', `/apis/example.com/v1/${plural}`)).code, 200), { withinMs: 1_000 });
  const condition = ({ json }: Answer, type: string): { status: string; reason: string; message: string } | undefined =>
    (json.status.conditions ?? []).find((each: { type: string }) => each.type === type);
  before(async () => {
    server = await startApiServer();
    assert.equal((await call('POST', DEFINITIONS, definition())).code, 201);
    await served('widgets');
  });
  after(() => server.stop());

  test('a definition is established with its names', async () => {
    const got = await call('GET', `${DEFINITIONS}/widgets.example.com`);
    assert.deepEqual(got.json.status.acceptedNames, {
      plural: 'widgets', singular: 'widget', shortNames: ['wi'], kind: 'Widget', listKind: 'WidgetList',
    }); // biome-ignore format: short
    assert.equal(condition(got, 'Established')?.reason, 'InitialNamesAccepted');
    assert.deepEqual(got.json.status.storedVersions, ['v1']);
  });

  test('an object is defaulted, pruned and validated', async () => {
    const made = await call('POST', WIDGETS, widget('a', { size: 1, extra: true }));
    assert.equal(made.code, 201, made.text);
    assert.deepEqual(made.json.spec, { color: 'red', size: 1 });
    assert.equal(made.json.metadata.generation, 1);
    assert.equal(made.headers['warning'], '299 - "unknown field \\"spec.extra\\""');
    const strict = await call('POST', `${WIDGETS}?fieldValidation=Strict`, widget('b', { size: 1, extra: true }));
    assert.equal(
      strict.json.message,
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.extra"',
    );
    const wrong = await call('POST', WIDGETS, widget('b', { size: 'x', color: 'green' }));
    assert.equal(wrong.code, 422);
    assert.equal(
      wrong.json.message,
      'Widget.example.com "b" is invalid: [spec.color: Unsupported value: "green": supported values: "red", "blue", spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"]',
    );
    assert.deepEqual(wrong.json.details.causes[1], {
      reason: 'FieldValueTypeInvalid',
      message: 'Invalid value: "string": spec.size in body must be of type integer: "string"',
      field: 'spec.size',
    });
  });

  test('updates count, say which version they are made from, and leave the status alone', async () => {
    await call('POST', WIDGETS, widget('u'));
    const without = await call('PUT', `${WIDGETS}/u`, widget('u', { size: 2 }));
    assert.match(without.json.message, /metadata.resourceVersion: Invalid value: 0: must be specified for an update/);
    const patched = await call('PATCH', `${WIDGETS}/u`, { spec: { size: 3 }, status: { replicas: 5 } }, MERGE);
    assert.deepEqual([patched.code, patched.json.metadata.generation, patched.json.status], [200, 2, undefined]);
    const same = await call('PUT', `${WIDGETS}/u`, { ...patched.json, spec: { size: 3, color: 'red' } });
    assert.equal(same.json.metadata.resourceVersion, patched.json.metadata.resourceVersion);
    const status = await call('PATCH', `${WIDGETS}/u/status`, { spec: { size: 9 }, status: { replicas: 5 } }, MERGE);
    assert.deepEqual([status.json.spec.size, status.json.status, status.json.metadata.generation], [3, { replicas: 5 }, 2]);
    const strategic = await call('PATCH', `${WIDGETS}/u`, {}, { 'content-type': 'application/strategic-merge-patch+json' });
    assert.equal(strategic.code, 415);
  });

  test('scale is a view of the replicas', async () => {
    await call('POST', WIDGETS, widget('s', { size: 1, replicas: 2 }));
    await call('PATCH', `${WIDGETS}/s/status`, { status: { replicas: 1, selector: 'a=b' } }, MERGE);
    const scale = await call('GET', `${WIDGETS}/s/scale`);
    assert.deepEqual([scale.json.spec, scale.json.status], [{ replicas: 2 }, { replicas: 1, selector: 'a=b' }]);
    const scaled = await call('PUT', `${WIDGETS}/s/scale`, { ...scale.json, spec: { replicas: 7 } });
    assert.equal(scaled.code, 200, scaled.text);
    assert.equal((await call('GET', `${WIDGETS}/s`)).json.spec.replicas, 7);
  });

  test('the other version is the same object under its own name, with a warning', async () => {
    await call('POST', WIDGETS, widget('v'));
    const other = await call('GET', '/apis/example.com/v1beta1/namespaces/default/widgets/v');
    assert.deepEqual([other.json.apiVersion, other.json.spec], ['example.com/v1beta1', { color: 'red', size: 1 }]);
    assert.equal(other.headers['warning'], '299 - "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget"');
    const body = { ...widget('v2'), apiVersion: 'example.com/v1beta1' };
    assert.equal((await call('POST', '/apis/example.com/v1beta1/namespaces/default/widgets', body)).code, 201);
    assert.equal((await call('GET', `${WIDGETS}/v2`)).json.apiVersion, 'example.com/v1');
  });

  test('lists have whole items, tables the columns of the definition, and fields select', async () => {
    await call('POST', '/api/v1/namespaces', { metadata: { name: 'lists' } });
    const path = '/apis/example.com/v1/namespaces/lists/widgets';
    await call('POST', path, widget('r'));
    await call('POST', path, widget('b', { size: 4, color: 'blue' }));
    const list = await call('GET', path);
    assert.deepEqual(
      [list.json.kind, list.json.items.length, list.json.items[0].kind, list.json.items[0].apiVersion],
      ['WidgetList', 2, 'Widget', 'example.com/v1'],
    );
    const table = await call('GET', path, undefined, TABLE);
    assert.deepEqual(
      table.json.columnDefinitions.map(({ name }: { name: string }) => name),
      ['Name', 'Size'],
    );
    assert.deepEqual(
      table.json.rows.map(({ cells }: { cells: unknown[] }) => cells),
      [
        ['b', 4],
        ['r', 1],
      ],
    );
    const blue = await call('GET', `${path}?fieldSelector=spec.color%3Dblue`);
    assert.deepEqual(
      blue.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
      ['b'],
    );
    const unknown = await call('GET', `${path}?fieldSelector=spec.size%3D4`);
    assert.deepEqual([unknown.code, unknown.json.message], [400, 'field label not supported: spec.size']);
  });

  test('discovery and OpenAPI know them', async () => {
    const { json } = await call('GET', '/apis/example.com/v1');
    assert.deepEqual(
      json.resources.map(({ name }: { name: string }) => name),
      ['widgets', 'widgets/scale', 'widgets/status'],
    );
    const document = await call('GET', '/openapi/v3/apis/example.com/v1');
    const type = document.json.components.schemas['com.example.v1.Widget'];
    assert.equal(type.properties.spec.properties.size.description, 'How large.');
    assert.deepEqual(type['x-kubernetes-group-version-kind'], [{ group: 'example.com', version: 'v1', kind: 'Widget' }]);
    const { patch } = document.json.paths[`${WIDGETS.replace('default', '{namespace}')}/{name}`];
    assert.deepEqual(Object.keys(patch.requestBody.content), [
      'application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json',
    ]); // biome-ignore format: short
  });

  test('watches see them', async () => {
    const list = await call('GET', WIDGETS);
    await call('POST', WIDGETS, widget('w'));
    await call('DELETE', `${WIDGETS}/w`);
    const { resourceVersion } = list.json.metadata;
    const events = await call('GET', `${WIDGETS}?watch=1&timeoutSeconds=1&resourceVersion=${resourceVersion}`);
    const lines = events.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; object: { kind: string } });
    assert.deepEqual(
      lines.map(({ type, object }) => [type, object.kind]),
      [
        ['ADDED', 'Widget'],
        ['DELETED', 'Widget'],
      ],
    );
  });

  test('a new schema counts at once, also for what is stored', async () => {
    await call('POST', DEFINITIONS, definition('gears', 'Gear'));
    await served('gears');
    const path = '/apis/example.com/v1/namespaces/default/gears';
    await call('POST', path, { ...widget('g'), kind: 'Gear' });
    const current = await call('GET', `${DEFINITIONS}/gears.example.com`);
    const changed = structuredClone(current.json);
    for (const version of changed.spec.versions)
      version.schema.openAPIV3Schema.properties.spec.properties.teeth = { type: 'integer', default: 12 };
    assert.equal((await call('PUT', `${DEFINITIONS}/gears.example.com`, changed)).code, 200);
    assert.deepEqual((await call('GET', `${path}/g`)).json.spec, { color: 'red', size: 1, teeth: 12 });
  });

  test('names that are taken are not accepted, until they are free', async () => {
    await call('POST', DEFINITIONS, definition('bolts', 'Bolt'));
    await served('bolts');
    const names = { names: { plural: 'bolties', kind: 'Boltie', singular: 'bolt' } };
    await call('POST', DEFINITIONS, definition('bolties', 'Boltie', names));
    await eventually(
      async () => {
        const got = await call('GET', `${DEFINITIONS}/bolties.example.com`);
        assert.deepEqual(
          [condition(got, 'NamesAccepted')?.message, condition(got, 'Established')?.reason],
          ['"bolt" is already in use', 'NotAccepted'],
        );
      },
      { withinMs: 1_000 },
    );
    assert.equal((await call('GET', '/apis/example.com/v1/bolties')).code, 404);
    await call('DELETE', `${DEFINITIONS}/bolts.example.com`);
    await served('bolties');
  });

  test('the objects go with their definition', async () => {
    await call('POST', DEFINITIONS, definition('nuts', 'Nut'));
    await served('nuts');
    const path = '/apis/example.com/v1/namespaces/default/nuts';
    const held = { ...widget('held'), kind: 'Nut', metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    await call('POST', path, held);
    await call('POST', path, { ...widget('free'), kind: 'Nut' });
    const { resourceVersion } = (await call('GET', DEFINITIONS)).json.metadata;
    const deleted = await call('DELETE', `${DEFINITIONS}/nuts.example.com`);
    assert.deepEqual(deleted.json.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
    assert.equal(condition(deleted, 'Terminating')?.reason, 'InstanceDeletionPending');
    await eventually(async () => assert.equal((await call('GET', `${path}/free`)).code, 404), { withinMs: 2_000 });
    const refused = await call('POST', path, { ...widget('late'), kind: 'Nut' });
    assert.equal(
      refused.json.message,
      'nuts.example.com "late" is forbidden: create not allowed while custom resource definition is terminating',
    );
    assert.equal((await call('PATCH', `${path}/held`, { metadata: { finalizers: [] } }, MERGE)).code, 200);
    await eventually(async () => assert.equal((await call('GET', `${DEFINITIONS}/nuts.example.com`)).code, 404), { withinMs: 2_000 });
    assert.equal((await call('GET', path)).code, 404);
    const name = encodeURIComponent('metadata.name=nuts.example.com');
    const events = await call('GET', `${DEFINITIONS}?watch=1&timeoutSeconds=1&resourceVersion=${resourceVersion}&fieldSelector=${name}`);
    assert.match(events.text, /"type":"DELETED"/);
  });

  test('what is no valid definition is refused', async () => {
    const broken = definition('rods', 'Rod', {
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { properties: {} } } }],
    });
    const { code, json } = await call('POST', DEFINITIONS, broken);
    assert.equal(code, 422);
    assert.equal(
      json.message,
      'CustomResourceDefinition.apiextensions.k8s.io "rods.example.com" is invalid: spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root',
    );
  });
});

test('custom resources are served again at once after a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kubernetus-'));
  try {
    const first = await startApiServer({ storage: 'level', directory });
    await first.call('POST', DEFINITIONS, definition());
    await eventually(async () => assert.equal((await first.call('POST', WIDGETS, widget('a'))).code, 201), { withinMs: 1_000 });
    const before = await first.call('GET', `${WIDGETS}/a`);
    await first.stop();
    const second = await startApiServer({ storage: 'level', directory });
    const { code, json } = await second.call('GET', `${WIDGETS}/a`);
    await second.stop();
    assert.deepEqual([code, json], [200, before.json]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
