import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';
import { type RunningControllers, startControllers } from '../support/run-controllers.ts';

describe('serviceaccount-controller and root-ca-certificate-publisher-controller', () => {
  let api: InProcessApiServer;
  let controllers: RunningControllers;
  before(async () => {
    api = await startApiServer();
    controllers = await startControllers(api.clientConfig, ['serviceaccount-controller', 'root-ca-certificate-publisher-controller']);
  });
  after(async () => {
    await controllers.stop();
    await api.stop();
  });

  const account = (namespace: string) => api.client.get('serviceaccounts', `${namespace}/default`);
  const rootCa = async (namespace: string) => (await api.client.get('configmaps', `${namespace}/kube-root-ca.crt`)).data;

  test('give every namespace, old and new, an account and the certificate authority', async () => {
    await api.client.create('namespaces', { metadata: { name: 'team' } });
    for (const namespace of ['default', 'kube-system', 'team']) {
      await eventually(() => account(namespace));
      await eventually(async () => assert.deepEqual(await rootCa(namespace), { 'ca.crt': 'PEM of the root' }));
    }
  });

  test('bring back what was deleted or changed', async () => {
    const { uid } = (await account('default')).metadata;
    await api.client.delete('serviceaccounts', 'default/default');
    await eventually(async () => assert.notEqual((await account('default')).metadata.uid, uid));
    await api.client.patch('configmaps', 'default/kube-root-ca.crt', { data: { 'ca.crt': 'forged', more: 'x' } }, { type: 'merge' });
    await eventually(async () => assert.deepEqual(await rootCa('default'), { 'ca.crt': 'PEM of the root' }));
  });
});
