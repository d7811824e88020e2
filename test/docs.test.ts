import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../cluster/commands/commands.ts';
import { optionsPage } from '../docs/options-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const SKIPPED = new Set(['node_modules', '.git', '.kubernetus', 'generated']);

/** Files below the root whose name matches, relative to it. */
function filesNamed(pattern: RegExp, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesNamed(pattern, path);
      return pattern.test(entry.name) ? [path] : [];
    });
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = filesNamed(/\.md$/);
const FENCE = /^ *```[^\n]*\n([\s\S]*?)^ *```/gm;

/** The page without its blocks of code. */
const prose = (file: string): string => read(file).replaceAll(FENCE, '');

/** Headings as the anchors that they get. */
function anchorsOf(file: string): Set<string> {
  return new Set(
    [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** What does not exist of `file#anchor`; '' for nothing. */
function missing(file: string, anchor: string | undefined): string {
  if (!existsSync(join(root, file))) return `there is no ${file}`;
  if (anchor === undefined || !file.endsWith('.md') || anchorsOf(file).has(anchor)) return '';
  return `${file} has no heading #${anchor}`;
}

/** The names in a union of string literals. */
function unionOf(file: string, type: string): string[] {
  const code = read(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const [, body = ''] = new RegExp(`type ${type} =([^;]+);`).exec(code) ?? [];
  return [...body.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
}

describe('pages', () => {
  test('link to files and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = '', anchor] = target.split('#');
        const problem = missing(path === '' ? page : normalize(join(dirname(page), path)), anchor);
        return problem === '' ? [] : [`${page}: ${problem}`];
      }),
    );
    assert.deepEqual(broken, []);
  });

  test('name symbols that the linked file has', () => {
    const broken = pages.flatMap((page) =>
      [...prose(page).matchAll(/\]\(([^)\s#]+\.(?:ts|cjs|mjs))\) `([\w.#]+)`/g)].flatMap(([, target = '', symbol = '']) => {
        const file = normalize(join(dirname(page), target));
        const lost = symbol.split('.').filter((name) => !existsSync(join(root, file)) || !read(file).includes(name));
        return lost.map((name) => `${page}: ${file} has no ${name}`);
      }),
    );
    assert.deepEqual(broken, []);
  });

  test('name paths that exist', () => {
    const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() && !SKIPPED.has(entry.name) ? [entry.name] : [],
    );
    const path = new RegExp(`\`((?:${folders.join('|')})/[\\w./-]+)\``, 'g');
    const broken = ['README.md', 'CONTRIBUTING.md', ...pages.filter((page) => page.startsWith('docs/'))].flatMap((page) =>
      [...prose(page).matchAll(path)].flatMap(([, named = '']) => (existsSync(join(root, named)) ? [] : [`${page}: there is no ${named}`])),
    );
    assert.deepEqual(broken, []);
  });

  test('use commands and flags that ./kubernetus has', () => {
    const wrong = pages.flatMap((page) =>
      [...read(page).matchAll(/\.\/kubernetus ([a-z]+)([^`#|;\n]*)/g)].flatMap(([, name = '', rest = '']) => {
        if (name === 'help') return [];
        const command = COMMANDS[name];
        if (command === undefined) return [`${page}: ./kubernetus ${name}`];
        if (name === 'kubectl') return [];
        const flags = [...rest.matchAll(/ (--[a-z-]+)/g)].map(([, flag = '']) => flag);
        const known = `${command.usage}\n${command.help}`;
        return flags.filter((flag) => !known.includes(flag)).map((flag) => `${page}: ./kubernetus ${name} ${flag}`);
      }),
    );
    assert.deepEqual(wrong, []);
  });

  test('use scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const wrong = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([a-z0-9:]+)/g)].flatMap(([, name = '']) =>
        Object.hasOwn(scripts, name) ? [] : [`${page}: ${name}`],
      ),
    );
    assert.deepEqual(wrong, []);
  });
});

test('pages and anchors that the code names exist', () => {
  const sources = [...filesNamed(/\.(?:ts|cjs|mjs|yml|yaml)$/), 'Dockerfile', 'kubernetus'].filter(
    (file) => file !== relative(root, fileURLToPath(import.meta.url)),
  );
  const broken = sources.flatMap((file) =>
    [...read(file).matchAll(/\b(docs\/[\w/-]+\.md)(?:#([\w-]+))?/g)].flatMap(([, page = '', anchor]) => {
      const problem = missing(page, anchor);
      return problem === '' ? [] : [`${file}: ${problem}`];
    }),
  );
  assert.deepEqual(broken, []);
});

describe('docs/errors.md lists', () => {
  const UNIONS: { name: string; file: string; type: string }[] = [
    { name: 'each reason of a Status', file: 'shared/machinery/api-error.ts', type: 'StatusReason' },
    { name: 'each code of the storage', file: 'apiserver/storage/backend.ts', type: 'StorageErrorCode' },
    { name: 'each code of a runtime', file: 'kubelet/runtime/driver.ts', type: 'RuntimeErrorCode' },
  ];
  for (const { name, file, type } of UNIONS)
    test(name, () => {
      const names = unionOf(file, type);
      assert.ok(names.length > 0, `${file} has no union ${type}`);
      const page = read('docs/errors.md');
      assert.deepEqual(
        names.filter((one) => !page.includes(`\`${one}\``)),
        [],
      );
    });
  test('each class of errors', () => {
    const classes = filesNamed(/\.ts$/).flatMap((file) =>
      file.startsWith('test/') ? [] : [...read(file).matchAll(/class (\w+) extends Error\b/g)].map(([, name = '']) => name),
    );
    const page = read('docs/errors.md');
    assert.deepEqual(
      classes.filter((name) => !page.includes(`\`${name}\``)),
      [],
    );
  });
});

test('docs/options.md is what the option tables say (`npm run generate` writes it)', () => {
  assert.equal(read('docs/options.md'), optionsPage());
});
