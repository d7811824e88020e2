import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { SchemaDocument } from './schema-document.ts';

let loaded: SchemaDocument | undefined;

/**
 * Kubernetes' types as data, read and parsed once a process (about 10 ms). `KUBERNETUS_SCHEMA` names the file where the code does
 * not run from its sources (bundles set it).
 */
export function loadSchema(): SchemaDocument {
  loaded ??= JSON.parse(gunzipSync(readFileSync(schemaFile())).toString('utf8')) as SchemaDocument;
  return loaded;
}

function schemaFile(): string | URL {
  return process.env['KUBERNETUS_SCHEMA'] ?? new URL('./kubernetes.json.gz', import.meta.url);
}
