import type { UserInfo } from '../auth/user.ts';

/** What a request says beside its path and body; goes with it through the whole pipeline. */
export interface RequestContext {
  user: UserInfo;
  /** First part of the user agent, such as `kube-scheduler`; kept in the history log. */
  component?: string;
  /** Who will own the fields that the request sets; without it, `component`. */
  manager?: string;
  /** From `Kubernetus-Cause`: the newest revision among the events that led to this request. */
  cause?: number;
  dryRun: boolean;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Filled on the way; each becomes a `Warning:` header. */
  warnings: string[];
}
