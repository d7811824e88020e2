/** Writes the pages that are made from the code: `node --import tsx docs/generate.ts`. */
import { writeFileSync } from 'node:fs';
import { optionsPage } from './options-page.ts';

writeFileSync(new URL('options.md', import.meta.url), optionsPage());
