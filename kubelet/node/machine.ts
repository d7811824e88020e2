import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, networkInterfaces, platform, release, totalmem } from 'node:os';

/** What a node says about the machine it runs on. Memory and disk in bytes. */
export interface Machine {
  hostname: string;
  operatingSystem: string;
  architecture: string;
  kernelVersion: string;
  osImage: string;
  machineId: string;
  systemUuid: string;
  bootId: string;
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  /** The first address that is not loopback, else 127.0.0.1. */
  address: string;
}

/** Go's names, which labels and nodeInfo use. */
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', ia32: '386' };
const SYSTEMS: Record<string, string> = { win32: 'windows' };

/** Reads the machine once; what cannot be read is empty. `rootDir` is on the disk that pods use. */
export async function readMachine(rootDir: string): Promise<Machine> {
  const [osRelease, machineId, systemUuid, bootId, disk] = await Promise.all([
    read('/etc/os-release'),
    read('/etc/machine-id'),
    read('/sys/class/dmi/id/product_uuid'),
    read('/proc/sys/kernel/random/boot_id'),
    statfs(rootDir).catch(() => undefined),
  ]);
  const address = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  return {
    hostname: hostname().toLowerCase(),
    operatingSystem: SYSTEMS[platform()] ?? platform(),
    architecture: ARCHITECTURES[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? platform(),
    machineId,
    systemUuid: systemUuid === '' ? machineId : systemUuid.toLowerCase(),
    bootId,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    diskBytes: disk === undefined ? 0 : disk.blocks * disk.bsize,
    address: address ?? '127.0.0.1',
  };
}

async function read(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
