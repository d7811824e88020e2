import { badRequest } from '../../shared/machinery/api-error.ts';

/** Where the next page of a list begins: after `path` (`namespace/name`), as of `revision` (-1: whatever is newest). */
export interface ContinuePoint {
  path: string;
  revision: number;
}

/** Source: apiserver storage/continue.go: base64url of `{"v":"meta.k8s.io/v1","rv":…,"start":…}` without padding. */
export function encodeContinue({ path, revision }: ContinuePoint): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${path}\0` })).toString('base64url');
}

/** Throws 400 with upstream's words. */
export function decodeContinue(token: string): ContinuePoint {
  const bad = (why: string): Error => badRequest(`continue key is not valid: ${why}`);
  if (!/^[\w-]+$/.test(token)) throw bad('illegal base64 data at input byte 0');
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw bad('invalid character in the token');
  }
  if (typeof content !== 'object' || content === null) throw bad('encoded start key empty (version meta.k8s.io/v1)');
  const { v, rv, start } = content as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== 'meta.k8s.io/v1') throw bad(`server does not recognize this encoded version ${JSON.stringify(v)}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1)
    throw bad(`incorrect encoded start resourceVersion (version meta.k8s.io/v1)`);
  if (typeof start !== 'string' || start === '') throw bad('encoded start key empty (version meta.k8s.io/v1)');
  if (start.startsWith('/') || start.split('/').includes('..')) throw badRequest(`invalid continue token: ${JSON.stringify(start)}`);
  return { path: start.endsWith('\0') ? start.slice(0, -1) : start, revision: rv };
}
