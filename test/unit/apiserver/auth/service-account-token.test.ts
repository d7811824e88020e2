import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, test } from 'node:test';
import { ServiceAccountTokens } from '../../../../apiserver/auth/service-account-token.ts';
import type { ObjectReader } from '../../../../apiserver/registry/object-reader.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const pem = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
const KEY = pem();
const claims = { namespace: 'default', serviceAccount: { name: 'sa', uid: 'u1' }, audiences: ['api'], lifetime: 600, id: 'j' };

describe('ServiceAccountTokens', () => {
  const clock = new FakeClock();
  const tokens = new ServiceAccountTokens({ issuer: 'api', signingKey: KEY, verificationKeys: [], clock });
  let uid: string | undefined;
  const reader: ObjectReader = {
    get: () => (uid === undefined ? undefined : ({ metadata: { name: 'sa', uid } } as UntypedObject)),
    list: () => [],
  };
  beforeEach(() => {
    uid = 'u1';
  });

  test('a token is looked at anew each time, though its signature is remembered', async () => {
    const token = tokens.issue(claims);
    for (let again = 0; again < 3; again++) assert.equal(tokens.verify(token, reader)?.name, 'system:serviceaccount:default:sa');
    assert.equal(tokens.verify(token, reader, ['other']), undefined);
    uid = 'u2';
    assert.equal(tokens.verify(token, reader), undefined);
    uid = undefined;
    assert.equal(tokens.verify(token, reader), undefined);
    uid = 'u1';
    await clock.advance(599_000);
    assert.notEqual(tokens.verify(token, reader), undefined);
    await clock.advance(1000);
    for (let again = 0; again < 2; again++) assert.equal(tokens.verify(token, reader), undefined);
  });

  test('nobody else signs', () => {
    const other = new ServiceAccountTokens({ issuer: 'api', signingKey: pem(), verificationKeys: [], clock });
    assert.equal(tokens.verify(other.issue(claims), reader), undefined);
    const [head = '', body = '', signature = ''] = tokens.issue(claims).split('.');
    const forged = Buffer.from(Buffer.from(body, 'base64url').toString().replace(':sa"', ':admin"')).toString('base64url');
    for (const token of [`${head}.${forged}.${signature}`, `${head}.${body}.`, `${head}.${body}`, '..', '']) {
      for (let again = 0; again < 2; again++) assert.equal(tokens.verify(token, reader), undefined, token);
    }
  });
});
