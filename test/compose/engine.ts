import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { checked } from './checked.ts';

export interface Engine {
  /** Makes `docker` the engine's. */
  env: NodeJS.ProcessEnv;
  /** Started by this test; has no images and no way out of its containers' networks. */
  own: boolean;
  stop(): Promise<void>;
}

/** Of Debian 13: an older engine and compose lack `start_interval`. Nothing is installed, and all but these are there. */
const PACKAGES = ['docker.io', 'docker-cli', 'containerd', 'docker-compose', 'docker-buildx'];
const MORE_PACKAGES = ['iptables', 'debootstrap'];
const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * The Docker engine of this machine, or one that runs out of `scratch` until it is stopped, from packages unpacked in `cache`: the machine
 * itself is left as it is. A sentence where neither can be had.
 */
export async function findEngine({ cache, scratch }: { cache: string; scratch: string }): Promise<Engine | string> {
  if (spawnSync('docker', ['info']).status === 0 && spawnSync('docker', ['compose', 'version']).status === 0)
    return { env: process.env, own: false, stop: async () => undefined };
  const missing = ['apt-get', 'dpkg'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  if (process.getuid?.() !== 0 || missing.length > 0 || !existsSync(KEYRING))
    return 'found no Docker engine with compose, and starting one takes root on Debian';
  const root = join(cache, 'docker');
  if (!existsSync(join(root, 'complete'))) unpackPackages(root);
  return startEngine(root, scratch);
}

/** The variables that programs unpacked in `root` need to find each other. */
export function unpackedEnv(root: string): NodeJS.ProcessEnv {
  const libraries = readdirSync(join(root, 'usr/lib')).find((name) => name.endsWith('-linux-gnu')) ?? '';
  return {
    ...process.env,
    PATH: [join(root, 'bin'), join(root, 'usr/sbin'), join(root, 'usr/bin'), process.env.PATH].join(delimiter),
    LD_LIBRARY_PATH: join(root, 'usr/lib', libraries),
    XTABLES_LIBDIR: join(root, 'usr/lib', libraries, 'xtables'),
    DEBOOTSTRAP_DIR: join(root, 'usr/share/debootstrap'),
    DOCKER_CONFIG: join(root, 'config'),
  };
}

/** The mirror and release that this machine has its packages from. */
export function debianSource(): { uri: string; suite: string } {
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? SUITE;
  const targets = checked('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']);
  const uri = targets
    .split('\n')
    .find((line) => line.endsWith(` ${suite} main`))
    ?.split(' ')[0];
  if (uri === undefined) throw new Error(`apt-get knows no source for ${suite} main`);
  return { uri, suite };
}

function unpackPackages(root: string): void {
  rmSync(root, { recursive: true, force: true });
  const apt = join(root, 'apt');
  for (const folder of ['sources', 'lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, folder), { recursive: true });
  const { uri, suite } = debianSource();
  writeFileSync(
    join(apt, 'sources/debian.list'),
    [...new Set([suite, SUITE])].map((name) => `deb [signed-by=${KEYRING}] ${uri} ${name} main\n`).join(''),
  );
  writeFileSync(join(apt, 'preferences'), `Package: *\nPin: release n=${SUITE}\nPin-Priority: 100\n`);
  const options = Object.entries({
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': join(apt, 'sources'),
    'Dir::Etc::Preferences': join(apt, 'preferences'),
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State::Lists': join(apt, 'lists'),
    'Dir::Cache': join(apt, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  checked('apt-get', [...options, 'update', '-q']);
  const wanted = [...PACKAGES.map((name) => `${name}/${SUITE}`), ...MORE_PACKAGES];
  checked('apt-get', [...options, 'install', '-q', '-y', '--download-only', '--no-install-recommends', ...wanted]);
  const archives = join(apt, 'cache/archives');
  for (const name of readdirSync(archives)) if (name.endsWith('.deb')) checked('dpkg', ['-x', join(archives, name), root]);
  rmSync(apt, { recursive: true });

  // What the packages' scripts would have set up.
  mkdirSync(join(root, 'bin'));
  if (existsSync(join(root, 'usr/sbin/xtables-nft-multi')))
    for (const name of ['iptables', 'ip6tables']) symlinkSync(join(root, 'usr/sbin/xtables-nft-multi'), join(root, 'bin', name));
  mkdirSync(join(root, 'config'));
  symlinkSync(join(root, 'usr/libexec/docker/cli-plugins'), join(root, 'config/cli-plugins'));
  writeFileSync(join(root, 'complete'), '');
}

async function startEngine(root: string, scratch: string): Promise<Engine> {
  const socket = join(scratch, 'docker.sock');
  const env = { ...unpackedEnv(root), DOCKER_HOST: `unix://${socket}` };
  const log: string[] = [];
  const dockerd = spawn(
    'dockerd',
    [
      ...['--data-root', join(scratch, 'data'), '--exec-root', join(scratch, 'exec'), '--pidfile', join(scratch, 'dockerd.pid')],
      ...['--host', `unix://${socket}`],
      // Leaves the machine's firewall and routing alone; containers reach each other all the same, and published ports go through a proxy.
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  dockerd.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const killOnExit = (): void => void dockerd.kill('SIGTERM');
  process.once('exit', killOnExit);
  const ended = new Promise<void>((resolve) => dockerd.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    dockerd.kill('SIGTERM');
    await ended;
    process.off('exit', killOnExit);
  };
  try {
    await eventually(() => isRunning(dockerd) && spawnSync('docker', ['info'], { env }).status === 0, { withinMs: 30_000, everyMs: 200 });
  } catch {
    await stop();
    throw new Error(`dockerd did not start:\n${log.join('').slice(-3000)}`);
  }
  return { env, own: true, stop };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  if (exitCode === null && signalCode === null) return true;
  throw new Error('dockerd ended');
}
