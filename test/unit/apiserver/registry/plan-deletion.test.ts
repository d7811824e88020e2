import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DeleteOptions, goesWithUpdate, planDeletion } from '../../../../apiserver/registry/plan-deletion.ts';
import type { ObjectMeta } from '../../../../shared/api/meta.ts';

const NOW = Date.UTC(2026, 0, 1);
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString().replace('.000', '');
const meta = (more: Partial<ObjectMeta> = {}): ObjectMeta => ({ name: 'a', uid: 'u', ...more }) as ObjectMeta;

describe('planDeletion', () => {
  const cases: { name: string; meta: ObjectMeta; options?: DeleteOptions; grace?: number; orphanByDefault?: boolean; want: object }[] = [
    { name: 'removes what knows no grace and has no finalizers', meta: meta(), want: { action: 'remove' } },
    {
      name: 'marks what has finalizers, and counts that as a new generation',
      meta: meta({ finalizers: ['x'], generation: 1 }),
      want: {
        action: 'mark',
        thenRemove: false,
        metadata: meta({ finalizers: ['x'], generation: 2, deletionTimestamp: at(0), deletionGracePeriodSeconds: 0 }),
      },
    },
    {
      name: 'adds the finalizer of the foreground policy',
      meta: meta(),
      options: { propagationPolicy: 'Foreground' },
      want: {
        action: 'mark',
        thenRemove: false,
        metadata: meta({ finalizers: ['foregroundDeletion'], deletionTimestamp: at(0), deletionGracePeriodSeconds: 0 }),
      },
    },
    {
      name: 'takes away the finalizer of another policy',
      meta: meta({ finalizers: ['orphan'] }),
      options: { propagationPolicy: 'Background' },
      want: { action: 'remove' },
    },
    {
      name: 'orphans by default where the kind does',
      meta: meta(),
      orphanByDefault: true,
      want: {
        action: 'mark',
        thenRemove: false,
        metadata: meta({ finalizers: ['orphan'], deletionTimestamp: at(0), deletionGracePeriodSeconds: 0 }),
      },
    },
    {
      name: 'gives grace',
      meta: meta(),
      grace: 30,
      want: { action: 'mark', thenRemove: false, metadata: meta({ deletionTimestamp: at(30), deletionGracePeriodSeconds: 30 }) },
    },
    {
      name: 'marks and then removes where the grace is zero',
      meta: meta(),
      grace: 0,
      want: { action: 'mark', thenRemove: true, metadata: meta({ deletionTimestamp: at(0), deletionGracePeriodSeconds: 0 }) },
    },
    {
      name: 'shortens the grace from when the deletion was asked for',
      meta: meta({ deletionTimestamp: at(20), deletionGracePeriodSeconds: 30 }),
      grace: 5,
      options: { gracePeriodSeconds: 5 },
      want: { action: 'mark', thenRemove: false, metadata: meta({ deletionTimestamp: at(-5), deletionGracePeriodSeconds: 5 }) },
    },
    {
      name: 'does not lengthen it',
      meta: meta({ deletionTimestamp: at(20), deletionGracePeriodSeconds: 30 }),
      grace: 60,
      options: { gracePeriodSeconds: 60 },
      want: { action: 'wait' },
    },
    {
      name: 'removes what was marked and forgotten',
      meta: meta({ deletionTimestamp: at(0), deletionGracePeriodSeconds: 0 }),
      grace: 0,
      options: { gracePeriodSeconds: 0 },
      want: { action: 'remove' },
    },
  ];
  for (const { name, meta: given, options = {}, grace, orphanByDefault = false, want } of cases) {
    test(name, () => assert.deepEqual(planDeletion(given, options, { grace, orphanByDefault, now: NOW }), want));
  }
});

describe('goesWithUpdate', () => {
  const deleted = { deletionTimestamp: at(0) };
  const cases = [
    { name: 'keeps what is not being deleted', updated: meta(), old: meta(), want: false },
    { name: 'keeps what has finalizers left', updated: meta({ finalizers: ['x'] }), old: meta(deleted), want: false },
    { name: 'keeps what has grace left', updated: meta(), old: meta({ ...deleted, deletionGracePeriodSeconds: 30 }), want: false },
    { name: 'lets go after the last finalizer', updated: meta(), old: meta({ ...deleted, deletionGracePeriodSeconds: 0 }), want: true },
  ];
  for (const { name, updated, old, want } of cases) test(name, () => assert.equal(goesWithUpdate(updated, old), want));
});
