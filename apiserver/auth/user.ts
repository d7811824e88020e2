/** Who a request comes from, as `authentication.k8s.io/v1 UserInfo` has it. */
export interface UserInfo {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
/** The server itself, and whoever may open its Unix socket. */
export const LOOPBACK_ADMIN: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
