import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const template = { metadata: { labels: { a: 'b' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };

describe('what the API server makes of writes', () => {
  let server: InProcessApiServer;
  before(async () => {
    server = await startApiServer();
  });
  after(() => server.stop());

  test('a job selects its pods by its own uid', async () => {
    const { json } = await server.call('POST', '/apis/batch/v1/namespaces/default/jobs', { metadata: { name: 'j' }, spec: { template } });
    const { uid } = json.metadata;
    assert.match(uid, /^[0-9a-f-]{36}$/);
    assert.deepEqual(json.spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
    assert.deepEqual(json.spec.template.metadata.labels, {
      a: 'b',
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': 'j',
      'controller-uid': uid,
      'job-name': 'j',
    });
  });

  test('fields stand in the order of the schema, also those that were defaulted', async () => {
    const { json } = await server.call('POST', '/api/v1/namespaces/default/pods', {
      spec: template.spec,
      metadata: { name: 'ordered', labels: { z: '', a: '' } },
    });
    assert.deepEqual(Object.keys(json), ['kind', 'apiVersion', 'metadata', 'spec', 'status']);
    assert.deepEqual(Object.keys(json.metadata.labels), ['a', 'z']);
    assert.deepEqual(Object.keys(json.spec), [
      'containers', 'restartPolicy', 'terminationGracePeriodSeconds', 'dnsPolicy', 'securityContext', 'schedulerName', 'tolerations',
      'priority', 'enableServiceLinks', 'preemptionPolicy',
    ]); // biome-ignore format: one list
  });

  test('a resourceVersion is not for new objects', async () => {
    const body = { metadata: { name: 'versioned', resourceVersion: '7' } };
    const { json } = await server.call('POST', '/api/v1/namespaces/default/configmaps', body);
    assert.deepEqual([json.code, json.message], [500, 'resourceVersion should not be set on objects to be created']);
  });

  const deployment = {
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: { a: 'b' } }, template: { ...template, spec: { containers: template.spec.containers } } },
  };
  const slice = { metadata: { name: 'd' }, addressType: 'IPv4', endpoints: [], ports: [] };
  const hooks = { metadata: { name: 'd' }, webhooks: [] };
  const generations: { name: string; path: string; object: object; patch: object; want: number | undefined }[] = [
    { name: 'the spec of a deployment', path: '/apis/apps/v1/namespaces/default/deployments', object: deployment, patch: { spec: { replicas: 3 } }, want: 2 },
    { name: 'the annotations of a deployment', path: '/apis/apps/v1/namespaces/default/deployments', object: deployment, patch: { metadata: { annotations: { x: 'y' } } }, want: 2 },
    { name: 'the labels of a deployment', path: '/apis/apps/v1/namespaces/default/deployments', object: deployment, patch: { metadata: { labels: { x: 'y' } } }, want: 1 },
    { name: 'the annotations of a replica set', path: '/apis/apps/v1/namespaces/default/replicasets', object: deployment, patch: { metadata: { annotations: { x: 'y' } } }, want: 1 },
    { name: 'the labels of an endpoint slice', path: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', object: slice, patch: { metadata: { labels: { x: 'y' } } }, want: 2 },
    { name: 'the annotations of an endpoint slice', path: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', object: slice, patch: { metadata: { annotations: { x: 'y' } } }, want: 1 },
    { name: 'the labels of a webhook configuration', path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', object: hooks, patch: { metadata: { labels: { x: 'y' } } }, want: 1 },
    { name: 'the data of a config map', path: '/api/v1/namespaces/default/configmaps', object: { metadata: { name: 'd' } }, patch: { data: { x: 'y' } }, want: undefined },
  ]; // biome-ignore format: a table
  for (const { name, path, object, patch, want } of generations) {
    test(`the generation after a change of ${name} is ${want}`, async () => {
      assert.equal((await server.call('POST', path, object)).code, 201);
      const changed = await server.call('PATCH', `${path}/d`, patch, MERGE);
      await server.call('DELETE', `${path}/d`);
      assert.equal(changed.json.metadata.generation, want, changed.text);
    });
  }

  const badPatches: { name: string; type: string; patch: object | string; message: string }[] = [
    { name: 'an unknown field', type: 'merge-patch', patch: { data: { a: '1' }, foo: 1 }, message: 'Invalid value: "{\\"kind\\":\\"ConfigMap\\",' },
    { name: 'a wrong type', type: 'json-patch', patch: [{ op: 'add', path: '/data', value: 5 }], message: 'json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string' },
    { name: 'an unknown field in a strategic patch', type: 'strategic-merge-patch', patch: { foo: [1, 'x', null], data: { a: '1' } }, message: 'Invalid value: "map[data:map[a:1] foo:[1 x <nil>]]": strict decoding error: unknown field "foo"' },
    { name: 'a field that is given twice', type: 'merge-patch', patch: '{"data":{"q":"1","q":"2"}}', message: 'strict decoding error: duplicate field "data.q"' },
  ]; // biome-ignore format: a table
  for (const { name, type, patch, message } of badPatches) {
    test(`a patch with ${name} is invalid`, async () => {
      const path = '/api/v1/namespaces/default/configmaps';
      await server.call('POST', path, { metadata: { name: 'patched' } });
      const headers = { 'content-type': `application/${type}+json` };
      const { json } = await server.call('PATCH', `${path}/patched?fieldValidation=Strict`, patch, headers);
      assert.deepEqual([json.code, json.reason, Object.keys(json.details)], [422, 'Invalid', ['causes']], json.message);
      assert.ok(json.message.startsWith(' "" is invalid: patch: Invalid value: '), json.message);
      assert.ok(json.message.includes(message), json.message);
    });
  }

  test('requests and stored objects are counted', async () => {
    await server.call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'counted' } });
    const { text } = await server.call('GET', '/metrics');
    for (const line of [
      /^apiserver_request_total\{verb="CREATE",group="",version="v1",resource="configmaps",subresource="",scope="namespace",code="201"\} \d+$/m,
      /^apiserver_request_duration_seconds_bucket\{verb="CREATE",group="",version="v1",resource="configmaps",.*le="60"\} \d+$/m,
      /^apiserver_current_inflight_requests\{request_kind="mutating"\} 0$/m,
      /^apiserver_resource_objects\{group="",resource="namespaces"\} 4$/m,
      /^etcd_request_duration_seconds_count\{operation="create",type="configmaps"\} \d+$/m,
    ])
      assert.match(text, line);
  });

  test('events look alike in both groups, in the order of their fields', async () => {
    const event = {
      metadata: { name: 'both' }, regarding: { kind: 'Pod', name: 'x', namespace: 'default' }, note: 'hi', reason: 'R', type: 'Normal', action: 'a',
      eventTime: '2026-01-01T00:00:00.000001Z', reportingController: 'a.b/c', reportingInstance: 'i',
    }; // biome-ignore format: one event
    const created = await server.call('POST', '/apis/events.k8s.io/v1/namespaces/default/events', event);
    assert.deepEqual(Object.keys(created.json).slice(0, 5), ['kind', 'apiVersion', 'metadata', 'eventTime', 'reportingController']);
    assert.deepEqual(Object.keys(created.json.metadata), [
      'name',
      'namespace',
      'uid',
      'resourceVersion',
      'creationTimestamp',
      'managedFields',
    ]);
    const core = await server.call('GET', '/api/v1/namespaces/default/events/both');
    assert.deepEqual(Object.keys(core.json).slice(0, 6), ['kind', 'apiVersion', 'metadata', 'involvedObject', 'reason', 'message']);
  });

  test('a scale is of the object that it is sent to', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments';
    await server.call('POST', path, { ...deployment, metadata: { name: 'scaled' } });
    const { json } = await server.call('PUT', `${path}/scaled/scale`, { metadata: { name: 'other' }, spec: { replicas: 3 } });
    assert.deepEqual([json.code, json.message], [400, 'the name of the object (other) does not match the name on the URL (scaled)']);
    assert.equal((await server.call('PUT', `${path}/scaled/scale`, { spec: { replicas: 3 } })).json.spec.replicas, 3);
  });

  test('many writers of one object all get their turn', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    await server.call('POST', path, { metadata: { name: 'busy' } });
    const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
    const codes = await Promise.all(
      names.map(async (name) => (await server.call('PATCH', `${path}/busy`, { data: { [name]: '' } }, MERGE)).code),
    );
    assert.deepEqual(new Set(codes), new Set([200]));
    assert.deepEqual(Object.keys((await server.call('GET', `${path}/busy`)).json.data), [...names].sort());
    const put = { metadata: { name: 'busy' }, data: {} };
    const puts = await Promise.all(names.map(async () => (await server.call('PUT', `${path}/busy`, put)).code));
    assert.deepEqual(new Set(puts), new Set([200]));
  });

  test('creates at the same moment do not exceed a quota together', async () => {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'small' } });
    const quota = { metadata: { name: 'q' }, spec: { hard: { configmaps: '3', pods: '1' } } };
    await server.call('POST', '/api/v1/namespaces/small/resourcequotas', quota);
    const create = (n: number): Promise<number> =>
      server.call('POST', '/api/v1/namespaces/small/configmaps', { metadata: { name: `m${n}` } }).then(({ code }) => code);
    const codes = await Promise.all(Array.from({ length: 8 }, (_, n) => create(n)));
    assert.deepEqual(codes.sort(), [201, 201, 201, 403, 403, 403, 403, 403]);
    const refused = await server.call('POST', '/api/v1/namespaces/small/configmaps', { metadata: { name: 'more' } });
    assert.equal(
      refused.json.message,
      'configmaps "more" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=3, limited: configmaps=3',
    );
  });
});
