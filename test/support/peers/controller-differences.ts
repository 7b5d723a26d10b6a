/** Differences between the real controllers and ours that are known, each with its reason. */
export const expectedDifferences: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /ConfigMap kube-root-ca\.crt \.0\.metadata\.annotations\.kubernetes\.io\/description/,
    reason: 'the annotation says the same in words of our own',
  },
  { pattern: /Event Pod \S+ \S+ \S+ \(kubelet\)/, reason: 'the real cluster has no kubelet here' },
  {
    pattern: /(EndpointSlice|Endpoints) \S+ \.0\.metadata\.annotations.*last-change-trigger-time/,
    reason: 'a time for measuring kube-proxy, which is not written',
  },
  {
    pattern: /^quota: only real: Event ReplicaSet \S+ Warning FailedCreate .*combined from similar events/,
    reason: 'how often a refused pod is tried again in the first seconds depends on the machine',
  },
]
