/** What a filter says of one node. `resolvable`: evicting pods from it might help. */
export type Verdict = { fits: true } | { fits: false; reasons: readonly string[]; resolvable: boolean };

export const FITS: Verdict = { fits: true };

export function unschedulable(reasons: readonly string[], { resolvable }: { resolvable: boolean }): Verdict {
  return { fits: false, reasons, resolvable };
}
