import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalIgnoringHash, templateHash } from '../../../../controller-manager/deployment/template-hash.ts';
import { deployment } from '../objects.ts';

const template = deployment(1).spec.template;
const other = { ...template, spec: { ...template.spec, hostNetwork: true } };

test('templateHash is the same whatever the order of fields, and has no vowels', () => {
  const reordered = { spec: { containers: template.spec.containers }, metadata: template.metadata };
  assert.equal(templateHash(template, undefined), templateHash(reordered, undefined));
  assert.match(templateHash(template, undefined), /^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
});

test('templateHash differs by template and by collision count', () => {
  const hashes = [templateHash(template, undefined), templateHash(other, undefined), templateHash(template, 1), templateHash(template, 2)];
  assert.equal(new Set(hashes).size, 4);
});

test('equalIgnoringHash compares all but the label pod-template-hash', () => {
  const labelled = { ...template, metadata: { labels: { ...template.metadata.labels, 'pod-template-hash': 'abc' } } };
  assert.equal(equalIgnoringHash(template, labelled), true);
  assert.equal(equalIgnoringHash(template, other), false);
  assert.equal(equalIgnoringHash(template, { ...template, metadata: { labels: { app: 'other' } } }), false);
});
