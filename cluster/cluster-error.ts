/** Something the user can mend: its message is printed as one sentence, without a stack. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}
