import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isServed, planStatus } from '../../../../apiserver/custom-resources/names.ts';
import { terminatingStatus } from '../../../../apiserver/custom-resources/termination.ts';
import { definition, type Parts } from './definitions.ts';

const NOW = '2026-01-01T00:00:00Z';
const accepted = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList', shortNames: ['g'] };
const gadgets = definition({ metadata: { name: 'gadgets.example.com' }, status: { acceptedNames: accepted, storedVersions: ['v1'] } });

describe('planStatus', () => {
  const cases: { name: string; parts: Parts; reason: string; message: string; served: boolean }[] = [
    { name: 'accepts free names', parts: {}, reason: 'NoConflicts', message: 'no conflicts found', served: true },
    {
      name: 'refuses the kind of another',
      parts: { names: { kind: 'Gadget', listKind: 'WidgetList', singular: 'widget' } },
      reason: 'KindConflict',
      message: '"Gadget" is already in use',
      served: false,
    },
    {
      name: 'refuses a short name that is the singular of another',
      parts: { names: { shortNames: ['w', 'gadget', 'g'] } },
      reason: 'ShortNamesConflict',
      message: '["gadget" is already in use, "g" is already in use]',
      served: false,
    },
    {
      name: 'reports the last of several conflicts',
      parts: { names: { singular: 'gadget', listKind: 'GadgetList' } },
      reason: 'ListKindConflict',
      message: '"GadgetList" is already in use',
      served: false,
    },
  ];
  for (const { name, parts, reason, message, served } of cases) {
    test(name, () => {
      const made = definition(parts);
      const status = planStatus(made, [gadgets, made], NOW);
      const condition = status.conditions?.find(({ type }) => type === 'NamesAccepted');
      assert.deepEqual([condition?.reason, condition?.message], [reason, message]);
      assert.equal(isServed({ ...made, status }), served);
    });
  }
  test('establishes a definition, with all its names', () => {
    assert.deepEqual(planStatus(definition({ names: { shortNames: ['w'] } }), [], NOW), {
      conditions: [
        { type: 'NamesAccepted', status: 'True', lastTransitionTime: NOW, reason: 'NoConflicts', message: 'no conflicts found' },
        {
          type: 'Established',
          status: 'True',
          lastTransitionTime: NOW,
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ],
      acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['w'] },
      storedVersions: ['v1'],
    });
  });
  test('changes nothing that is right', () => {
    const made = definition();
    const status = planStatus(made, [], NOW);
    const settled = { ...made, status };
    assert.equal(planStatus(settled, [settled], '2026-02-02T00:00:00Z'), status);
  });
  test('says why a definition of a group of the project is fine', () => {
    const annotations = { 'api-approved.kubernetes.io': 'https://example.com/1' };
    const status = planStatus(definition({ spec: { group: 'x.k8s.io' }, metadata: { annotations } }), [], NOW);
    const condition = status.conditions?.find(({ type }) => type === 'KubernetesAPIApprovalPolicyConformant');
    assert.deepEqual([condition?.status, condition?.message], ['True', 'approved in https://example.com/1']);
  });
});

describe('terminatingStatus', () => {
  test('tells how far the deletion is', () => {
    const made = definition();
    const settled = { ...made, status: planStatus(made, [], NOW) };
    const reasons = (['begun', { failed: 'no' }, 'done'] as const).map((progress) => {
      const condition = terminatingStatus(settled, progress, NOW).conditions?.at(-1);
      return [condition?.status, condition?.reason, condition?.message];
    });
    assert.deepEqual(reasons, [
      ['True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'],
      ['True', 'InstanceDeletionFailed', 'could not issue all deletes: no'],
      ['False', 'InstanceDeletionCompleted', 'removed all instances'],
    ]);
  });
});
