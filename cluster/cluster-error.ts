/** Something the user can mend: its message is printed as one sentence, without a stack. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** What to tell of an error: one sentence where the user or the system caused it, else its stack. */
export function textOfError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const bySystem = (error as NodeJS.ErrnoException).syscall !== undefined;
  return error instanceof ClusterError || bySystem ? error.message : (error.stack ?? error.message);
}
