import { isIP } from 'node:net'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { askNameServer, type DnsAnswer, type DnsRecord, recordTypes } from './dns-exchange.js'
import { candidates } from './nslookup.js'

const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const switches = ['short', 'tcp', 'vc', 'search', 'all', 'answer', 'question', 'comments', 'stats', 'cmd', 'recurse', 'edns']

/** `dig [@SERVER] [-p PORT] [-x ADDRESS] [-t] [TYPE] NAME [+short] [+tcp] [+search] [+noall] [+answer]`. */
export const dig: Applet = async (args, context) => {
  const asked = parse(args)
  const { world, stdout } = context
  const server = asked.server ?? world.nameServer
  const [address] = server === undefined || isIP(server) !== 0 ? [server] : await world.resolve(server)
  if (address === undefined) throw new Error("couldn't get address of the name server")
  const port = address.startsWith('127.') ? world.boundPort(asked.port) : asked.port
  const at = { address, port, tcp: asked.on.has('tcp') || asked.on.has('vc') }
  const names = asked.on.has('search') ? candidates(asked.name, context) : [asked.name]
  let answer: DnsAnswer | undefined
  for (const name of names) {
    try {
      answer = await askNameServer(at, name, asked.type, context)
    } catch (error) {
      await stdout.write(`;; ${(error as Error).message}\n`)
      return 9
    }
    if (answer.code !== 3) break
  }
  if (answer === undefined) return 9
  if (asked.on.has('short')) {
    await stdout.write(answer.answers.map(({ data }) => `${data}\n`).join(''))
    return 0
  }
  const lines = answer.answers.map(lineOf)
  const isBrief = asked.off.has('all')
  if (!isBrief) await writeHead(asked, answer, context)
  if (!isBrief || asked.on.has('answer')) await stdout.write(lines.map((line) => `${line}\n`).join(''))
  if (!isBrief) await stdout.write(`\n;; SERVER: ${address}#${port} (${at.tcp ? 'TCP' : 'UDP'})\n\n`)
  return 0
}

interface Asked {
  server?: string
  port: number
  name: string
  type: string
  readonly on: Set<string>
  readonly off: Set<string>
}

function parse(args: readonly string[]): Asked {
  const asked: Asked = { port: 53, name: '.', type: 'A', on: new Set(), off: new Set() }
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg.startsWith('@')) asked.server = arg.slice(1)
    else if (arg.startsWith('+')) {
      const [, no, name = ''] = /^\+(no)?(\w+)/.exec(arg) ?? []
      if (/^(time|tries|retry|ndots|timeout)$/.test(name)) continue
      if (!switches.includes(name)) throw new Error(`Invalid option: ${arg}`)
      asked[no === undefined ? 'on' : 'off'].add(name)
      asked[no === undefined ? 'off' : 'on'].delete(name)
    } else if (arg === '-p') asked.port = Number(rest.shift())
    else if (arg === '-t') asked.type = (rest.shift() ?? '').toUpperCase()
    else if (arg === '-x') {
      asked.name = `${(rest.shift() ?? '').split('.').reverse().join('.')}.in-addr.arpa.`
      asked.type = 'PTR'
    } else if (arg === '-4' || arg.toUpperCase() === 'IN') continue
    else if (recordTypes[arg.toUpperCase()] !== undefined) asked.type = arg.toUpperCase()
    else if (arg.startsWith('-')) throw new Error(`Invalid option: ${arg}`)
    else asked.name = arg
  }
  if (recordTypes[asked.type] === undefined) throw new Error(`unknown type ${asked.type}`)
  if (!(asked.port > 0 && asked.port < 65_536)) throw new Error("couldn't parse port number")
  return asked
}

async function writeHead(asked: Asked, answer: DnsAnswer, { stdout }: CommandContext): Promise<void> {
  const status = codes[answer.code] ?? String(answer.code)
  await stdout.write(
    `\n; <<>> DiG <<>> ${asked.name} ${asked.type}\n;; Got answer:\n` +
      `;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${answer.id}\n` +
      `;; QUERY: 1, ANSWER: ${answer.answers.length}\n\n;; QUESTION SECTION:\n;${asked.name.replace(/\.?$/, '.')}\t\tIN\t${asked.type}\n\n` +
      (answer.answers.length === 0 ? '' : ';; ANSWER SECTION:\n'),
  )
}

function lineOf({ name, ttl, type, data }: DnsRecord): string {
  return `${name}\t${ttl}\tIN\t${type}\t${data}`
}

/** `getent hosts|ahosts|ahostsv4 NAME...`: addresses as programs find them, by /etc/hosts and the name server. 2: there are none. */
export const getent: Applet = async (args, { world, stdout }) => {
  const [database = '', ...names] = args
  if (!/^(a?hosts|ahostsv4)$/.test(database)) throw new Error(`Unknown database: ${database}`)
  for (const name of names) {
    const addresses = isIP(name) === 0 ? await world.resolve(name) : [name]
    if (addresses.length === 0) return 2
    for (const address of addresses) await stdout.write(`${address.padEnd(15)} ${name}\n`)
  }
  return 0
}
