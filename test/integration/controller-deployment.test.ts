import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { templateHash } from '../../controller-manager/deployment/template-hash.ts';
import type { Deployment, DeploymentSpec } from '../../shared/api/generated/apps-v1.ts';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';
import { makePodsReady } from '../support/stand-in-kubelet.ts';

/** For waits that take many rounds on a busy machine. */
const PATIENT = { withinMs: 30_000 };
const REVISION = 'deployment.kubernetes.io/revision';

describe('deployment-controller', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  before(async () => {
    api = await startApiServer();
    controllers = await startControllers(api.clientConfig, ['deployment-controller', 'replicaset-controller']);
  });
  after(async () => {
    await controllers.stop();
    await api.stop();
  });

  const create = async (name: string, spec: Partial<DeploymentSpec> = {}): Promise<Deployment> =>
    api.client.create('deployments', {
      metadata: { name, namespace: 'default' },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
        ...spec,
      } as DeploymentSpec,
    });
  const get = (name: string): Promise<Deployment> => api.client.get('deployments', `default/${name}`);
  const sets = async (name: string) => (await api.client.list('replicasets', { namespace: 'default', labelSelector: `app=${name}` })).items;
  const reason = ({ status }: Deployment, type: string): string | undefined =>
    status.conditions?.find((condition) => condition.type === type)?.reason;
  const setImage = (name: string, image: string): Promise<unknown> =>
    api.client.patch(
      'deployments',
      `default/${name}`,
      { spec: { template: { spec: { containers: [{ name: 'main', image }] } } } },
      { type: 'strategic' },
    );
  const complete = (name: string): Promise<void> =>
    eventually(async () => {
      await makePodsReady(api.client, 'default');
      const { metadata, spec, status } = await get(name);
      assert.equal(status.observedGeneration, metadata.generation);
      assert.deepEqual([status.updatedReplicas, status.availableReplicas, status.replicas], [spec.replicas, spec.replicas, spec.replicas]);
      assert.equal(reason({ metadata, spec, status }, 'Progressing'), 'NewReplicaSetAvailable');
    }, PATIENT);

  test('brings up the replicas and reports them', async () => {
    await create('up');
    await complete('up');
    const deployment = await get('up');
    assert.equal(deployment.metadata.annotations?.[REVISION], '1');
    assert.equal(reason(deployment, 'Available'), 'MinimumReplicasAvailable');
    const [set] = await sets('up');
    assert.match(set?.metadata.name ?? '', /^up-[a-z0-9]+$/);
    await eventually(async () => {
      const { items } = await api.client.list('events', { namespace: 'default' });
      assert.ok(items.some(({ message }) => message === `Scaled up replica set ${set?.metadata.name} from 0 to 3`));
      assert.equal(
        items.filter(({ reason: why, involvedObject }) => why === 'SuccessfulCreate' && involvedObject.name === set?.metadata.name).length,
        3,
      );
    });
  });

  test('rolls to a new template within its limits, and back', async () => {
    await create('roll', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    await complete('roll');
    await setImage('roll', 'web:2');
    const broken: string[] = [];
    await eventually(async () => {
      const pods = (await api.client.list('pods', { namespace: 'default', labelSelector: 'app=roll' })).items;
      const ready = pods.filter(({ status }) => status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'));
      if (pods.length > 4 || ready.length < 3) broken.push(`${ready.length} of ${pods.length} ready`);
      await makePodsReady(api.client, 'default');
      assert.equal((await get('roll')).status.updatedReplicas, 3);
    }, PATIENT);
    assert.deepEqual(broken, []);
    await complete('roll');
    assert.equal((await get('roll')).metadata.annotations?.[REVISION], '2');
    assert.deepEqual((await sets('roll')).map(({ spec }) => spec.replicas).sort(), [0, 3]);
    await setImage('roll', 'web:1');
    await eventually(async () => assert.equal((await get('roll')).metadata.annotations?.[REVISION], '3'));
    await complete('roll');
    const history = (await sets('roll')).map(({ metadata }) => [
      metadata.annotations?.[REVISION],
      metadata.annotations?.['deployment.kubernetes.io/revision-history'],
    ]);
    assert.deepEqual(history.sort(), [
      ['2', undefined],
      ['3', '1'],
    ]);
  });

  test('recreates: no old and new pods at the same time', async () => {
    await create('again', { strategy: { type: 'Recreate' } });
    await complete('again');
    await setImage('again', 'web:2');
    await complete('again');
    const images = (await api.client.list('pods', { namespace: 'default', labelSelector: 'app=again' })).items.map(
      ({ spec }) => spec.containers[0]?.image,
    );
    assert.deepEqual(images, ['web:2', 'web:2', 'web:2']);
  });

  test('scales, also while paused, and says that it is paused', async () => {
    await create('size');
    await complete('size');
    await api.client.patch('deployments', 'default/size', { spec: { replicas: 5, paused: true } }, { type: 'merge' });
    await setImage('size', 'web:2');
    await eventually(async () => {
      const deployment = await get('size');
      assert.equal(reason(deployment, 'Progressing'), 'DeploymentPaused');
      assert.deepEqual(
        (await sets('size')).map(({ spec }) => spec.replicas),
        [5],
      );
    });
    await api.client.patch('deployments', 'default/size', { spec: { paused: false } }, { type: 'merge' });
    await complete('size');
    assert.equal((await sets('size')).length, 2);
  });

  test('keeps no more old sets than revisionHistoryLimit', async () => {
    await create('history', { revisionHistoryLimit: 1 });
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await complete('history');
      await setImage('history', image);
      await eventually(async () =>
        assert.ok((await sets('history')).some(({ spec }) => spec.template.spec.containers[0]?.image === image)),
      );
    }
    await complete('history');
    await eventually(async () => {
      const revisions = (await sets('history')).map(({ metadata }) => metadata.annotations?.[REVISION]);
      assert.deepEqual(revisions.sort(), ['3', '4']);
    });
  });

  test('counts a collision when a set of another owner has the name', async () => {
    await create('clash', { paused: true });
    await eventually(async () => assert.equal((await get('clash')).status.observedGeneration, 1));
    const { spec } = await get('clash');
    const template = { metadata: { labels: { app: 'stranger' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
    const metadata = { name: `clash-${templateHash(spec.template, undefined)}`, namespace: 'default' };
    await api.client.create('replicasets', { metadata, spec: { replicas: 0, selector: { matchLabels: { app: 'stranger' } }, template } });
    await api.client.patch('deployments', 'default/clash', { spec: { paused: false } }, { type: 'merge' });
    await complete('clash');
    assert.equal((await get('clash')).status.collisionCount, 1);
  });
});
