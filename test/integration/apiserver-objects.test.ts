import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name: string, more: object = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more });

describe('objects of the API server', () => {
  let server: InProcessApiServer;
  before(async () => {
    server = await startApiServer();
  });
  after(() => server.stop());

  test('a created object has what the server gives it, and is read back byte for byte', async () => {
    const created = await server.call('POST', MAPS, map('one', { data: { a: '1' } }));
    assert.equal(created.code, 201);
    assert.match(created.json.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(created.json.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal((await server.call('GET', `${MAPS}/one`)).text, created.text);
    const list = await server.call('GET', `${MAPS}?fieldSelector=metadata.name=one`);
    assert.deepEqual(list.json.items, [{ metadata: created.json.metadata, data: { a: '1' } }]);
  });

  test('no body makes the warnings long', async () => {
    const body = `{"metadata":{"name":"odd"},${Array.from({ length: 50_000 }, (_, n) => `"unknown${n}":1,"twice":${n}`).join()}}`;
    const { code, headers } = await server.call('POST', `${MAPS}?dryRun=All`, body);
    assert.equal(code, 201);
    assert.match(String(headers.warning), /^299 - "duplicate field \\"twice\\"", 299 - "unknown field/);
    assert.ok(String(headers.warning).length < 8192, `${String(headers.warning).length} characters`);
  });

  const refused: { name: string; method: string; path: string; body?: unknown; headers?: Record<string, string>; code: number; message: RegExp }[] = [
    { name: 'a name that is taken', method: 'POST', path: MAPS, body: map('one'), code: 409, message: /^configmaps "one" already exists$/ },
    { name: 'a name that is none', method: 'POST', path: MAPS, body: map('No_Name'), code: 422, message: /^ConfigMap "No_Name" is invalid: metadata\.name: Invalid value/ },
    { name: 'no name', method: 'POST', path: MAPS, body: { metadata: {} }, code: 422, message: /name or generateName is required/ },
    { name: 'a namespace that is not there', method: 'POST', path: '/api/v1/namespaces/nope/configmaps', body: map('a'), code: 404, message: /^namespaces "nope" not found$/ },
    { name: 'a stale update', method: 'PUT', path: `${MAPS}/one`, body: { metadata: { name: 'one', resourceVersion: '1' } }, code: 409, message: /the object has been modified/ },
    { name: 'an update under another name', method: 'PUT', path: `${MAPS}/one`, body: map('two'), code: 400, message: /^the name of the object \(two\) does not match the name on the URL \(one\)$/ },
    { name: 'an update of what is not there', method: 'PUT', path: `${MAPS}/none`, body: map('none'), code: 404, message: /^configmaps "none" not found$/ },
    { name: 'no JSON', method: 'POST', path: MAPS, body: '{', code: 400, message: /json parse error/ },
    { name: 'a list in place of an object', method: 'POST', path: MAPS, body: [], code: 400, message: /cannot unmarshal array/ },
    { name: 'a body of an unknown type', method: 'POST', path: MAPS, body: 'a', headers: { 'content-type': 'text/plain' }, code: 415, message: /unknown format/ },
    { name: 'an answer of an unknown type', method: 'GET', path: `${MAPS}/one`, headers: { accept: 'image/png' }, code: 406, message: /only the following media types are accepted/ },
    { name: 'a method that is not served', method: 'POST', path: `${MAPS}/one`, code: 405, message: /does not allow this method/ },
    { name: 'a create in all namespaces', method: 'POST', path: '/api/v1/configmaps', body: map('a'), code: 405, message: /does not allow this method/ },
    { name: 'a resource that is not served', method: 'GET', path: '/api/v1/things', code: 404, message: /^the server could not find the requested resource$/ },
    { name: 'a subresource that is not served', method: 'GET', path: `${MAPS}/one/status`, code: 404, message: /^the server could not find the requested resource$/ },
    { name: 'a bad dry run', method: 'POST', path: `${MAPS}?dryRun=Some`, body: map('a'), code: 422, message: /CreateOptions.* dryRun: Unsupported value: "Some"/ },
    { name: 'a field selector that is not supported', method: 'GET', path: `${MAPS}?fieldSelector=data.a=1`, code: 400, message: /^"data\.a" is not a known field selector: only "metadata\.name", "metadata\.namespace"$/ },
    { name: 'a label selector that cannot be read', method: 'GET', path: `${MAPS}?labelSelector=a%20b`, code: 400, message: /^unable to parse requirement/ },
    { name: 'a limit that is no number', method: 'GET', path: `${MAPS}?limit=x`, code: 400, message: /^strconv\.ParseInt: parsing "x": invalid syntax$/ },
    { name: 'a version match without a version', method: 'GET', path: `${MAPS}?resourceVersionMatch=Exact`, code: 422, message: /forbidden unless resourceVersion is provided/ },
    { name: 'a continue token of somebody else', method: 'GET', path: `${MAPS}?continue=garbage`, code: 400, message: /^continue key is not valid/ },
    { name: 'unknown fields, if asked to', method: 'POST', path: `${MAPS}?fieldValidation=Strict`, body: map('s', { spec: 1 }), code: 400, message: /strict decoding error: unknown field "spec"$/ },
    { name: 'duplicate fields, if asked to', method: 'POST', path: `${MAPS}?fieldValidation=Strict`, body: '{"metadata":{"name":"s","name":"t"}}', code: 400, message: /duplicate field "metadata\.name"/ },
    { name: 'a patch of an unknown type', method: 'PATCH', path: `${MAPS}/one`, body: {}, code: 415, message: /accepted media types include: application\/json-patch\+json/ },
    { name: 'deletion of a namespace of the system', method: 'DELETE', path: '/api/v1/namespaces/default', code: 403, message: /this namespace may not be deleted/ },
    { name: 'a body that is too large', method: 'POST', path: MAPS, body: 'x'.repeat(3 * 1024 * 1024 + 1), code: 413, message: /limit is 3145728/ },
  ]; // biome-ignore format: a table
  for (const { name, method, path, body, headers, code, message } of refused) {
    test(`refuses ${name}`, async () => {
      const answer = await server.call(method, path, body, headers);
      assert.equal(answer.json?.kind, 'Status', answer.text);
      assert.deepEqual(
        { code: answer.code, inBody: answer.json.code, status: answer.json.status },
        { code, inBody: code, status: 'Failure' },
      );
      assert.match(answer.json.message, message);
    });
  }

  test('generated names are drawn again until one is free', async () => {
    const names = new Set<string>();
    for (let i = 0; i < 20; i++) names.add((await server.call('POST', MAPS, { metadata: { generateName: 'g-' } })).json.metadata.name);
    assert.equal(names.size, 20);
    for (const name of names) assert.match(name, /^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test('an update without a change keeps the version', async () => {
    const { json } = await server.call('POST', MAPS, map('same', { data: { a: '1' } }));
    const updated = await server.call('PUT', `${MAPS}/same`, { ...json, data: { a: '1' } });
    assert.equal(updated.json.metadata.resourceVersion, json.metadata.resourceVersion);
    const changed = await server.call('PUT', `${MAPS}/same`, { ...json, data: { a: '2' } });
    assert.notEqual(changed.json.metadata.resourceVersion, json.metadata.resourceVersion);
    assert.equal(changed.json.metadata.uid, json.metadata.uid);
  });

  test('a dry run answers as if and writes nothing', async () => {
    const answer = await server.call('POST', `${MAPS}?dryRun=All`, map('dry'));
    assert.equal(answer.code, 201);
    assert.equal((await server.call('GET', `${MAPS}/dry`)).code, 404);
  });

  test('patches of one object side by side all arrive', async () => {
    await server.call('POST', MAPS, map('busy'));
    const type = { 'content-type': 'application/merge-patch+json' };
    const patches = Array.from({ length: 6 }, (_, i) => server.call('PATCH', `${MAPS}/busy`, { data: { [`k${i}`]: 'v' } }, type));
    assert.deepEqual(
      (await Promise.all(patches)).map(({ code }) => code),
      Array.from({ length: 6 }, () => 200),
    );
    assert.equal(Object.keys((await server.call('GET', `${MAPS}/busy`)).json.data).length, 6);
  });

  test('generation counts changes of the spec, and status has a door of its own', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const created = await server.call('POST', path, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
    assert.equal(created.json.metadata.generation, 1);
    const merge = { 'content-type': 'application/merge-patch+json' };
    const byStatus = await server.call('PATCH', `${path}/d/status`, { spec: { replicas: 9 }, status: { replicas: 3 } }, merge);
    assert.deepEqual([byStatus.json.spec.replicas, byStatus.json.status.replicas, byStatus.json.metadata.generation], [1, 3, 1]);
    const bySpec = await server.call('PATCH', `${path}/d`, { spec: { replicas: 2 }, status: { replicas: 7 } }, merge);
    assert.deepEqual([bySpec.json.spec.replicas, bySpec.json.status.replicas, bySpec.json.metadata.generation], [2, 3, 2]);
    const scaled = await server.call('PATCH', `${path}/d/scale`, { spec: { replicas: 4 } }, merge);
    assert.deepEqual([scaled.json.kind, scaled.json.spec.replicas, scaled.json.status], ['Scale', 4, { replicas: 3, selector: 'a=b' }]);
    assert.equal((await server.call('GET', `${path}/d`)).json.metadata.generation, 3);
  });

  test('YAML goes in and out', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "yes"\n';
    const created = await server.call('POST', MAPS, yaml, { 'content-type': 'application/yaml', accept: 'application/yaml' });
    assert.equal(created.code, 201, created.text);
    assert.match(created.text, /^apiVersion: v1\ndata:\n {2}a: "yes"\nkind: ConfigMap\n/);
  });

  test('tables and bare metadata are answered to those who ask', async () => {
    const table = await server.call('GET', `${MAPS}/one`, undefined, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    assert.deepEqual([table.json.kind, table.json.rows[0].cells[0]], ['Table', 'one']);
    const metadata = await server.call('GET', MAPS, undefined, {
      accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    });
    assert.equal(metadata.json.kind, 'PartialObjectMetadataList');
    assert.equal(metadata.json.items[0].data, undefined);
  });

  test('warnings become headers', async () => {
    const answer = await server.call('POST', MAPS, map('warned', { nonsense: 1 }));
    assert.equal(answer.code, 201);
    assert.equal(answer.headers.warning, '299 - "unknown field \\"nonsense\\""');
  });

  test('events of both groups are one resource', async () => {
    const event = {
      metadata: { name: 'e' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      note: 'n',
      reason: 'r',
      action: 'a',
      type: 'Normal',
      reportingController: 'example.com/c',
      reportingInstance: 'i',
      regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
    };
    const created = await server.call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', event);
    assert.equal(created.code, 201, created.text);
    const core = await server.call('GET', '/api/v1/namespaces/default/events/e');
    assert.deepEqual([core.json.apiVersion, core.json.message, core.json.involvedObject.name], ['v1', 'n', 'p']);
    assert.deepEqual((await server.call('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e')).json, created.json);
  });

  test('an autoscaler of v1 is one of v2', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
    const path = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
    const created = await server.call('POST', path, {
      metadata: { name: 'h' },
      spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    });
    assert.equal(created.code, 201, created.text);
    const v2 = await server.call('GET', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h');
    assert.deepEqual(v2.json.spec.metrics, [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
    assert.equal((await server.call('GET', `${path}/h`)).json.spec.targetCPUUtilizationPercentage, 70);
  });

  test('the cluster has what every cluster starts with', async () => {
    const names = (await server.call('GET', '/api/v1/namespaces')).json.items.map(
      (item: { metadata: { name: string } }) => item.metadata.name,
    );
    assert.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    const classes = await server.call('GET', '/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical');
    assert.equal(classes.json.value, 2000001000);
  });
});
