/** What a path under `/api` and `/apis` asks for. Source: apiserver endpoints/request RequestInfoFactory. */
export interface RequestInfo {
  group: string;
  version: string;
  /** '' when the path names none. */
  namespace: string;
  plural: string;
  name: string;
  subresource: string;
  /** What follows the subresource (`proxy/a/b`), without the first slash. */
  rest: string;
  /** The path has the deprecated `/watch/` in it. */
  watch: boolean;
}

/** Undefined: not the path of a resource. Throws URIError on a malformed escape. */
export function parseResourcePath(path: string): RequestInfo | undefined {
  const parts = path.split('/');
  let at = 1;
  const root = parts[at++];
  let group = '';
  if (root === 'apis') group = parts[at++] ?? '';
  else if (root !== 'api') return undefined;
  const version = parts[at++] ?? '';
  if (version === '' || (root === 'apis' && group === '')) return undefined;
  const watch = parts[at] === 'watch';
  if (watch) at++;
  let namespace = '';
  if (parts[at] === 'namespaces' && parts[at + 1] !== undefined && isOfNamespace(parts, at)) {
    namespace = decoded(parts[at + 1] ?? '');
    at += 2;
  }
  const plural = parts[at++] ?? '';
  if (plural === '') return undefined;
  const name = decoded(parts[at++] ?? '');
  const subresource = parts[at++] ?? '';
  const rest = parts.slice(at).join('/');
  if (name === '' && subresource !== '') return undefined;
  return { group, version, namespace, plural, name, subresource, rest, watch };
}

/** `namespaces/x/pods` is in a namespace; `namespaces/x` and `namespaces/x/status` are about one. */
function isOfNamespace(parts: readonly string[], at: number): boolean {
  const next = parts[at + 2];
  return next !== undefined && next !== '' && next !== 'status' && next !== 'finalize';
}

function decoded(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text;
}
