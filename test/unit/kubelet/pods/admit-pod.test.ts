import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { admitPod } from '../../../../kubelet/pods/admit-pod.ts';
import { container, pod } from './builders.ts';

const asks = (cpu: string, memory = '0') => ({ resources: { requests: { cpu, memory } } });
const one = (cpu: string, memory?: string) => pod({ containers: [container('c', asks(cpu, memory))] });
const ALLOCATABLE = { cpu: '2', memory: '1Gi', pods: '2' };

describe('admitPod', () => {
  const cases = [
    { name: 'takes a pod that just fits', pod: one('1500m', '1Gi'), others: [one('500m')], want: undefined },
    {
      name: 'rejects a pod without cpu left',
      pod: one('1501m'),
      others: [one('500m')],
      want: { reason: 'OutOfcpu', message: "Node didn't have enough resource: cpu, requested: 1501, used: 500, capacity: 2000" },
    },
    {
      name: 'rejects a pod above the number of pods',
      pod: one('0'),
      others: [one('0'), one('0')],
      want: { reason: 'OutOfpods', message: "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2" },
    },
    {
      name: 'rejects a pod that asks for what the node has not',
      pod: pod({ containers: [container('c', { resources: { requests: { 'example.com/gpu': '1' } } })] }),
      others: [],
      want: {
        reason: 'OutOfexample.com/gpu',
        message: "Node didn't have enough resource: example.com/gpu, requested: 1, used: 0, capacity: 0",
      },
    },
    {
      name: 'counts sidecars with the containers, init containers beside them',
      pod: pod({
        initContainers: [container('s', { restartPolicy: 'Always', ...asks('500m') }), container('i', asks('1500m'))],
        containers: [container('c', asks('1'))],
      }),
      others: [],
      want: undefined,
    },
    {
      name: 'counts the overhead',
      pod: pod({ containers: [container('c', asks('2'))], overhead: { cpu: '1m' } }),
      others: [],
      want: { reason: 'OutOfcpu', message: "Node didn't have enough resource: cpu, requested: 2001, used: 0, capacity: 2000" },
    },
  ];
  for (const { name, pod: asked, others, want } of cases) test(name, () => assert.deepEqual(admitPod(asked, others, ALLOCATABLE), want));
});
