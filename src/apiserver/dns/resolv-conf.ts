/** How names are looked up in a pod: what its /etc/resolv.conf says. */
export interface ResolverConfig {
  readonly servers: readonly { readonly address: string; readonly port: number }[]
  readonly search: readonly string[]
  /** A name with fewer dots is tried with the search list first. */
  readonly ndots: number
  readonly timeoutMs: number
  readonly attempts: number
}

export interface PodDns {
  readonly namespace: string
  readonly domain: string
  readonly nameServer: string
  /** core/v1 PodSpec dnsPolicy (default ClusterFirst). */
  readonly policy?: string
  readonly hostNetwork?: boolean
  /** core/v1 PodSpec dnsConfig. */
  readonly config?: {
    readonly nameservers?: readonly string[]
    readonly searches?: readonly string[]
    readonly options?: readonly { readonly name?: string; readonly value?: string }[]
  }
}

/**
 * The text of a pod's /etc/resolv.conf, as a kubelet writes it. Undefined: the pod uses the machine's own (dnsPolicy Default,
 * and ClusterFirst in the network of the node).
 */
export function resolvConfOf(pod: PodDns): string | undefined {
  const { config = {}, policy = 'ClusterFirst' } = pod
  const ofCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.hostNetwork)
  if (!ofCluster && policy !== 'None') return undefined
  const servers = ofCluster ? [pod.nameServer] : []
  const search = ofCluster ? [`${pod.namespace}.svc.${pod.domain}`, `svc.${pod.domain}`, pod.domain] : []
  const options = new Map<string, string | undefined>(ofCluster ? [['ndots', '5']] : [])
  for (const { name, value } of config.options ?? []) if (name) options.set(name, value)
  const optionTexts = [...options].map(([name, value]) => (value === undefined ? name : `${name}:${value}`))
  const allServers = [...new Set([...servers, ...(config.nameservers ?? [])])].slice(0, 3)
  const allSearch = [...new Set([...search, ...(config.searches ?? [])])].slice(0, 32)
  return [
    ...(allSearch.length > 0 ? [`search ${allSearch.join(' ')}`] : []),
    ...allServers.map((server) => `nameserver ${server}`),
    ...(optionTexts.length > 0 ? [`options ${optionTexts.join(' ')}`] : []),
    '',
  ].join('\n')
}

/** Reads a resolv.conf, which has no ports: `port` is that of all its servers. What makes no sense is passed over, as libc does. */
export function parseResolvConf(text: string, port = 53): ResolverConfig {
  const servers: { address: string; port: number }[] = []
  let search: string[] = []
  let ndots = 1
  let timeoutMs = 5000
  let attempts = 2
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver' && values[0] !== undefined && servers.length < 3) servers.push({ address: values[0], port })
    else if (keyword === 'search' || keyword === 'domain') search = values.map((name) => name.replace(/\.$/, '')).filter(Boolean)
    else if (keyword === 'options') {
      for (const option of values) {
        const found = /^(ndots|timeout|attempts):(\d{1,3})$/.exec(option)
        const number = Number(found?.[2])
        if (found?.[1] === 'ndots') ndots = Math.min(number, 15)
        else if (found?.[1] === 'timeout') timeoutMs = Math.min(Math.max(number, 1), 30) * 1000
        else if (found?.[1] === 'attempts') attempts = Math.min(Math.max(number, 1), 5)
      }
    }
  }
  return { servers, search, ndots, timeoutMs, attempts }
}

/** The names to ask for, one after the other, for a name that a program looks up. */
export function candidatesOf(name: string, config: Pick<ResolverConfig, 'search' | 'ndots'>): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const searched = config.search.map((suffix) => `${name}.${suffix}`)
  const dots = name.split('.').length - 1
  return dots >= config.ndots ? [name, ...searched] : [...searched, name]
}
