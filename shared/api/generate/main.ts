/** Writes `shared/api/generated/*.ts` from the schema: TypeScript types, one file a group-version, and the resource table. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadSchema } from '../schema/load-schema.ts';
import { resourceTable } from './resource-table.ts';
import { typeFiles } from './type-files.ts';

const directory = new URL('../generated/', import.meta.url);
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
const schema = loadSchema();
for (const [file, text] of [...typeFiles(schema), ...resourceTable(schema)]) writeFileSync(new URL(file, directory), text);
