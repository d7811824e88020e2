import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FITS, unschedulable, type Verdict } from '../../../../scheduler/framework/verdict.ts';
import { NodeAffinity, termMatches } from '../../../../scheduler/plugins/node-affinity.ts';
import { NodeName } from '../../../../scheduler/plugins/node-name.ts';
import { NodePorts } from '../../../../scheduler/plugins/node-ports.ts';
import { NodeResourcesBalancedAllocation } from '../../../../scheduler/plugins/node-resources-balanced-allocation.ts';
import { NodeResourcesFit } from '../../../../scheduler/plugins/node-resources-fit.ts';
import { NodeUnschedulable } from '../../../../scheduler/plugins/node-unschedulable.ts';
import { TaintToleration, tolerates } from '../../../../scheduler/plugins/taint-toleration.ts';
import { node, pod } from '../builders.ts';

interface Case {
  name: string;
  verdict: () => Verdict;
  want: Verdict;
}

const run = (title: string, cases: readonly Case[]) =>
  void describe(title, () => {
    for (const { name, verdict, want } of cases) test(name, () => assert.deepEqual(verdict(), want));
  });

const fit = new NodeResourcesFit();
const hostPort = (port: number, hostIP?: string) =>
  pod(`h${port}`, {
    spec: {
      containers: [
        { name: 'c', image: 'i', resources: {}, ports: [{ containerPort: port, hostPort: port, ...(hostIP ? { hostIP } : {}) }] },
      ],
    },
  });

run('NodeResourcesFit.filter', [
  {
    name: 'takes a pod that exactly fills the node',
    verdict: () =>
      fit.filter(pod('p', { requests: { cpu: '1', memory: '8Gi' } }), node('n', { pods: [pod('q', { requests: { cpu: '3' } })] })),
    want: FITS,
  },
  {
    name: 'says which resource is short',
    verdict: () =>
      fit.filter(pod('p', { requests: { cpu: '2', memory: '1Gi' } }), node('n', { pods: [pod('q', { requests: { cpu: '3' } })] })),
    want: unschedulable(['Insufficient cpu'], { resolvable: true }),
  },
  {
    name: 'names all that is short',
    verdict: () => fit.filter(pod('p', { requests: { cpu: '5', memory: '9Gi' } }), node('n')),
    want: unschedulable(['Insufficient cpu', 'Insufficient memory'], { resolvable: false }),
  },
  {
    name: 'rules out evictions where even an empty node is too small',
    verdict: () => fit.filter(pod('p', { requests: { cpu: '4001m' } }), node('n')),
    want: unschedulable(['Insufficient cpu'], { resolvable: false }),
  },
  {
    name: 'counts pods',
    verdict: () => fit.filter(pod('p'), node('n', { allocatable: { cpu: '1', memory: '1Gi', pods: '1' }, pods: [pod('q')] })),
    want: unschedulable(['Too many pods'], { resolvable: true }),
  },
  {
    name: 'takes a pod without requests on a full node',
    verdict: () => fit.filter(pod('p'), node('n', { pods: [pod('q', { requests: { cpu: '4', memory: '8Gi' } })] })),
    want: FITS,
  },
  {
    name: 'knows extended resources',
    verdict: () => fit.filter(pod('p', { requests: { 'example.com/gpu': '1' } }), node('n')),
    want: unschedulable(['Insufficient example.com/gpu'], { resolvable: false }),
  },
  {
    name: 'takes the larger of init containers and containers',
    verdict: () =>
      fit.filter(
        pod('p', { requests: { cpu: '1' }, spec: { initContainers: [{ name: 'i', image: 'i', resources: { requests: { cpu: '5' } } }] } }),
        node('n'),
      ),
    want: unschedulable(['Insufficient cpu'], { resolvable: false }),
  },
  {
    name: 'adds sidecars to the containers',
    verdict: () =>
      fit.filter(
        pod('p', {
          requests: { cpu: '2' },
          spec: { initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always', resources: { requests: { cpu: '2500m' } } }] },
        }),
        node('n'),
      ),
    want: unschedulable(['Insufficient cpu'], { resolvable: false }),
  },
]);

run('NodeUnschedulable.filter', [
  {
    name: 'keeps pods off a cordoned node',
    verdict: () => new NodeUnschedulable().filter(pod('p'), node('n', { spec: { unschedulable: true } })),
    want: unschedulable(['node(s) were unschedulable'], { resolvable: false }),
  },
  {
    name: 'lets a pod through that tolerates the taint',
    verdict: () =>
      new NodeUnschedulable().filter(
        pod('p', { spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] } }),
        node('n', { spec: { unschedulable: true } }),
      ),
    want: FITS,
  },
]);

run('NodeName.filter', [
  {
    name: 'takes only the node that the pod names',
    verdict: () => new NodeName().filter(pod('p', { spec: { nodeName: 'm' } }), node('n')),
    want: unschedulable(["node(s) didn't match the requested node name"], { resolvable: false }),
  },
]);

