import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const spec = { containers: [{ name: 'c', image: 'i' }] };

describe('deletion in the API server', () => {
  let server: InProcessApiServer;
  before(async () => {
    server = await startApiServer();
  });
  after(() => server.stop());

  test('an object without finalizers is gone at once, and the answer says what it was', async () => {
    const { json } = await server.call('POST', MAPS, { metadata: { name: 'a' } });
    const wrong = await server.call('DELETE', `${MAPS}/a`, { kind: 'DeleteOptions', preconditions: { uid: 'other' } });
    assert.deepEqual([wrong.code, wrong.json.reason], [409, 'Conflict']);
    const deleted = await server.call('DELETE', `${MAPS}/a`, { kind: 'DeleteOptions', preconditions: { uid: json.metadata.uid } });
    assert.deepEqual(deleted.json, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: json.metadata.uid },
    });
    assert.equal((await server.call('DELETE', `${MAPS}/a`)).code, 404);
  });

  test('finalizers hold an object until the last one is taken away', async () => {
    await server.call('POST', MAPS, { metadata: { name: 'b', finalizers: ['example.com/x'] } });
    const marked = await server.call('DELETE', `${MAPS}/b`);
    assert.equal(marked.code, 200);
    assert.notEqual(marked.json.metadata.deletionTimestamp, undefined);
    assert.equal(marked.json.metadata.deletionGracePeriodSeconds, 0);
    const again = await server.call('POST', MAPS, { metadata: { name: 'b' } });
    assert.match(again.json.message, /^object is being deleted: configmaps "b" already exists$/);
    const more = await server.call('PATCH', `${MAPS}/b`, { metadata: { finalizers: ['example.com/x', 'example.com/y'] } }, MERGE);
    assert.equal(more.code, 422);
    const last = await server.call('PATCH', `${MAPS}/b`, { metadata: { finalizers: null } }, MERGE);
    assert.equal(last.code, 200);
    assert.equal((await server.call('GET', `${MAPS}/b`)).code, 404);
  });

  const policies = [
    { name: 'Foreground', finalizers: ['foregroundDeletion'] },
    { name: 'Orphan', finalizers: ['orphan'] },
  ];
  for (const { name, finalizers } of policies) {
    test(`the policy ${name} leaves the dependents to the garbage collector`, async () => {
      await server.call('POST', MAPS, { metadata: { name: name.toLowerCase() } });
      const marked = await server.call('DELETE', `${MAPS}/${name.toLowerCase()}?propagationPolicy=${name}`);
      assert.deepEqual(marked.json.metadata.finalizers, finalizers);
    });
  }

  test('a running pod has its grace, which can only become shorter', async () => {
    await server.call('POST', PODS, { metadata: { name: 'p' }, spec });
    await server.call('POST', `${PODS}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } });
    await server.call('PATCH', `${PODS}/p/status`, { status: { phase: 'Running' } }, MERGE);
    const first = await server.call('DELETE', `${PODS}/p`);
    assert.deepEqual([first.code, first.json.kind, first.json.metadata.deletionGracePeriodSeconds], [200, 'Pod', 30]);
    const shorter = await server.call('DELETE', `${PODS}/p?gracePeriodSeconds=5`);
    assert.equal(shorter.json.metadata.deletionGracePeriodSeconds, 5);
    const longer = await server.call('DELETE', `${PODS}/p?gracePeriodSeconds=60`);
    assert.equal(longer.json.metadata.deletionGracePeriodSeconds, 5);
    await server.call('DELETE', `${PODS}/p?gracePeriodSeconds=0`);
    assert.equal((await server.call('GET', `${PODS}/p`)).code, 404);
  });

  test('a pod that no node has goes at once', async () => {
    await server.call('POST', PODS, { metadata: { name: 'q' }, spec });
    await server.call('DELETE', `${PODS}/q`);
    assert.equal((await server.call('GET', `${PODS}/q`)).code, 404);
  });

  test('a collection goes by its selector', async () => {
    for (const name of ['c1', 'c2', 'c3'])
      await server.call('POST', MAPS, { metadata: { name, labels: { c: name === 'c3' ? 'no' : 'yes' } } });
    const deleted = await server.call('DELETE', `${MAPS}?labelSelector=c=yes`);
    assert.deepEqual(
      deleted.json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['c1', 'c2'],
    );
    const left = await server.call('GET', `${MAPS}?labelSelector=c`);
    assert.deepEqual(
      left.json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['c3'],
    );
  });

  test('a namespace is terminating until it is finalized, and takes nothing new', async () => {
    await server.call('POST', '/api/v1/namespaces', { metadata: { name: 'going' } });
    const marked = await server.call('DELETE', '/api/v1/namespaces/going');
    assert.deepEqual([marked.json.status.phase, marked.json.spec.finalizers], ['Terminating', ['kubernetes']]);
    const refused = await server.call('POST', '/api/v1/namespaces/going/configmaps', { metadata: { name: 'late' } });
    assert.equal(refused.code, 403);
    assert.equal(
      refused.json.message,
      'configmaps "late" is forbidden: unable to create new content in namespace going because it is being terminated',
    );
    assert.equal(refused.json.details.causes[0].reason, 'NamespaceTerminating');
    const finalized = await server.call('PUT', '/api/v1/namespaces/going/finalize', { ...marked.json, spec: { finalizers: [] } });
    assert.equal(finalized.code, 200, finalized.text);
    assert.equal((await server.call('GET', '/api/v1/namespaces/going')).code, 404);
  });

  test('an eviction asks the disruption budget', async () => {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    await server.call('POST', PODS, { metadata: { name: 'e', labels: { e: '' } }, spec });
    await server.call(
      'PATCH',
      `${PODS}/e/status`,
      { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      MERGE,
    );
    const budget = await server.call('POST', budgets, {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { e: '' } } },
    });
    assert.equal(budget.code, 201, budget.text);
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'e' } };
    const status = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
    await server.call('PATCH', `${budgets}/b/status`, { status }, MERGE);
    const refused = await server.call('POST', `${PODS}/e/eviction`, eviction);
    assert.deepEqual(
      [refused.code, refused.json.details.causes[0].message],
      [429, 'The disruption budget b needs 1 healthy pods and has 1 currently'],
    );
    await server.call('PATCH', `${budgets}/b/status`, { status: { disruptionsAllowed: 1 } }, MERGE);
    const evicted = await server.call('POST', `${PODS}/e/eviction`, eviction);
    assert.deepEqual([evicted.code, evicted.json.status], [201, 'Success']);
    assert.equal((await server.call('GET', `${budgets}/b`)).json.status.disruptionsAllowed, 0);
    assert.equal((await server.call('GET', `${PODS}/e`)).code, 404);
  });
});
