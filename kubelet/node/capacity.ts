const KIB = 1024;
/** Memory that pods may not use. Source: kubelet's default hard eviction `memory.available<100Mi`. */
const EVICTION_MEMORY_BYTES = 100 * KIB * KIB;
/** Share of the disk that pods may use. Source: kubelet's default hard eviction `nodefs.available<10%`. */
const DISK_SHARE = 0.9;

export interface NodeResources {
  capacity: Record<string, string>;
  allocatable: Record<string, string>;
}

/** A node's resources as quantities. Pure. Source: kubelet/nodestatus/setters.go MachineInfo. */
export function nodeResources({
  cpus,
  memoryBytes,
  diskBytes,
  maxPods,
}: {
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  maxPods: number;
}): NodeResources {
  const shared = { cpu: String(cpus), 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', pods: String(maxPods) };
  const kibibytes = (bytes: number): string => `${Math.floor(bytes / KIB)}Ki`;
  return {
    capacity: { ...shared, 'ephemeral-storage': kibibytes(diskBytes), memory: kibibytes(memoryBytes) },
    allocatable: {
      ...shared,
      'ephemeral-storage': String(Math.floor(diskBytes * DISK_SHARE)),
      memory: kibibytes(Math.max(0, memoryBytes - EVICTION_MEMORY_BYTES)),
    },
  };
}
