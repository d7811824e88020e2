import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podFromTemplate } from '../../../../controller-manager/replicaset/pod-from-template.ts';
import { replicaSet } from '../objects.ts';

test('podFromTemplate takes labels, annotations, finalizers and spec from the template, and name and owner from the set', () => {
  const set = replicaSet('web-1');
  const template = { ...set.spec.template, metadata: { labels: { app: 'web' }, annotations: { a: 'b' }, finalizers: ['example.com/f'] } };
  assert.deepEqual(podFromTemplate(template, set, { apiVersion: 'apps/v1', kind: 'ReplicaSet' }), {
    metadata: {
      namespace: 'default',
      generateName: 'web-1-',
      labels: { app: 'web' },
      annotations: { a: 'b' },
      finalizers: ['example.com/f'],
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'uid-web-1', controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: set.spec.template.spec,
  });
});
