import type { Address } from '../../proxier.ts';

/** One address on which one service port answers. */
export interface Frontend {
  /** Rejects when the address cannot be had. */
  open(): Promise<void>;
  /** Takes nothing new; what is open goes on where the protocol knows such a thing. */
  close(): Promise<void>;
  destroy(): Promise<void>;
  /** Open connections. */
  readonly connections: number;
  endpointsChanged?(endpoints: readonly Address[]): void;
}
