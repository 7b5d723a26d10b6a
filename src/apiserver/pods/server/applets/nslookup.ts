import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { lastValue, parseFlags } from './parse-flags.js'

export const kinds = ['A', 'AAAA', 'SRV', 'TXT', 'PTR', 'NS', 'SOA', 'CNAME'] as const
export type Kind = (typeof kinds)[number]

/** `nslookup [-type=A|AAAA|SRV|TXT|PTR|NS|SOA|CNAME] NAME [SERVER]`, with answers as bind's tool prints them. */
export const nslookup: Applet = async (args, context) => {
  // It takes long options with one dash.
  const flags = parseFlags(
    args.map((arg) => arg.replace(/^-(query|type|timeout|debug)\b/i, '--$1')),
    ['debug'],
    ['t', 'q', 'type', 'query', 'timeout'],
  )
  const asked = (lastValue(flags, 'type', 'query', 't', 'q') ?? '').toUpperCase()
  const [name, server = context.world.nameServer] = flags.rest
  if (name === undefined) throw new Error('a name is expected')
  if (asked !== '' && !kinds.includes(asked as Kind)) throw new Error(`type ${asked} is not known here: ${kinds.join(', ')}`)
  if (server === undefined || isIP(server) === 0) throw new Error('there is no name server')
  const port = server.startsWith('127.') ? context.world.boundPort(53) : 53
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers([`${server}:${port}`])
  const given = context.signal
  given.addEventListener('abort', () => resolver.cancel(), { once: true })
  await context.stdout.write(`Server:\t\t${server}\nAddress:\t${server}#${port}\n\n`)
  const wanted: Kind[] = asked !== '' ? [asked as Kind] : isIP(name) === 0 ? ['A', 'AAAA'] : ['PTR']
  let problem = 'NXDOMAIN'
  for (const candidate of candidates(name, context)) {
    const lines: string[] = []
    for (const kind of wanted) {
      try {
        lines.push(...(await ask(resolver, kind, candidate)))
      } catch (error) {
        const { code = '' } = error as { code?: string }
        if (code === 'ENODATA') problem = 'no answer'
        else if (code !== 'ENOTFOUND') {
          await context.stdout.write(`;; ${code === 'ETIMEOUT' ? 'connection timed out; no servers could be reached' : code}\n`)
          return 1
        }
      }
    }
    if (lines.length > 0) {
      await context.stdout.write(`${lines.join('\n')}\n\n`)
      return 0
    }
  }
  await context.stdout.write(
    problem === 'NXDOMAIN'
      ? `** server can't find ${name.replace(/\.$/, '')}: NXDOMAIN\n\n`
      : `*** Can't find ${name}: No answer\n\n`,
  )
  return 1
}

/** The names to try: a name with few dots is completed by the search list first, as the resolver of a pod does it. */
export function candidates(name: string, context: CommandContext): string[] {
  if (name.endsWith('.') || isIP(name) !== 0) return [name]
  const completed = context.world.searchDomains.map((domain) => `${name}.${domain}`)
  return name.split('.').length - 1 >= 5 ? [name, ...completed] : [...completed, name]
}

async function ask(resolver: Resolver, kind: Kind, name: string): Promise<string[]> {
  const shown = name.replace(/\.$/, '')
  const plain = name.replace(/\.$/, '')
  switch (kind) {
    case 'A':
      return (await resolver.resolve4(plain)).map((address) => `Name:\t${shown}\nAddress: ${address}`)
    case 'AAAA':
      return (await resolver.resolve6(plain)).map((address) => `Name:\t${shown}\nAddress: ${address}`)
    case 'SRV':
      return (await resolver.resolveSrv(plain)).map(
        (each) => `${shown}\tservice = ${each.priority} ${each.weight} ${each.port} ${each.name}.`,
      )
    case 'TXT':
      return (await resolver.resolveTxt(plain)).map(
        (parts) => `${shown}\ttext = ${parts.map((part) => JSON.stringify(part)).join(' ')}`,
      )
    case 'NS':
      return (await resolver.resolveNs(plain)).map((target) => `${shown}\tnameserver = ${target}.`)
    case 'CNAME':
      return (await resolver.resolveCname(plain)).map((target) => `${shown}\tcanonical name = ${target}.`)
    case 'PTR':
      return (isIP(plain) === 0 ? await resolver.resolvePtr(plain) : await resolver.reverse(plain)).map(
        (target) => `${shown}\tname = ${target}.`,
      )
    case 'SOA': {
      const soa = await resolver.resolveSoa(plain)
      return [
        `${shown}\n\torigin = ${soa.nsname}\n\tmail addr = ${soa.hostmaster}\n\tserial = ${soa.serial}\n\trefresh = ${soa.refresh}` +
          `\n\tretry = ${soa.retry}\n\texpire = ${soa.expire}\n\tminimum = ${soa.minttl}`,
      ]
    }
  }
}
