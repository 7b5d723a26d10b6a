import { readFileSync } from 'node:fs'
import { type PodDns, resolvConfOf } from '../dns/resolv-conf.js'
import type { Pod } from './pod-types.js'

/** The text of a pod's /etc/resolv.conf, by its dnsPolicy and dnsConfig. What follows the node's is that of this machine. */
export function podResolvConf(pod: Pod, nameServer: string): string {
  const { dnsPolicy, dnsConfig, hostNetwork } = pod.spec as {
    dnsPolicy?: string
    dnsConfig?: PodDns['config']
    hostNetwork?: boolean
  }
  const text = resolvConfOf({
    namespace: pod.metadata.namespace ?? '',
    domain: 'cluster.local',
    nameServer,
    ...(dnsPolicy === undefined ? {} : { policy: dnsPolicy }),
    ...(dnsConfig === undefined ? {} : { config: dnsConfig }),
    ...(hostNetwork === undefined ? {} : { hostNetwork }),
  })
  return text ?? ofMachine()
}

function ofMachine(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return ''
  }
}
