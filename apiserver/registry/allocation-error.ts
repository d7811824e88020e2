/** No address or port could be handed out; the message is upstream's. */
export class AllocationError extends Error {
  override readonly name = 'AllocationError';
}
