import { UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'
import { type AccessFlags, addAccessFlags } from '../options/access-options.js'

export interface UpOptions extends AccessFlags {
  clusters?: string
  pull?: string
  dataDir?: string
  port?: string
  detach?: boolean
  output?: string
  demo: boolean
  sync: boolean
  nodes?: string
  pods: string
  podsConfig?: string
  dnsForward?: string
  dnsCompatibility?: string
  logLevel: string
}

/** `flotilla up`: the embedded fleet. */
export const upCommand: CommandEntry = {
  name: 'up',
  register(program, io) {
    const up = program
      .command('up')
      .description('start an embedded fleet: a hub, members, a Git server, everything in one process')
      .option(
        '--clusters <names|number>',
        'members: names parted by commas, or how many (default: those that it has; at first us-east,eu-west,staging)',
      )
      .option('--pull <names>', 'members, new ones, that the hub reaches by their agents alone, as clusters behind a firewall')
      .option('--data-dir <dir>', 'where the fleet keeps its state (default: under the XDG state home)')
      .option('--port <number>', 'port of the hub; members get the next ones (default: 7443 or what is free)')
      .option(
        '--nodes <machines>',
        'nodes of each cluster: how many, or their types as in 3xm5.large,2xc5.xlarge (default: those that it has; at first 3)',
      )
      .option('--detach', 'go on in the background, return when it is ready')
      .option('-o, --output <format>', 'json: print what was started as JSON')
      .option('--no-demo', 'without the demo repository and its ApplicationSets')
      .option('--no-sync', 'let the disk decide when to write (survives kill -9, not a power cut)')
      .option('--pods <mode>', 'auto: pods of images that Flotilla knows are processes; simulated: none are', 'auto')
      .option('--pods-config <file>', 'images that stand for commands of this machine, as YAML')
      .option('--dns-forward <server>', 'where names go that no cluster has: address, address:port or system (default: refused)')
      .option(
        '--dns-compatibility <names>',
        "lighthouse: also answer Submariner's names of a cluster's part of a service (default: off)",
      )
      .option('--xds <address>', "serve xDS to Envoys, with mutual TLS by the fleet's CA: PORT or ADDRESS:PORT (default: off)")
      .option('--xds-clear <address>', 'serve xDS in clear text on loopback, for gRPC clients (default: off)')
      .option(
        '--xds-status <address>',
        'serve a page about the clients of xDS: PORT or ADDRESS:PORT (loopback in clear text, elsewhere with mutual TLS as --xds)',
      )
      .option('--log-level <level>', 'debug, info, warn or error', 'warn')
    addAccessFlags(up)
    up.action(async (options: UpOptions) => {
      const members = options.clusters === undefined ? undefined : parseClusters(options.clusters)
      const pulled = options.pull === undefined ? undefined : parseClusters(options.pull)
      const port = options.port === undefined ? undefined : parsePort(options.port)
      if (options.output !== undefined && options.output !== 'json') {
        throw new UsageError({
          code: 'unknown-output-format',
          message: `unknown output format "${options.output}"`,
          fix: 'Use -o json, or leave it out.',
        })
      }
      const pods = parsePodsMode(options.pods)
      if (options.nodes !== undefined) {
        const { parseNodes } = await import('../../apiserver/members/nodes/instance-types.js')
        parseNodes(options.nodes)
      }
      const { runUp } = await import('../run/run-up.js')
      await runUp({ ...options, members, pulled, port, pods }, io)
    })
  },
}

/** Member names from `--clusters`: a list of DNS labels, or a count up to 2,000. */
export function parseClusters(text: string): string[] {
  if (/^\d+$/.test(text)) {
    const count = Number(text)
    if (count > 2000)
      throw new UsageError({
        code: 'too-many-clusters',
        message: `${count} members are more than one process serves`,
        fix: 'Use at most 2000.',
      })
    const width = Math.max(3, String(count).length)
    return Array.from({ length: count }, (_, index) => `cluster-${String(index + 1).padStart(width, '0')}`)
  }
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      throw new UsageError({
        code: 'bad-cluster-name',
        message: `"${name}" is no name for a cluster`,
        fix: 'Use lower-case letters, digits and dashes (a DNS label): --clusters us-east,eu-west',
      })
    }
    if (name === 'hub' || name === 'in-cluster') {
      throw new UsageError({
        code: 'bad-cluster-name',
        message: `"${name}" is the name of the hub`,
        fix: 'Choose another name for the member.',
      })
    }
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice)
    throw new UsageError({
      code: 'bad-cluster-name',
      message: `the cluster ${twice} is named twice`,
      fix: 'Name each cluster once.',
    })
  return names
}

function parsePodsMode(text: string): 'auto' | 'simulated' {
  if (text === 'auto' || text === 'simulated') return text
  throw new UsageError({
    code: 'bad-pods-mode',
    message: `unknown mode of pods "${text}"`,
    fix: 'Use --pods auto or --pods simulated.',
  })
}

/** A TCP port out of an option's text. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError({ code: 'bad-port', message: `${text} is no port`, fix: 'Use a number from 1 to 65535.' })
  return port
}
