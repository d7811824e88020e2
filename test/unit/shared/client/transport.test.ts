import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { createApiClient } from '../../../../shared/client/rest-client.ts';
import { realClock } from '../../../../shared/machinery/clock.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const days = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };

interface Pair {
  cert: string;
  key: string;
}

async function makeCertificates(): Promise<{ ca: string; server: Pair; client: Pair }> {
  const keys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const caKeys = await keys();
  const basics = new x509.BasicConstraintsExtension(true, 1, true);
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    { ...days, serialNumber: '01', name: 'CN=ca', keys: caKeys, signingAlgorithm: ALGORITHM, extensions: [basics] },
    webcrypto,
  );
  const pem = async (key: webcrypto.CryptoKey): Promise<string> =>
    x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
  const issue = async (name: string, serialNumber: string): Promise<Pair> => {
    const { publicKey, privateKey } = await keys();
    const extensions = [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])];
    const subject = {
      ...days,
      serialNumber,
      issuer: 'CN=ca',
      subject: `CN=${name}`,
      publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions,
    };
    return { cert: (await x509.X509CertificateGenerator.create(subject, webcrypto)).toString('pem'), key: await pem(privateKey) };
  };
  return { ca: ca.toString('pem'), server: await issue('server', '02'), client: await issue('system:kube-scheduler', '03') };
}

describe('transport', () => {
  test('shows its certificate, also on connections that resume a TLS session', async (t) => {
    const { ca, server: own, client: credentials } = await makeCertificates();
    const seen: { name: string | undefined; authorized: boolean; resumed: boolean }[] = [];
    const server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = socket.getPeerCertificate().subject?.CN;
      seen.push({ name: Array.isArray(name) ? name[0] : name, authorized: socket.authorized, resumed: socket.isSessionReused() });
      response.writeHead(200, { connection: 'close' }).end('{"metadata":{}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createApiClient({ server: url, ca, ...credentials }, { clock: realClock, userAgent: 'test' });
    t.after(() => client.close());
    await client.get('nodes', 'a');
    await client.get('nodes', 'b');
    const common = { name: 'system:kube-scheduler', authorized: true };
    assert.deepEqual(seen, [
      { ...common, resumed: false },
      { ...common, resumed: true },
    ]);
    const busy = createApiClient({ server: url, ca, ...credentials }, { clock: realClock, userAgent: 'test' });
    t.after(() => busy.close());
    await Promise.all(Array.from({ length: 8 }, (_, i) => busy.get('nodes', `n${i}`)));
    assert.deepEqual([seen.length, seen.slice(2).filter(({ resumed }) => !resumed).length], [10, 1]);

    const stranger = createApiClient({ server: url, ...credentials }, { clock: realClock, userAgent: 'test' });
    t.after(() => stranger.close());
    await assert.rejects(stranger.get('nodes', 'a'), /^Error: GET \/api\/v1\/nodes\/a at 127\.0\.0\.1:\d+: (unable to|self-signed)/);
  });

  test('speaks over a Unix socket, under a path, and reads its token file again after a minute', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'transport-'));
    const socketPath = join(folder, 'api.sock');
    const tokenFile = join(folder, 'token');
    const seen: unknown[] = [];
    const server = createHttpServer((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      response.end('{"metadata":{}}');
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
      return rm(folder, { recursive: true });
    });
    const clock = new FakeClock();
    const client = createApiClient({ server: 'http://localhost/at/12', socketPath, tokenFile }, { clock, userAgent: 'test' });
    t.after(() => client.close());
    for (const [token, passMs] of [
      ['one', 30_000],
      ['two', 31_000],
      ['three', 0],
    ] as const) {
      await writeFile(tokenFile, `${token}\n`);
      await client.get('nodes', 'a');
      await clock.advance(passMs);
    }
    const path = '/at/12/api/v1/nodes/a';
    assert.deepEqual(seen, [
      [path, 'Bearer one'],
      [path, 'Bearer one'],
      [path, 'Bearer three'],
    ]);
  });
});
