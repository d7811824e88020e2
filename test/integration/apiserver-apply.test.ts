import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const MERGE = { 'content-type': 'application/merge-patch+json' };
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MAPS = '/api/v1/namespaces/default/configmaps';

interface Entry {
  manager: string;
  operation: string;
  subresource?: string;
  time?: string;
  fieldsV1: unknown;
}
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const deployment = (name: string, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { selector: { matchLabels: { app: 'a' } }, template, ...spec },
});
const map = (name: string, more: object = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more });
const ownersOf = ({ json }: { json: { metadata: { managedFields?: Entry[] } } }): string[] =>
  (json.metadata.managedFields ?? []).map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`.trim());

describe('server-side apply', () => {
  let server: InProcessApiServer;
  before(async () => {
    server = await startApiServer();
  });
  after(() => server.stop());
  const apply = (path: string, config: unknown, query = 'fieldManager=one') => server.call('PATCH', `${path}?${query}`, config, APPLY);

  test('creates what is not there, from YAML too, and then changes it', async () => {
    const created = await apply(`${MAPS}/made`, 'apiVersion: v1\nkind: ConfigMap\ndata: {a: "1", b: "2"}\n');
    assert.deepEqual([created.code, created.json.data, ownersOf(created)], [201, { a: '1', b: '2' }, ['one Apply']]);
    const changed = await apply(`${MAPS}/made`, map('made', { data: { a: '3' } }));
    assert.deepEqual([changed.code, changed.json.data], [200, { a: '3' }]);
    assert.equal((await server.call('GET', `${MAPS}/made`)).text, changed.text);
  });
  test('writes nothing when nothing changes', async () => {
    const first = await apply(`${DEPLOYMENTS}/same`, deployment('same'));
    assert.equal((await apply(`${DEPLOYMENTS}/same`, deployment('same'))).text, first.text);
  });
  test('writes nothing on a dry run', async () => {
    const dry = await apply(`${MAPS}/dry`, map('dry'), 'fieldManager=one&dryRun=All');
    assert.deepEqual([dry.code, (await server.call('GET', `${MAPS}/dry`)).code], [201, 404]);
  });
  test('refuses to change what others own, unless forced', async () => {
    await apply(`${MAPS}/owned`, map('owned', { data: { a: '1' } }));
    await server.call('PATCH', `${MAPS}/owned?fieldManager=edit`, { data: { b: '1' } }, MERGE);
    const config = map('owned', { data: { a: '2', b: '2' } });
    const refused = await apply(`${MAPS}/owned`, config, 'fieldManager=two');
    assert.equal(refused.code, 409);
    assert.equal(
      refused.json.message,
      'Apply failed with 2 conflicts: conflicts with "edit" using v1:\n- .data.b\nconflicts with "one":\n- .data.a',
    );
    assert.deepEqual(refused.json.details.causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "edit" using v1', field: '.data.b' },
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
    ]);
    const forced = await apply(`${MAPS}/owned`, config, 'fieldManager=two&force=true');
    assert.deepEqual([forced.json.data, ownersOf(forced)], [{ a: '2', b: '2' }, ['two Apply']]);
  });
  test('tracks creates, updates, patches and status writes by every client', async () => {
    const path = `${DEPLOYMENTS}/tracked`;
    const headers = { 'user-agent': 'tool/1.0 (x)' };
    const created = await server.call('POST', DEPLOYMENTS, deployment('tracked'), headers);
    assert.deepEqual(ownersOf(created), ['tool Update']);
    await server.call('PUT', `${path}?fieldManager=put`, { ...created.json, spec: { ...created.json.spec, paused: true } });
    const status = { status: { observedGeneration: 1 } };
    const patched = await server.call('PATCH', `${path}/status?fieldManager=ctl`, status, MERGE);
    assert.deepEqual(ownersOf(patched).sort(), ['ctl Update status', 'put Update', 'tool Update']);
    const entries = patched.json.metadata.managedFields as Entry[];
    assert.deepEqual(entries.find(({ manager }) => manager === 'put')?.fieldsV1, { 'f:spec': { 'f:paused': {} } });
    assert.deepEqual(entries.find(({ manager }) => manager === 'ctl')?.fieldsV1, { 'f:status': { 'f:observedGeneration': {} } });
  });
  test('keeps the owners when an object is marked for deletion', async () => {
    await apply(`${MAPS}/going`, { ...map('going'), metadata: { name: 'going', finalizers: ['a/b'] } });
    const marked = await server.call('DELETE', `${MAPS}/going`);
    assert.deepEqual(ownersOf(marked), ['one Apply']);
    await server.call('PATCH', `${MAPS}/going`, { metadata: { finalizers: null } }, MERGE);
  });
  test('owns the replicas through the scale, by update and by apply', async () => {
    const path = `${DEPLOYMENTS}/scaled`;
    await apply(path, deployment('scaled', { replicas: 1 }));
    await server.call('PATCH', `${path}/scale?fieldManager=hpa`, { spec: { replicas: 2 } }, MERGE);
    assert.deepEqual(ownersOf(await server.call('GET', path)), ['one Apply', 'hpa Update scale']);
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' }, spec: { replicas: 3 } };
    const refused = await apply(`${path}/scale`, scale, 'fieldManager=two');
    assert.equal(
      refused.json.message,
      'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
    );
    const forced = await apply(`${path}/scale`, scale, 'fieldManager=two&force=1');
    assert.deepEqual([forced.code, forced.json.kind, forced.json.spec], [200, 'Scale', { replicas: 3 }]);
    assert.deepEqual(ownersOf(await server.call('GET', path)).sort(), ['one Apply', 'two Apply scale']);
  });
  test('ends the tracking when somebody asks for that', async () => {
    await apply(`${MAPS}/reset`, map('reset', { data: { a: '1' } }));
    const reset = await server.call('PATCH', `${MAPS}/reset`, { metadata: { managedFields: [{}] } }, MERGE);
    assert.deepEqual(ownersOf(reset), []);
  });
  test('knows owners who write in another version', async () => {
    const scaler = {
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
    };
    const path = '/namespaces/default/horizontalpodautoscalers/h';
    const inOne = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', ...scaler };
    assert.equal((await apply(`/apis/autoscaling/v1${path}`, inOne)).code, 201);
    const inTwo = { ...inOne, apiVersion: 'autoscaling/v2', spec: { ...scaler.spec, maxReplicas: 4 } };
    const refused = await apply(`/apis/autoscaling/v2${path}`, inTwo, 'fieldManager=two');
    assert.equal(refused.json.message, 'Apply failed with 1 conflict: conflict with "one": .spec.maxReplicas');
  });
  test('shows the owners in every form of the object', async () => {
    const { json } = await apply(`${MAPS}/shown`, map('shown', { data: { a: '1' } }));
    const { managedFields } = json.metadata;
    const metadata = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' };
    assert.deepEqual((await server.call('GET', `${MAPS}/shown`, undefined, metadata)).json.metadata.managedFields, managedFields);
    const yaml = await server.call('GET', `${MAPS}/shown`, undefined, { accept: 'application/yaml' });
    assert.match(yaml.text, /managedFields:\n +- apiVersion: v1/);
  });

  const MANAGER = 'PatchOptions.meta.k8s.io "" is invalid: ';
  const refused: { name: string; path: string; body: unknown; headers?: Record<string, string>; code: number; message: string }[] = [
    { name: 'an apply without a name for who applies', path: `${MAPS}/x`, body: map('x'), code: 422, message: `${MANAGER}fieldManager: Required value: is required for apply patch` },
    { name: 'force without apply', path: `${MAPS}/x?force=true`, body: {}, headers: MERGE, code: 422, message: `${MANAGER}force: Forbidden: may not be specified for non-apply patch` },
    { name: 'a name that cannot be printed', path: `${MAPS}/x?fieldManager=a%0Ab`, body: map('x'), code: 422, message: `${MANAGER}fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)` },
    { name: 'another kind', path: `${MAPS}/x?fieldManager=a`, body: { ...map('x'), kind: 'Secret' }, code: 400, message: 'invalid object type: /v1, Kind=Secret' },
    { name: 'what is no object', path: `${MAPS}/x?fieldManager=a`, body: '- a\n', code: 400, message: 'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}' },
    { name: 'unknown fields', path: `${MAPS}/x?fieldManager=a`, body: map('x', { foo: 1 }), code: 500, message: 'failed to create typed patch object (/x; /v1, Kind=ConfigMap): .foo: field not declared in schema' },
    { name: 'the status of what is not there', path: `${DEPLOYMENTS}/none/status?fieldManager=a`, body: deployment('none'), code: 404, message: 'deployments.apps "none" not found' },
    { name: 'another name', path: `${MAPS}/x?fieldManager=a`, body: map('y'), code: 400, message: 'the name of the object (y) does not match the name on the URL (x)' },
  ]; // biome-ignore format: a table
  for (const { name, path, body, headers = APPLY, code, message } of refused) {
    test(`refuses ${name}`, async () => {
      const answer = await server.call('PATCH', path, body, headers);
      assert.deepEqual([answer.code, answer.json.message], [code, message]);
    });
  }
});
