import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conflict, forbidden, invalid, isConflict, isNotFound, notFound } from '../../../../shared/machinery/api-error.ts';

const deployments = { group: 'apps', plural: 'deployments', kind: 'Deployment' };

describe('Status', () => {
  test('of a missing object', () =>
    assert.deepEqual(notFound(deployments, 'web').status, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "web" not found',
      reason: 'NotFound',
      details: { name: 'web', group: 'apps', kind: 'deployments' },
      code: 404,
    }));
  test('of several failed rules lists them in brackets', () =>
    assert.equal(
      invalid(deployments, 'web', [
        { type: 'FieldValueRequired', field: 'a', message: 'Required value' },
        { type: 'FieldValueInvalid', field: 'b', message: 'Invalid value: 0: must be greater than 0' },
      ]).message,
      'Deployment.apps "web" is invalid: [a: Required value, b: Invalid value: 0: must be greater than 0]',
    ));
  test('of a forbidden list has no name', () =>
    assert.equal(forbidden(deployments, '', 'no').message, 'deployments.apps is forbidden: no'));
  test('predicates look at the reason', () =>
    assert.deepEqual(
      [
        isNotFound(notFound(deployments, 'a')),
        isConflict(notFound(deployments, 'a')),
        isConflict(conflict(deployments, 'a', 'x')),
        isNotFound(new Error('x')),
      ],
      [true, false, true, false],
    ));
});
