import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import type { DataDir } from './data-dir.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3600 * 1000;

export interface CertificateRequest {
  /** File name without ending, under `pki/`. */
  file: string;
  commonName: string;
  organizations?: readonly string[];
  /** Names and addresses a server answers to; without them the certificate is for clients. */
  serves?: { dns: readonly string[]; ips: readonly string[] };
}

/** The cluster's certificate authority and what it signs, as `pki/*.crt` and `pki/*.key`. */
export class Pki {
  readonly #dir: DataDir;
  readonly #ca: x509.X509Certificate;
  readonly #caKey: webcrypto.CryptoKey;
  private constructor(dir: DataDir, ca: x509.X509Certificate, caKey: webcrypto.CryptoKey) {
    this.#dir = dir;
    this.#ca = ca;
    this.#caKey = caKey;
  }

  /** Reads the authority, or makes one on first use. */
  static async open(dir: DataDir, now: number): Promise<Pki> {
    x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
    if (existsSync(dir.pki('ca.crt')) && existsSync(dir.pki('ca.key'))) {
      const key = createPrivateKey(readFileSync(dir.pki('ca.key'))).export({ type: 'pkcs8', format: 'der' });
      const caKey = await webcrypto.subtle.importKey('pkcs8', key, ALGORITHM, false, ['sign']);
      return new Pki(dir, new x509.X509Certificate(readFileSync(dir.pki('ca.crt'), 'utf8')), caKey);
    }
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const ca = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: 'CN=kubernetes',
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + 10 * YEAR_MS),
      signingAlgorithm: ALGORITHM,
      keys: keys as unknown as NonNullable<Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]['keys']>,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as unknown as x509.PublicKeyType),
      ],
    });
    dir.writeFile(dir.pki('ca.key'), await privatePem(keys.privateKey));
    dir.writeFile(dir.pki('ca.crt'), `${ca.toString('pem')}\n`, 0o644);
    return new Pki(dir, ca, keys.privateKey);
  }

  /** Makes the certificate and key unless they are there already. */
  async ensure(request: CertificateRequest, now: number): Promise<void> {
    const { file, commonName, organizations = [], serves } = request;
    if (existsSync(this.#dir.pki(`${file}.crt`)) && existsSync(this.#dir.pki(`${file}.key`))) return;
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }],
      issuer: this.#ca.subject,
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + YEAR_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey as unknown as x509.PublicKeyType,
      signingKey: this.#caKey as unknown as Parameters<typeof x509.X509CertificateGenerator.create>[0] extends { signingKey: infer K }
        ? K
        : never,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(
          serves === undefined ? [x509.ExtendedKeyUsage.clientAuth] : [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
        ),
        await x509.AuthorityKeyIdentifierExtension.create(this.#ca),
        ...(serves === undefined
          ? []
          : [
              new x509.SubjectAlternativeNameExtension([
                ...serves.dns.map((value) => ({ type: 'dns' as const, value })),
                ...serves.ips.map((value) => ({ type: 'ip' as const, value })),
              ]),
            ]),
      ],
    });
    this.#dir.writeFile(this.#dir.pki(`${file}.key`), await privatePem(keys.privateKey));
    this.#dir.writeFile(this.#dir.pki(`${file}.crt`), `${certificate.toString('pem')}\n`, 0o644);
  }
}

/** The key pair that signs service account tokens. */
export function ensureServiceAccountKey(dir: DataDir): void {
  if (existsSync(dir.pki('sa.key')) && existsSync(dir.pki('sa.pub'))) return;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  dir.writeFile(dir.pki('sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  dir.writeFile(dir.pki('sa.pub'), createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(), 0o644);
}

/** The administrator's bearer token, in `admin.token` and in the API server's token file. */
export function ensureAdminToken(dir: DataDir): string {
  if (!existsSync(dir.adminToken)) dir.writeFile(dir.adminToken, randomBytes(24).toString('base64url'));
  const token = readFileSync(dir.adminToken, 'utf8').trim();
  if (!existsSync(dir.tokens)) dir.writeFile(dir.tokens, `${token},kubernetes-admin,kubernetes-admin,"system:masters"\n`);
  return token;
}

function serialNumber(): string {
  return `00${randomBytes(16).toString('hex')}`;
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }).toString();
}
