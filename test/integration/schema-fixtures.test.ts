import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeObject } from '../../apiserver/schema/decode.ts';
import { findDuplicateKeys } from '../../apiserver/schema/duplicate-keys.ts';
import { orderKeys } from '../../apiserver/schema/order-keys.ts';
import { loadSchema } from '../../shared/api/schema/load-schema.ts';

/** Upstream's own objects with every field set, if they are at hand. */
const FIXTURES = process.env['KUBERNETUS_FIXTURES'] ?? join(dirname(fileURLToPath(import.meta.url)), '../../../shared/schema/fixtures');

describe('decodeObject on upstream fixtures', { skip: !existsSync(FIXTURES) }, () => {
  const files = existsSync(FIXTURES) ? readdirSync(FIXTURES).filter((name) => name.endsWith('.json')) : [];
  for (const file of files) {
    const text = readFileSync(join(FIXTURES, file), 'utf8');
    const want = JSON.parse(text) as { apiVersion?: string; kind?: string };
    const type = typeOf(want);
    if (type === undefined) continue;
    test(`gives back ${file}, in order`, () => {
      const { object, problems } = decodeObject(type, want);
      assert.deepEqual(problems, []);
      assert.equal(JSON.stringify(object), JSON.stringify(want));
      assert.equal(orderKeys(type, object), object);
      assert.deepEqual(findDuplicateKeys(text), []);
    });
  }
});

function typeOf({ apiVersion = '', kind }: { apiVersion?: string; kind?: string }): string | undefined {
  const [version, group = ''] = apiVersion.split('/').reverse();
  const { kinds, common } = loadSchema();
  const found = kinds.find((row) => row.group === group && row.version === version && row.kind === kind);
  return (found ?? common.find((row) => row.kind === (kind ?? 'WatchEvent')))?.type;
}
