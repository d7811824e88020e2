/** The Kubernetes version whose API and behaviour the components claim, as `kubectl version` and Node objects show it. */
export const KUBERNETES_VERSION = 'v1.36.4';
