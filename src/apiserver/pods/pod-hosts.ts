import type { Pod } from './pod-types.js'

/** The text of a pod's /etc/hosts: itself, and its hostAliases. */
export function podHosts(pod: Pod, podIP: string, hostname: string, fullName?: string): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`)
  const head = pod.spec.hostNetwork ? '# Kubernetes-managed hosts file (host network).' : '# Kubernetes-managed hosts file.'
  // A pod in a subdomain has its full name first.
  const names = fullName === undefined ? hostname : `${fullName}\t${hostname}`
  const own = `${head}\n127.0.0.1\tlocalhost\n${podIP}\t${names}\n`
  return aliases.length === 0 ? own : `${own}\n# Entries added by HostAliases.\n${aliases.join('')}`
}

/** The IPv4 addresses that such a text has for a name. */
export function hostsAddresses(text: string, name: string): string[] {
  const wanted = name.replace(/\.$/, '').toLowerCase()
  const found: string[] = []
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (/^\d+(\.\d+){3}$/.test(address) && names.some((each) => each.toLowerCase() === wanted)) found.push(address)
  }
  return found
}
