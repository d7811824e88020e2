import { createHash } from 'node:crypto';

/** A strong ETag, from the bytes alone. */
export function entityTag(body: string | Uint8Array): string {
  return `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
}
