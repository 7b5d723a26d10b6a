/** The minor version of Kubernetes 1 in `v1.29.2`, `1.33`, `1.31+k3s1`; undefined for anything else. */
export function minorOf(version: string | undefined): number | undefined {
  const match = /^v?1\.(\d{1,3})(\.|\+|-|$)/.exec(version ?? '')
  return match === null ? undefined : Number(match[1])
}
