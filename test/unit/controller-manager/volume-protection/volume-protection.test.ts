import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLAIM_FINALIZER, isClaimInUse, planProtection } from '../../../../controller-manager/volume-protection/volume-protection.ts';
import type { PersistentVolumeClaim } from '../../../../shared/api/generated/core-v1.ts';
import { at, type PodOptions, pod } from '../objects.ts';

const claim = (name: string, finalizers: string[], deleting: boolean): PersistentVolumeClaim => ({
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: at(9),
    finalizers,
    ...(deleting && { deletionTimestamp: at(1) }),
  },
  spec: { resources: {} },
  status: {},
});

describe('isClaimInUse', () => {
  const mounts = {
    volumes: [
      { name: 'v', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'scratch', ephemeral: {} },
    ],
  };
  const user = (options: PodOptions) =>
    pod('user', { node: 'n1', ...options, spec: { ...mounts, ...(options.node !== '' && { nodeName: 'n1' }) } });
  const cases = [
    { name: 'is true for a pod on a node', of: 'data', user: user({}), want: true },
    { name: 'is true for the claim of an ephemeral volume', of: 'user-scratch', user: user({}), want: true },
    { name: 'is true while the pod is being deleted', of: 'data', user: user({ deleting: true }), want: true },
    { name: 'is false for another claim', of: 'other', user: user({}), want: false },
    { name: 'is false for a pod that ended', of: 'data', user: user({ phase: 'Succeeded' }), want: false },
    { name: 'is false for a pod without a node', of: 'data', user: user({ node: '' }), want: false },
  ];
  for (const { name, of, user: mounting, want } of cases)
    test(name, () => assert.equal(isClaimInUse(claim(of, [], true), [mounting]), want));
});

describe('planProtection', () => {
  const cases = [
    { name: 'adds the finalizer where it is missing', of: claim('a', [], false), inUse: false, want: 'add' },
    { name: 'leaves it while nobody deletes the object', of: claim('a', [CLAIM_FINALIZER], false), inUse: false, want: undefined },
    { name: 'keeps it on an object in use', of: claim('a', [CLAIM_FINALIZER], true), inUse: true, want: undefined },
    { name: 'removes it once the object is not used', of: claim('a', [CLAIM_FINALIZER], true), inUse: false, want: 'remove' },
    { name: 'does not add it to an object on its way out', of: claim('a', [], true), inUse: true, want: undefined },
  ];
  for (const { name, of, inUse, want } of cases)
    test(name, () =>
      assert.equal(
        planProtection(of, CLAIM_FINALIZER, () => inUse),
        want,
      ),
    );
});
