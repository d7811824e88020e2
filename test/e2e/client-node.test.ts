import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AppsV1Api, CoreV1Api, KubeConfig, makeInformer, type V1Pod, Watch } from '@kubernetes/client-node';
import { eventually } from '../support/eventually.ts';
import { type RealCluster, startCluster } from '../support/real-cluster.ts';

describe('@kubernetes/client-node', () => {
  let cluster: RealCluster;
  let config: KubeConfig;
  before(async () => {
    cluster = await startCluster();
    config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
  });
  after(async () => {
    await cluster.destroy();
  });

  test('creates, reads, patches, lists and deletes', async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'c' }, data: { a: '1' } } });
    const read = await core.readNamespacedConfigMap({ namespace: 'default', name: 'c' });
    await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'c', body: { ...read, data: { a: '2' } } });
    const stale = core.replaceNamespacedConfigMap({ namespace: 'default', name: 'c', body: { ...read, data: { a: '3' } } });
    await assert.rejects(stale, { code: 409 });
    const { items } = await core.listNamespacedConfigMap({ namespace: 'default', fieldSelector: 'metadata.name=c' });
    assert.deepEqual(
      items.map(({ data }) => data),
      [{ a: '2' }],
    );
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'c' });
    await assert.rejects(core.readNamespacedConfigMap({ namespace: 'default', name: 'c' }), { code: 404 });
  });

  test('watches and informs', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const apps = config.makeApiClient(AppsV1Api);
    const seen: string[] = [];
    const controller = await new Watch(config).watch(
      '/api/v1/namespaces/default/pods',
      {},
      (type: string, pod: V1Pod) => seen.push(`${type} ${pod.status?.phase}`),
      () => undefined,
    );
    const informer = makeInformer(config, '/api/v1/namespaces/default/pods', () => core.listNamespacedPod({ namespace: 'default' }));
    const running = new Set<string>();
    informer.on('update', (pod) => {
      if (pod.status?.phase === 'Running') running.add(pod.metadata?.name ?? '');
    });
    await informer.start();
    const labels = { app: 'sleep' };
    await apps.createNamespacedDeployment({
      namespace: 'default',
      body: {
        metadata: { name: 'sleep' },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'sleep', command: ['sleep', '3600'] }] },
          },
        },
      },
    });
    await eventually(async () => assert.equal(running.size, 2), { withinMs: 30_000 });
    await eventually(async () => assert.ok(seen.includes('ADDED Pending') && seen.includes('MODIFIED Running')), { withinMs: 10_000 });
    await informer.stop();
    controller.abort();
  });
});
