import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { qosClass } from '../../../../kubelet/resources/qos.ts';
import { container, pod } from '../pods/builders.ts';

const both = { cpu: '1', memory: '1Gi' };

describe('qosClass', () => {
  const cases = [
    { name: 'is BestEffort without any', resources: [{}], want: 'BestEffort' },
    {
      name: 'is Guaranteed with equal requests and limits',
      resources: [{ limits: both, requests: { cpu: '1000m', memory: '1024Mi' } }],
      want: 'Guaranteed',
    },
    { name: 'is Guaranteed with limits only', resources: [{ limits: both }], want: 'Guaranteed' },
    { name: 'is Burstable with requests only', resources: [{ requests: both }], want: 'Burstable' },
    { name: 'is Burstable when one container has none', resources: [{ limits: both }, {}], want: 'Burstable' },
    { name: 'counts a zero as none', resources: [{ requests: { cpu: '0' } }], want: 'BestEffort' },
  ];
  for (const { name, resources, want } of cases)
    test(name, () => assert.equal(qosClass(pod({ containers: resources.map((r, i) => container(`c${i}`, { resources: r })) })), want));
});
