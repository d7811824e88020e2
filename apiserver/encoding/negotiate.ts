import { notAcceptable } from '../../shared/machinery/api-error.ts';

/** How a client wants its answer. */
export interface Representation {
  format: 'json' | 'yaml';
  /** `object`: as it is. */
  as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  version: 'v1' | 'v1beta1';
  contentType: string;
}

const PLAIN: Representation = { format: 'json', as: 'object', version: 'v1', contentType: 'application/json' };
const FORMATS: Readonly<Record<string, { format: 'json' | 'yaml'; contentType: string }>> = {
  'application/json': { format: 'json', contentType: 'application/json' },
  'application/*': { format: 'json', contentType: 'application/json' },
  '*/*': { format: 'json', contentType: 'application/json' },
  'application/yaml': { format: 'yaml', contentType: 'application/yaml' },
  'text/yaml': { format: 'yaml', contentType: 'application/yaml' },
};
const VIEWS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
const REMEMBERED = 256;
const remembered = new Map<string, Representation | undefined>();

/** The first media type of an `Accept` header that can be served, by its weights; JSON without a header. Throws 406. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return PLAIN;
  let found = remembered.get(accept);
  if (found === undefined && !remembered.has(accept)) {
    found = choose(accept);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(accept, found);
  }
  if (found === undefined) {
    throw notAcceptable(
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  return found;
}

function choose(accept: string): Representation | undefined {
  const clauses = accept.split(',').map(readClause);
  clauses.sort((a, b) => b.weight - a.weight); // stable: equal weights stay in the client's order
  for (const { type, parameters, weight } of clauses) {
    const format = FORMATS[type];
    if (format === undefined || weight === 0) continue;
    const as = parameters.get('as');
    if (as === undefined) return { ...format, as: 'object', version: 'v1' };
    const version = parameters.get('v');
    if (!VIEWS.has(as) || parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    return { ...format, as: as as Representation['as'], version };
  }
  return undefined;
}

function readClause(text: string): { type: string; parameters: Map<string, string>; weight: number } {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part): [string, string] => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
  const weight = Number(parameters.get('q') ?? '1');
  return { type: type.toLowerCase(), parameters, weight: Number.isNaN(weight) ? 0 : weight };
}
