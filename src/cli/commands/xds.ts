import { join, resolve } from 'node:path'
import { UsageError } from '../../base/errors.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { type Column, formatAge, parseOutputFormat, printRows } from '../screens/print.js'

type Client = import('../../services/xds/ads-stream.js').XdsClientStatus

interface StatusOptions {
  server: string
  ca?: string
  cert?: string
  key?: string
  output?: string
}

/** `flotilla xds`: the discovery service and its clients. */
export const xdsCommand: CommandEntry = {
  name: 'xds',
  register(program, io) {
    const xds = program
      .command('xds')
      .description('look at the clients of the discovery service, and write their bootstrap files')
    xds
      .command('status')
      .description('list the clients of a discovery service, what they were sent, and what they refused')
      .requiredOption('--server <address>', 'ADDRESS:PORT of `--xds` or `--xds-clear`')
      .option('--ca <file>', 'authority of the server (with --cert and --key: mutual TLS)')
      .option('--cert <file>', 'certificate to show')
      .option('--key <file>', 'its key')
      .option('-o, --output <format>', 'table, wide, json, yaml or name')
      .action((options: StatusOptions) => showStatus(options, io))
    xds
      .command('bootstrap')
      .description('print the bootstrap file of a client that runs in a cluster')
      .requiredOption('--server <address>', 'ADDRESS:PORT of the discovery service')
      .requiredOption('--from <cluster[/region[/zone]]>', 'where the client is')
      .option('--for <client>', 'grpc or envoy', 'grpc')
      .option('--delta', 'Envoy: ask for changes only')
      .option('--http <address>', 'Envoy: where it listens for HTTP', '127.0.0.1:15080')
      .option('--tcp <listeners...>', 'Envoy: ADDRESS:PORT=NAME.NAMESPACE:PORT, a listener for one service each')
      .option('--tls-dir <dir>', 'Envoy: a directory with ca.crt, tls.crt and tls.key, for mutual TLS')
      .action(async (options: BootstrapOptions) => {
        const { makeBootstrap } = await import('../../services/xds/bootstrap.js')
        io.out(`${JSON.stringify(makeBootstrap(readBootstrap(options)), undefined, 2)}\n`)
      })
  },
}

const columns: readonly Column<Client>[] = [
  { title: 'NODE', value: ({ node }) => node },
  { title: 'CLUSTER', value: ({ cluster }) => cluster || '<none>' },
  { title: 'LOCALITY', value: ({ locality }) => locality },
  { title: 'PROTOCOL', value: ({ protocol }) => protocol },
  { title: 'RESOURCES', value: ({ kinds }) => kinds.map(({ kind, resources }) => `${kind}:${resources}`).join(',') },
  { title: 'SYNC', value: ({ kinds }) => (kinds.every(({ sent, acknowledged }) => sent === acknowledged) ? 'yes' : 'no') },
  {
    title: 'REFUSED',
    value: ({ kinds }) => kinds.flatMap(({ kind, refused }) => (refused ? [`${kind}: ${refused.message}`] : [])).join('; '),
  },
  { title: 'CLIENT', wide: true, value: ({ agent, peer }) => `${agent} ${peer}`.trim() },
  { title: 'CONNECTED', wide: true, value: ({ connectedMs }) => formatAge(connectedMs, Date.now()) },
]

async function showStatus(options: StatusOptions, io: CommandIo): Promise<void> {
  const format = parseOutputFormat(options.output)
  const { ca, cert, key } = options
  const given = [ca, cert, key].filter((each) => each !== undefined).length
  if (given !== 0 && given !== 3) {
    throw new UsageError({
      code: 'xds-without-certificates',
      message: 'mutual TLS needs three files',
      fix: 'Give --ca, --cert and --key, or none of them.',
    })
  }
  const [{ askXdsStatus }, { readTlsFiles }] = await Promise.all([
    import('../../app/services/ask-xds-status.js'),
    import('../../app/services/xds-options.js'),
  ])
  const tls = given === 3 ? readTlsFiles({ ca: ca!, cert: cert!, key: key! }) : undefined
  const rows = await askXdsStatus(options.server, tls)
  printRows({
    format,
    rows,
    columns,
    data: rows,
    names: ({ node }) => node,
    empty: 'No client is connected.',
    out: io.out,
    err: io.err,
  })
}

interface BootstrapOptions {
  server: string
  from: string
  for: string
  delta?: boolean
  http: string
  tcp?: string[]
  tlsDir?: string
}

function readBootstrap(options: BootstrapOptions) {
  const [cluster = '', region = '', zone = ''] = options.from.split('/')
  if (options.for !== 'grpc' && options.for !== 'envoy') {
    throw new UsageError({
      code: 'unknown-client',
      message: `unknown client "${options.for}"`,
      fix: 'Use --for grpc or --for envoy.',
    })
  }
  const tcp = (options.tcp ?? []).map((text) => {
    const [place, target] = text.split('=')
    if (place && target) return [place, target] as const
    throw new UsageError({
      code: 'bad-address',
      message: `--tcp ${text} is no listener`,
      fix: 'Write ADDRESS:PORT=NAME.NAMESPACE:PORT.',
    })
  })
  const directory = options.tlsDir === undefined ? undefined : resolve(options.tlsDir)
  return {
    server: options.server,
    cluster,
    locality: { region, zone, subZone: '' },
    client: options.for,
    delta: options.delta === true,
    http: options.http,
    tcp: Object.fromEntries(tcp),
    ...(directory === undefined
      ? {}
      : { tls: { ca: join(directory, 'ca.crt'), cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') } }),
  } as const
}
