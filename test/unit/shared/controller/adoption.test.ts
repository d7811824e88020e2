import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import { claimObjects, claimVerdict } from '../../../../shared/controller/adoption.ts';
import { MemoryClient } from '../client/memory-client.ts';

type Metadata = KubeObject['metadata'];
const meta = (more: Partial<Metadata> = {}): Metadata => ({
  name: 'a',
  namespace: 'd',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '',
  ...more,
});
const ownedBy = (uid: string) => [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid, controller: true }];
const controller = meta({ name: 'rs', uid: 'rs-uid' });
const web = { app: 'web' };
const matches = (labels: Readonly<Record<string, string>>): boolean => labels.app === 'web';

describe('claimVerdict', () => {
  const cases: { name: string; object: Partial<Metadata>; deleting?: boolean; want: string }[] = [
    { name: 'keeps its own', object: { labels: web, ownerReferences: ownedBy('rs-uid') }, want: 'keep' },
    { name: 'releases its own that matches no longer', object: { ownerReferences: ownedBy('rs-uid') }, want: 'release' },
    { name: 'releases nothing while it is deleted', object: { ownerReferences: ownedBy('rs-uid') }, deleting: true, want: 'ignore' },
    { name: "leaves another's alone", object: { labels: web, ownerReferences: ownedBy('other') }, want: 'ignore' },
    { name: 'adopts a matching orphan', object: { labels: web }, want: 'adopt' },
    { name: 'leaves other orphans alone', object: {}, want: 'ignore' },
    { name: 'adopts nothing that is deleted', object: { labels: web, deletionTimestamp: 'now' }, want: 'ignore' },
    { name: 'adopts nothing while it is deleted', object: { labels: web }, deleting: true, want: 'ignore' },
    { name: 'adopts nothing of another namespace', object: { labels: web, namespace: 'e' }, want: 'ignore' },
  ];
  for (const { name, object, deleting = false, want } of cases) {
    test(name, () =>
      assert.equal(claimVerdict(meta(object), deleting ? { ...controller, deletionTimestamp: 'now' } : controller, matches), want),
    );
  }
});

describe('claimObjects', () => {
  async function claim(fresh: Metadata) {
    const server = new MemoryClient();
    const pods = [
      { metadata: meta({ name: 'orphan', labels: web }) },
      { metadata: meta({ name: 'mine', labels: web, ownerReferences: ownedBy('rs-uid') }) },
      { metadata: meta({ name: 'strayed', ownerReferences: ownedBy('rs-uid') }) },
    ];
    for (const one of pods) server.put('pods', one);
    pods.push({ metadata: meta({ name: 'gone', labels: web }) });
    const options = {
      client: server.client(),
      resource: 'pods' as const,
      objects: pods as never[],
      controller: { metadata: controller },
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      matches,
    };
    const claimed = await claimObjects({ ...options, readFresh: async () => ({ metadata: fresh }) }, new AbortController().signal).catch(
      (error: Error) => error.message,
    );
    return { claimed: typeof claimed === 'string' ? claimed : claimed.map(({ metadata }) => metadata.name), calls: server.calls };
  }

  test('adopts, keeps and releases', async () => {
    assert.deepEqual(await claim(controller), {
      claimed: ['orphan', 'mine'],
      calls: ['patch pods d/orphan', 'patch pods d/strayed', 'patch pods d/gone'],
    });
  });
  test('adopts nothing for a controller that was made again under its name', async () => {
    const { claimed, calls } = await claim({ ...controller, uid: 'new' });
    assert.deepEqual([claimed, calls], ['original d/rs is gone: got uid new, wanted rs-uid', ['patch pods d/strayed']]);
  });
});
