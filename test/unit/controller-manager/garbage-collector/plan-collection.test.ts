import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type OwnerState, planCollection } from '../../../../controller-manager/garbage-collector/plan-collection.ts';
import { pod } from '../objects.ts';

const owners = (...states: OwnerState[]) =>
  states.map((state, i) => ({ reference: { apiVersion: 'v1', kind: 'ConfigMap', name: `o${i}`, uid: `o${i}` }, state }));

describe('planCollection', () => {
  const object = pod('a');
  const cases = [
    { name: 'keeps an object without owners', states: owners(), want: { action: 'keep' } },
    { name: 'keeps an object whose owners are all there', states: owners('present', 'present'), want: { action: 'keep' } },
    {
      name: 'drops the references to owners that are gone or going while another is there',
      states: owners('present', 'absent', 'waiting-for-dependents'),
      want: { action: 'drop-references', uids: ['o1', 'o2'] },
    },
    {
      name: 'deletes in the background once all owners are gone',
      states: owners('absent'),
      want: { action: 'delete', propagationPolicy: 'Background', unblock: false },
    },
    {
      name: 'deletes a leaf in the background while its owner waits',
      states: owners('waiting-for-dependents'),
      want: { action: 'delete', propagationPolicy: 'Background', unblock: false },
    },
    {
      name: 'passes foreground deletion on to an object with dependents',
      states: owners('waiting-for-dependents'),
      dependents: [{ deletingDependents: false }],
      want: { action: 'delete', propagationPolicy: 'Foreground', unblock: false },
    },
    {
      name: 'breaks a circle of waiting',
      states: owners('waiting-for-dependents'),
      dependents: [{ deletingDependents: true }],
      want: { action: 'delete', propagationPolicy: 'Foreground', unblock: true },
    },
    {
      name: 'respects a finalizer that asks to orphan',
      states: owners('absent'),
      finalizers: ['orphan'],
      want: { action: 'delete', propagationPolicy: 'Orphan', unblock: false },
    },
    {
      name: 'respects a finalizer that asks for the foreground',
      states: owners('absent'),
      finalizers: ['foregroundDeletion'],
      want: { action: 'delete', propagationPolicy: 'Foreground', unblock: false },
    },
  ];
  for (const { name, states, dependents = [], finalizers = [], want } of cases) {
    const subject = { ...object, metadata: { ...object.metadata, finalizers } };
    test(name, () => assert.deepEqual(planCollection({ object: subject, ownerStates: states, dependents }), want));
  }
});
