import type { TokenRequest } from '../../shared/api/generated/authentication-v1.ts';
import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { objectKey } from '../../shared/machinery/object-key.ts';
import { type TokenSource, VolumeError } from './volume-source.ts';

interface Held {
  token: string;
  issuedAt: number;
  expiresAt: number;
}

/** A token is renewed after this share of its life, and after this long, ms. Source: kubelet's token manager. */
const RENEW_AFTER = 0.8;
const RENEW_AFTER_MS = 24 * 3_600_000;

/** Gets tokens through the TokenRequest API and keeps them until they are due for renewal. */
export class ApiTokenSource implements TokenSource {
  readonly #client: Pick<ApiClient, 'createSubresource'>;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  constructor({ client, clock }: { client: Pick<ApiClient, 'createSubresource'>; clock: Clock }) {
    this.#client = client;
    this.#clock = clock;
  }

  async token(pod: DeepReadonly<Pod>, { audience, expirationSeconds }: { audience: string; expirationSeconds: number }): Promise<string> {
    const { name, namespace, uid } = pod.metadata;
    const key = JSON.stringify([uid, audience, expirationSeconds]);
    const held = this.#held.get(key);
    const now = this.#clock.now();
    if (held !== undefined && now < renewalOf(held)) return held.token;
    try {
      const account = objectKey(namespace, pod.spec.serviceAccountName ?? 'default');
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          audiences: audience === '' ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      };
      const { status } = (await this.#client.createSubresource('serviceaccounts', account, 'token', body)) as TokenRequest;
      this.#forgetExpired(now);
      this.#held.set(key, { token: status?.token ?? '', issuedAt: now, expiresAt: Date.parse(status?.expirationTimestamp ?? '') });
      return status?.token ?? '';
    } catch (cause) {
      if (held !== undefined && now < held.expiresAt) return held.token; // still good: the next refresh tries again
      throw new VolumeError(`failed to fetch token: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  #forgetExpired(now: number): void {
    for (const [key, { expiresAt }] of this.#held) if (expiresAt <= now) this.#held.delete(key);
  }
}

function renewalOf({ issuedAt, expiresAt }: Held): number {
  return issuedAt + Math.min((expiresAt - issuedAt) * RENEW_AFTER, RENEW_AFTER_MS);
}
