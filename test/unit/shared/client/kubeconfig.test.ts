import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadInClusterConfig, loadKubeconfig } from '../../../../shared/client/kubeconfig.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  await writeFile(join(folder, 'ca.crt'), 'CA');
  await writeFile(join(folder, 'token'), 'T');
});
after(() => rm(folder, { recursive: true }));

const YAML = `
apiVersion: v1
kind: Config
current-context: admin
clusters:
- name: c
  cluster: {server: "https://127.0.0.1:6443", certificate-authority: ca.crt}
- name: open
  cluster: {server: "http://localhost:8080"}
users:
- name: admin
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}
- name: pod
  user: {tokenFile: token, token: ignored}
contexts:
- name: admin
  context: {cluster: c, user: admin, namespace: demo}
- name: pod
  context: {cluster: c, user: pod}
- name: open
  context: {cluster: open}
- name: lost
  context: {cluster: nowhere}
`;

async function load(text: string, context?: string): Promise<unknown> {
  const path = join(folder, 'config');
  await writeFile(path, text);
  return loadKubeconfig(path, context === undefined ? {} : { context });
}

describe('loadKubeconfig', () => {
  test('reads certificates as data and files', async () => {
    assert.deepEqual(await load(YAML), { server: 'https://127.0.0.1:6443', ca: 'CA', cert: 'CERT', key: 'KEY', namespace: 'demo' });
  });
  test('takes the context it is told; a token file goes before a token', async () => {
    assert.deepEqual(await load(YAML, 'pod'), { server: 'https://127.0.0.1:6443', ca: 'CA', tokenFile: join(folder, 'token') });
    assert.deepEqual(await load(YAML, 'open'), { server: 'http://localhost:8080' });
  });
  test('reads JSON', async () => {
    const json = {
      'current-context': 'a',
      clusters: [{ name: 'c', cluster: { server: 'http://x' } }],
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { token: 't' } }],
    };
    assert.deepEqual(await load(JSON.stringify(json)), { server: 'http://x', token: 't' });
  });
  const wrong = [
    { name: 'names an unknown context', text: YAML, context: 'x', want: /has no context "x"$/ },
    { name: 'names a cluster without server', text: YAML, context: 'lost', want: /has no server for cluster "nowhere"$/ },
    { name: 'says that no context is chosen', text: '{}', want: /has no current-context$/ },
    { name: 'says that it is no YAML', text: 'a: [', want: /is not valid YAML or JSON/ },
    { name: 'says that a file in it is missing', text: YAML.replace('ca.crt', 'no.crt'), want: /names a file that cannot be read: ENOENT/ },
  ];
  for (const { name, text, context, want } of wrong) test(name, () => assert.rejects(load(text, context), want));
  test('says that the file is missing', () =>
    assert.rejects(loadKubeconfig('/nowhere/config'), /^Error: kubeconfig "\/nowhere\/config" cannot be read: ENOENT/));
});

test('loadInClusterConfig reads the mounted service account', async () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  assert.deepEqual(await loadInClusterConfig(env, folder), {
    server: 'https://[fd00::1]:443',
    ca: 'CA',
    tokenFile: `${folder}/token`,
    namespace: 'default',
  });
  await assert.rejects(loadInClusterConfig({}, folder), /not in a cluster/);
});
