import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { parseResolvConf } from '../../apiserver/dns/resolv-conf.js'
import type { DnsCompatibility } from '../../apiserver/members/network/cluster-dns.js'
import { UsageError } from '../../base/errors.js'

/** Another name server, out of an option's text: `192.0.2.53`, `192.0.2.53:5353`, or `system` for the first of this machine. */
export function readNameServerOption(text: string | undefined): { address: string; port: number } | undefined {
  if (text === undefined) return undefined
  if (text === 'system') return systemNameServer()
  const [, address = '', port = '53'] = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  if (isIP(address) !== 4 || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError({
      code: 'bad-name-server',
      message: `"${text}" is no address of a name server`,
      fix: 'Use an IPv4 address, with :PORT when it is not 53, or "system" for the name server of this machine.',
    })
  }
  return { address, port: Number(port) }
}

/** `--dns-compatibility`: there is one so far. */
export function readDnsCompatibility(text: string | undefined): DnsCompatibility | undefined {
  if (text === undefined || text === 'lighthouse') return text
  throw new UsageError({
    code: 'unknown-dns-compatibility',
    message: `"${text}" is no set of names that the name servers know`,
    fix: 'Use --dns-compatibility lighthouse, or leave it out for the names of the specification alone.',
  })
}

function systemNameServer(): { address: string; port: number } {
  let text = ''
  try {
    text = readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    // Said below.
  }
  const server = parseResolvConf(text).servers.find(({ address }) => isIP(address) === 4)
  if (server !== undefined) return server
  throw new UsageError({
    code: 'bad-name-server',
    message: '/etc/resolv.conf names no IPv4 name server',
    fix: 'Give the address of one: --dns-forward 192.0.2.53',
  })
}
