import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DataDir } from '../../../cluster/data-dir.ts';
import { certificates, type ProcessSpec, type TopologyOptions, topology } from '../../../cluster/topology.ts';

const record = {
  format: 1 as const,
  port: 6443,
  network: 18,
  nodes: [
    { name: 'node-1', index: 1 },
    { name: 'node-2', index: 2 },
  ],
  simulatedNodes: 0,
};
const options: TopologyOptions = {
  storage: 'level',
  runtime: 'auto',
  proxyMode: 'auto',
  components: [],
  extraArgs: {},
  insecureHttp: undefined,
  logLevel: 'info',
};
const dir = new DataDir('/tmp/k');
const find = (specs: ProcessSpec[], name: string): ProcessSpec => {
  const found = specs.find((spec) => spec.name === name);
  assert.ok(found !== undefined, name);
  return found;
};

describe('topology', () => {
  const cases: { name: string; record?: Partial<typeof record>; options?: Partial<TopologyOptions>; want: string[] }[] = [
    {
      name: 'a process a component, a kubelet a node, one proxy for the host',
      want: ['apiserver', 'controller-manager', 'scheduler', 'kubelet-node-1', 'kubelet-node-2', 'kube-proxy'],
    },
    {
      name: 'only the components that were asked for',
      options: { components: ['apiserver', 'scheduler'] },
      want: ['apiserver', 'scheduler'],
    },
    {
      name: 'one process for all simulated nodes',
      record: { nodes: [], simulatedNodes: 1000 },
      want: ['apiserver', 'controller-manager', 'scheduler', 'kubelet-simulated'],
    },
  ];
  for (const { name, record: changed, options: chosen, want } of cases)
    test(name, () =>
      assert.deepEqual(
        topology({ ...record, ...changed }, { ...options, ...chosen }, dir).map((spec) => spec.name),
        want,
      ),
    );

  test('the API server starts first and stops last', () => {
    const specs = topology(record, options, dir);
    assert.equal(Math.min(...specs.map(({ stage }) => stage)), find(specs, 'apiserver').stage);
    assert.ok(specs.filter(({ stage }) => stage === 0).length === 1);
  });
  test('each node has its own address, pods and identity', () => {
    const { args, identity } = find(topology(record, options, dir), 'kubelet-node-2');
    assert.deepEqual(
      args.filter((arg) => /node-ip|pod-cidr|node-name/.test(arg)),
      ['--node-name=node-2', '--node-ip=127.18.64.2', '--pod-cidr=127.18.130.0/24'],
    );
    assert.deepEqual(identity, { user: 'system:node:node-2', file: 'kubelet-node-2' });
  });
  test("a component's further flags come last, so that they win", () => {
    const { args } = find(topology(record, { ...options, extraArgs: { scheduler: ['--log-level=debug'] } }, dir), 'scheduler');
    assert.deepEqual(args.slice(-2), ['--log-level=info', '--log-level=debug']);
  });
  test('simulated nodes keep ordinary pods off while there are real nodes', () => {
    const tainted = (nodes: typeof record.nodes): boolean =>
      find(topology({ ...record, nodes, simulatedNodes: 5 }, options, dir), 'kubelet-simulated').args.includes(
        '--register-with-taints=kubernetus.dev/simulated=true:NoSchedule',
      );
    assert.deepEqual([tainted(record.nodes), tainted([])], [true, false]);
  });
  test('plain HTTP only when asked for', () => {
    const args = (insecureHttp: number | undefined): boolean =>
      find(topology(record, { ...options, insecureHttp }, dir), 'apiserver').args.includes('--insecure-http=8080');
    assert.deepEqual([args(undefined), args(8080)], [false, true]);
  });
});

describe('certificates', () => {
  test('every identity of the topology has one, nodes two', () => {
    const made = new Map(certificates(record, 'host').map((request) => [request.file, request]));
    for (const { identity } of topology(record, options, dir))
      if (identity !== undefined) assert.equal(made.get(identity.file)?.commonName, identity.user);
    assert.deepEqual(made.get('kubelet-node-1-server')?.serves, { dns: ['node-1', 'localhost'], ips: ['127.18.64.1', '127.0.0.1'] });
  });
  test('only administrators and the API server towards kubelets are masters', () => {
    const masters = certificates(record, 'host').filter(({ organizations }) => organizations?.includes('system:masters'));
    assert.deepEqual(
      masters.map(({ file }) => file),
      ['apiserver-kubelet-client', 'admin'],
    );
  });
});