run('TaintToleration.filter', [
  {
    name: 'names the taint',
    verdict: () =>
      new TaintToleration().filter(pod('p'), node('n', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } })),
    want: unschedulable(['node(s) had untolerated taint {k: v}'], { resolvable: false }),
  },
  {
    name: 'ignores PreferNoSchedule',
    verdict: () => new TaintToleration().filter(pod('p'), node('n', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } })),
    want: FITS,
  },
]);

run('NodePorts.filter', [
  {
    name: 'refuses a port that is taken',
    verdict: () => new NodePorts().filter(hostPort(80), node('n', { pods: [hostPort(80)] })),
    want: unschedulable(["node(s) didn't have free ports for the requested pod ports"], { resolvable: true }),
  },
  {
    name: 'tells addresses apart',
    verdict: () =>
      new NodePorts().filter(
        hostPort(80, '10.0.0.1'),
        node('n', {
          pods: [
            pod('q', {
              spec: {
                containers: [{ name: 'c', image: 'i', resources: {}, ports: [{ containerPort: 80, hostPort: 80, hostIP: '10.0.0.2' }] }],
              },
            }),
          ],
        }),
      ),
    want: FITS,
  },
]);

const affinity = new NodeAffinity();
const NO_MATCH = unschedulable(["node(s) didn't match Pod's node affinity/selector"], { resolvable: false });
run('NodeAffinity.filter', [
  {
    name: 'takes a node with the selected label',
    verdict: () => affinity.filter(pod('p', { spec: { nodeSelector: { disk: 'ssd' } } }), node('n', { labels: { disk: 'ssd' } })),
    want: FITS,
  },
  {
    name: 'refuses a node without it',
    verdict: () => affinity.filter(pod('p', { spec: { nodeSelector: { disk: 'ssd' } } }), node('n')),
    want: NO_MATCH,
  },
  {
    name: 'needs one of the required terms',
    verdict: () =>
      affinity.filter(
        pod('p', {
          spec: {
            affinity: {
              nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: {
                  nodeSelectorTerms: [
                    { matchExpressions: [{ key: 'a', operator: 'Exists' }] },
                    { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] },
                  ],
                },
              },
            },
          },
        }),
        node('n'),
      ),
    want: FITS,
  },
]);

describe('termMatches', () => {
  const cases: { name: string; key: string; operator: string; values?: string[]; want: boolean }[] = [
    { name: 'In', key: 'a', operator: 'In', values: ['1', '5'], want: true },
    { name: 'NotIn of an absent label', key: 'z', operator: 'NotIn', values: ['1'], want: true },
    { name: 'DoesNotExist of a present label', key: 'a', operator: 'DoesNotExist', want: false },
    { name: 'Gt', key: 'a', operator: 'Gt', values: ['4'], want: true },
    { name: 'Lt of what is no number', key: 'a', operator: 'Lt', values: ['x'], want: false },
  ];
  for (const { name, key, operator, values, want } of cases)
    test(name, () =>
      assert.equal(
        termMatches({ matchExpressions: [{ key, operator: operator as 'In', ...(values ? { values } : {}) }] }, { a: '5' }, 'n'),
        want,
      ),
    );
  test('an empty term matches nothing', () => assert.equal(termMatches({}, { a: '5' }, 'n'), false));
});

describe('tolerates', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoSchedule' as const };
  const cases: { name: string; toleration: Parameters<typeof tolerates>[0][number]; want: boolean }[] = [
    { name: 'an empty key with Exists tolerates everything', toleration: { operator: 'Exists' }, want: true },
    { name: 'Equal is the default operator', toleration: { key: 'k', value: 'v' }, want: true },
    { name: 'another value does not', toleration: { key: 'k', value: 'w' }, want: false },
    { name: 'another effect does not', toleration: { key: 'k', operator: 'Exists', effect: 'NoExecute' }, want: false },
  ];
  for (const { name, toleration, want } of cases) test(name, () => assert.equal(tolerates([toleration], taint), want));
});

describe('scores', () => {
  test('an emptier node is worth more', () => {
    const [empty, half] = [node('a'), node('b', { pods: [pod('q', { requests: { cpu: '2', memory: '4Gi' } })] })];
    const asks = pod('p', { requests: { cpu: '1', memory: '2Gi' } });
    assert.deepEqual([fit.score(asks, empty), fit.score(asks, half)], [75, 25]);
  });
  test('even use of CPU and memory is worth more', () => {
    const balanced = new NodeResourcesBalancedAllocation();
    assert.deepEqual(
      [
        balanced.score(pod('p', { requests: { cpu: '2', memory: '4Gi' } }), node('a')),
        balanced.score(pod('p', { requests: { cpu: '4' } }), node('a')),
      ],
      [100, 50],
    );
  });
  test('preferred affinity adds its weights', () => {
    const prefers = pod('p', {
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 7, preference: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'Exists' }] } },
              { weight: 3, preference: { matchExpressions: [{ key: 'none', operator: 'Exists' }] } },
            ],
          },
        },
      },
    });
    assert.equal(affinity.score(prefers, node('a')), 7);
  });
});
