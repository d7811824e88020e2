import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { parse } from 'yaml';
import { type ContainerCluster, writeCredentials } from '../../../../cluster/compose/credentials.ts';

const DAY_MS = 24 * 3600 * 1000;
const NOW = Date.parse('2030-01-01T00:00:00Z');
const CLUSTER: ContainerCluster = {
  server: 'https://apiserver:6443',
  publicServer: 'https://127.0.0.1:7443',
  apiserverAddresses: ['10.77.0.10', '10.96.0.1'],
  nodes: [{ name: 'node-1', ip: '10.77.0.11' }],
};

describe('writeCredentials', () => {
  let root = '';
  const text = (file: string): string => readFileSync(join(root, file), 'utf8');
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kubernetus-'));
    for (const folder of ['authority', 'apiserver', 'controller-manager', 'scheduler', 'node-1']) mkdirSync(join(root, folder));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('gives each container what it needs and no more, readable by its owner only', async () => {
    await writeCredentials(root, CLUSTER, NOW);
    const given = Object.fromEntries(
      ['apiserver', 'authority/admin', 'controller-manager', 'node-1', 'scheduler'].map((name) => [
        name,
        readdirSync(join(root, name)).sort(),
      ]),
    );
    assert.deepEqual(given, {
      apiserver: [
        'apiserver-kubelet-client.crt',
        'apiserver-kubelet-client.key',
        'apiserver.crt',
        'apiserver.key',
        'ca.crt',
        'sa.key',
        'sa.pub',
        'tokens.csv',
      ],
      'authority/admin': ['ca.crt', 'kubeconfig', 'token'],
      'controller-manager': ['ca.crt', 'kubeconfig'],
      'node-1': ['ca.crt', 'kube-proxy.kubeconfig', 'kubelet.kubeconfig', 'node-1-server.crt', 'node-1-server.key'],
      scheduler: ['kubeconfig'],
    });
    const open = Object.entries(given).flatMap(([folder, files]) =>
      files.map((file) => join(folder, file)).filter((file) => (statSync(join(root, file)).mode & 0o077) !== 0),
    );
    assert.deepEqual(
      open.filter((file) => !/\.(crt|pub)$/.test(file)),
      [],
    );
    assert.equal(serverOf(text('node-1/kubelet.kubeconfig')), 'https://apiserver:6443');
    assert.equal(serverOf(text('authority/admin/kubeconfig')), 'https://127.0.0.1:7443');
  });

  const cases = [
    { name: 'keeps certificates that last', later: 200 * DAY_MS, cluster: CLUSTER, server: 'kept', kubelet: 'kept' },
    { name: 'renews certificates in their last month', later: 340 * DAY_MS, cluster: CLUSTER, server: 'renewed', kubelet: 'renewed' },
    {
      name: 'renews the certificate of a server whose address changed',
      later: DAY_MS,
      cluster: { ...CLUSTER, nodes: [{ name: 'node-1', ip: '10.78.0.11' }] },
      server: 'kept',
      kubelet: 'renewed',
    },
  ];
  for (const { name, later, cluster, server, kubelet } of cases)
    test(name, async () => {
      await writeCredentials(root, CLUSTER, NOW);
      const [ca, before] = [
        text('apiserver/ca.crt'),
        { server: text('apiserver/apiserver.crt'), kubelet: text('node-1/node-1-server.crt') },
      ];
      await writeCredentials(root, cluster, NOW + later);
      const state = (old: string, file: string): string => (text(file) === old ? 'kept' : 'renewed');
      assert.equal(text('apiserver/ca.crt'), ca);
      assert.equal(state(before.server, 'apiserver/apiserver.crt'), server);
      assert.equal(state(before.kubelet, 'node-1/node-1-server.crt'), kubelet);
      const certificate = new X509Certificate(text('node-1/node-1-server.crt'));
      assert.equal(certificate.verify(new X509Certificate(ca).publicKey), true);
      assert.equal(certificate.checkIP(cluster.nodes[0]?.ip ?? ''), cluster.nodes[0]?.ip);
    });
});

function serverOf(kubeconfig: string): string | undefined {
  return (parse(kubeconfig) as { clusters: { cluster: { server: string } }[] }).clusters[0]?.cluster.server;
}
