import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { LruMap } from '../../shared/client/lru-map.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import type { UserInfo } from './user.ts';

export interface BoundObject {
  kind: 'Pod' | 'Secret' | 'Node';
  name: string;
  uid: string;
}

export interface TokenClaims {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  audiences: readonly string[];
  /** Seconds from now. */
  lifetime: number;
  id: string;
  bound?: BoundObject;
  /** Of a bound pod. */
  node?: { name: string; uid?: string };
}

interface Payload {
  iss?: unknown;
  sub?: unknown;
  aud?: unknown;
  exp?: unknown;
  nbf?: unknown;
  jti?: string;
  'kubernetes.io'?: {
    namespace: string;
    serviceaccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    node?: { name: string; uid?: string };
  };
}

export interface ServiceAccountTokensDeps {
  issuer: string;
  /** PEM. Undefined: no tokens are issued. */
  signingKey: string | undefined;
  /** PEM, public or private. */
  verificationKeys: readonly string[];
  clock: Clock;
}

const ALGORITHMS: Readonly<Record<string, { name: 'RS256' | 'ES256'; hash: string }>> = {
  rsa: { name: 'RS256', hash: 'RSA-SHA256' },
  ec: { name: 'ES256', hash: 'SHA256' },
};

/** Tokens whose signature was found good are remembered, this many. */
const REMEMBERED = 4096;

/** Issues and checks the JWTs of service accounts, bound to their objects as upstream's. Source: kubernetes pkg/serviceaccount. */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly #clock: Clock;
  readonly #signing: { key: KeyObject; id: string } | undefined;
  readonly #verification = new Map<string, KeyObject>();
  /** By the token's hash: what it says, signed by us. Times, audience and bound objects are looked at each time. */
  readonly #good = new LruMap<string, Payload>(REMEMBERED);

  constructor(deps: ServiceAccountTokensDeps) {
    this.issuer = deps.issuer;
    this.#clock = deps.clock;
    if (deps.signingKey !== undefined) {
      const key = createPrivateKey(deps.signingKey);
      const published = createPublicKey(key);
      this.#signing = { key, id: keyId(published) };
      this.#verification.set(this.#signing.id, published);
    }
    for (const pem of deps.verificationKeys) {
      const key = createPublicKey(pem);
      this.#verification.set(keyId(key), key);
    }
  }

  get canIssue(): boolean {
    return this.#signing !== undefined;
  }

  issue(claims: TokenClaims): string {
    if (this.#signing === undefined) throw new Error('no key to sign service account tokens with');
    const { key, id } = this.#signing;
    const now = Math.floor(this.#clock.now() / 1000);
    const algorithm = algorithmOf(key);
    const { namespace, serviceAccount, bound, node } = claims;
    const payload = {
      aud: claims.audiences,
      exp: now + claims.lifetime,
      iat: now,
      iss: this.issuer,
      jti: claims.id,
      'kubernetes.io': {
        namespace,
        ...(node !== undefined && { node }),
        ...(bound !== undefined && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        serviceaccount: { name: serviceAccount.name, uid: serviceAccount.uid },
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
    };
    const signed = `${encode({ alg: algorithm.name, kid: id })}.${encode(payload)}`;
    const signature = sign(algorithm.hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Who holds the token, if its signature, times and audience are right and the objects it is bound to still exist. */
  verify(token: string, reader: ObjectReader, audiences: readonly string[] = [this.issuer]): UserInfo | undefined {
    const payload = this.#signed(token);
    const claims = payload?.['kubernetes.io'];
    if (payload === undefined || claims?.serviceaccount === undefined) return undefined;
    const now = this.#clock.now() / 1000;
    if (payload.iss !== this.issuer || typeof payload.exp !== 'number' || payload.exp <= now) return undefined;
    if (typeof payload.nbf === 'number' && payload.nbf > now + 1) return undefined;
    if (![payload.aud].flat().some((audience) => audiences.includes(String(audience)))) return undefined;
    const { namespace, serviceaccount, pod, secret, node } = claims;
    const exists = (kind: 'serviceaccounts' | 'pods' | 'secrets', ref: { name: string; uid: string } | undefined): boolean =>
      ref === undefined || reader.get(kind, namespace, ref.name)?.metadata.uid === ref.uid;
    if (!exists('serviceaccounts', serviceaccount) || !exists('pods', pod) || !exists('secrets', secret)) return undefined;
    return {
      name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
      uid: serviceaccount.uid,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      extra: {
        ...(payload.jti !== undefined && { 'authentication.kubernetes.io/credential-id': [`JTI=${payload.jti}`] }),
        ...(node !== undefined && { 'authentication.kubernetes.io/node-name': [node.name] }),
        ...(pod !== undefined && {
          'authentication.kubernetes.io/pod-name': [pod.name],
          'authentication.kubernetes.io/pod-uid': [pod.uid],
        }),
      },
    };
  }

  #signed(token: string): Payload | undefined {
    const id = createHash('sha256').update(token).digest('base64');
    const known = this.#good.get(id);
    if (known !== undefined) {
      if (typeof known.exp === 'number' && known.exp <= this.#clock.now() / 1000) this.#good.delete(id);
      return known;
    }
    const payload = this.#payload(token);
    if (payload !== undefined) this.#good.set(id, payload);
    return payload;
  }

  #payload(token: string): Payload | undefined {
    const [head, body, signature, more] = token.split('.');
    if (head === undefined || body === undefined || signature === undefined || more !== undefined) return undefined;
    const key = this.#verification.get(String((decode(head) as { kid?: unknown } | undefined)?.kid));
    if (key === undefined) return undefined;
    const { hash, name } = algorithmOf(key);
    if ((decode(head) as { alg?: unknown }).alg !== name) return undefined;
    const good = verify(hash, Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    return good ? (decode(body) as Payload | undefined) : undefined;
  }
}

function algorithmOf(key: KeyObject): { name: string; hash: string } {
  const algorithm = ALGORITHMS[key.asymmetricKeyType ?? ''];
  if (algorithm === undefined) throw new Error(`service account keys must be RSA or EC, not ${key.asymmetricKeyType ?? 'symmetric'}`);
  return algorithm;
}

/** Source: kubernetes pkg/serviceaccount/jwt.go keyIDFromPublicKey. */
function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}
