import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const COMPONENTS = [
  'apiserver',
  'scheduler',
  'controller-manager',
  'kubelet',
  'kube-proxy',
  'cloud-controller-manager',
  'addons',
  'cluster',
];
/** Inside shared/, imports go from left to right only. */
const SHARED_LAYERS = [['component', 'controller'], ['client'], ['machinery'], ['api']];
/** Above this a file is more than one concept, or says at its top why not. */
const MAX_LINES = 400;

function sources(folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path).flatMap((name) => {
    const child = join(folder, name);
    if (statSync(join(root, child)).isDirectory()) return name === 'generated' ? [] : sources(child);
    return name.endsWith('.ts') ? [child] : [];
  });
}

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = [...text.matchAll(/^\s*(import|export)( type)?[^'"]*?from\s+['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)/gm)];
  return found.map((match) => ({
    target: relative(root, resolve(dirname(join(root, file)), match[3] ?? match[4] ?? '')),
    typeOnly: match[2] !== undefined,
  }));
}

/** Drops comments and strings; suppressions, which are comments, stay. */
function withoutProse(text: string): string {
  return text.replaceAll(/\/\*\*?[\s\S]*?\*\/|(?<!:)\/\/(?! (?:@ts-|biome-)).*|'(?:[^'\\\n]|\\.)*'/g, '');
}

function layerOf(path: string): number {
  return SHARED_LAYERS.findIndex((layer) => layer.includes(path.split('/')[1] ?? ''));
}

describe('imports', () => {
  for (const component of COMPONENTS) {
    test(`of ${component} stay inside it and shared/`, () => {
      const wrong = sources(component).flatMap((file) =>
        importsOf(file).flatMap(({ target }) =>
          target.startsWith(`${component}/`) || target.startsWith('shared/') ? [] : [`${file} → ${target}`],
        ),
      );
      assert.deepEqual(wrong, []);
    });
  }
  test('inside shared/ go downwards', () => {
    const wrong = sources('shared').flatMap((file) =>
      importsOf(file).flatMap(({ target, typeOnly }) => {
        if (!target.startsWith('shared/')) return [`${file} → ${target}`];
        const [from, to] = [layerOf(file), layerOf(target)];
        // Types of the logger and the metrics registry are named by all that log and count.
        return to >= from || (typeOnly && target.startsWith('shared/component/')) ? [] : [`${file} → ${target}`];
      }),
    );
    assert.deepEqual(wrong, []);
  });
});

describe('files', () => {
  const all = ['shared', ...COMPONENTS].flatMap(sources);
  test('are kebab-case', () => {
    assert.deepEqual(
      all.filter((file) => !/^[a-z0-9.-]+\.ts$/.test(file.split('/').at(-1) ?? '')),
      [],
    );
  });
  test('lie in no folder that names nothing', () => {
    assert.deepEqual(
      all.filter((file) => /\/(utils|helpers|common|types|lib)\//.test(file)),
      [],
    );
  });
  test(`have at most ${MAX_LINES} lines, or say why at the top`, () => {
    const long = all.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return text.split('\n').length > MAX_LINES && !/^(\/\*\*|\/\/).*long/is.test(text.slice(0, 600));
    });
    assert.deepEqual(long, []);
  });
  test('hold no any, no suppressed check, no time or chance of their own', () => {
    const wrong = all.flatMap((file) => {
      const text = withoutProse(readFileSync(join(root, file), 'utf8'));
      const bad = /\bas any\b|: any\b|@ts-ignore|@ts-expect-error|biome-ignore-all/.test(text);
      const impure = /\bDate\.now\(\)|\bMath\.random\(\)|\bsetInterval\(/.test(text) && !PURITY_EXCEPTIONS.has(file);
      return bad || impure ? [file] : [];
    });
    assert.deepEqual(wrong, []);
  });
  test('each component has a README', () => {
    assert.deepEqual(
      COMPONENTS.filter((component) => sources(component).length > 0 && !existsSync(join(root, component, 'README.md'))),
      [],
    );
  });
});

/** Where real time and chance come in. */
const PURITY_EXCEPTIONS = new Set(['shared/machinery/clock.ts', 'shared/machinery/backoff.ts', 'cluster/commands/status.ts']);
