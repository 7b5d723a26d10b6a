import type { Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { addFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'
import type { AgentFlags } from '../run/run-agent.js'
import { parseOutputFormat, printRows } from '../screens/print.js'

/** `flotilla agent`: clusters that the hub cannot reach: their agents dial out to it. */
export const agentCommand: CommandEntry = {
  name: 'agent',
  register(program, io) {
    const agent = program.command('agent').description('let clusters join that the hub cannot reach: their agents dial out to it')
    registerTokens(agent, io)
    const run = agent
      .command('run')
      .description('run the agent of a cluster: joins where that is still to be done, then keeps a tunnel to the hub')
    addAgentFlags(run).action(async (options: AgentFlags) => {
      const { runAgentCommand } = await import('../run/run-agent.js')
      await runAgentCommand(options, io)
    })
    const join = agent
      .command('join')
      .description(
        'ask the hub to let this cluster join, wait for the approval, keep the certificate; agent run then needs no token',
      )
    addAgentFlags(join).action(async (options: AgentFlags) => {
      const { joinAgentCommand } = await import('../run/run-agent.js')
      await joinAgentCommand(options, io)
    })
    registerManifest(agent, io)
  },
}

function addAgentFlags(command: Command): Command {
  return command
    .requiredOption('--hub <url>', 'where agents connect: https://HOST:PORT, as agent token create prints it')
    .requiredOption('--name <cluster>', 'name of this cluster in the fleet')
    .option('--token <token>', 'for joining (better: FLOTILLA_AGENT_TOKEN or --token-file, which other users cannot see)')
    .option('--token-file <file>', 'file that holds it')
    .option('--ca-hash <hash>', "the hub's authority for agents, as sha256:...")
    .option('--ca-file <file>', 'or its certificate as PEM')
    .option('--proxy <url>', 'HTTP proxy on the way to the hub (default: HTTPS_PROXY)')
    .option('--kubeconfig <file>', 'kubeconfig of this cluster (default: the service account of the pod)')
    .option('--context <name>', 'its context')
    .option('--state-dir <dir>', 'where key, certificate and orders are kept (default: under the XDG state home)')
    .option('--state-secret <namespace/prefix>', 'or in Secrets of this cluster')
    .option('--access <kind>', 'requests that the hub may send through: full, read or none', 'full')
    .option('--allow-impersonation', 'let the hub act as the users who ask (the account needs the right, too)')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
}

interface TokenFlags extends FleetOptions {
  namespace?: string
  ttl: string
  cluster?: string
  autoApprove?: boolean
  output?: string
}

function registerTokens(agent: Command, io: CommandIo): void {
  const token = agent.command('token').description('tokens by which clusters join')
  addFleetOptions(token.command('create').description('make a token for one cluster; it is shown once'))
    .option('--ttl <duration>', 'how long it can be used: 30m, 2h', '1h')
    .option('--cluster <name>', 'only for the cluster of this name')
    .option('--auto-approve', 'whoever comes with it needs no approval')
    .option('-o, --output <format>', 'json: print it with everything else that agents need')
    .action(async (options: TokenFlags) => {
      const ttlSeconds = parseDuration(options.ttl)
      await withFleet(options, io, async (fleet) => {
        const { createToken } = await import('../../app/agent/agent-tokens.js')
        const { text, expires, front } = await createToken(fleet, {
          ttlSeconds,
          approves: options.autoApprove === true,
          ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
        })
        const { formatTime } = await import('../../base/clock.js')
        if (options.output === 'json') {
          const { url: hub, caHash } = front
          io.out(JSON.stringify({ token: text, expires: formatTime(expires), hub, caHash }, undefined, 2))
          return
        }
        const name = options.cluster ?? 'NAME'
        io.out(
          [
            `Token until ${formatTime(expires)}, for one cluster; it is not shown again:`,
            '',
            `  export FLOTILLA_AGENT_TOKEN=${text}`,
            '',
            'Beside the cluster:',
            `  flotilla agent run --hub ${front.url} --ca-hash ${front.caHash} --name ${name} --kubeconfig FILE`,
            'In the cluster:',
            `  flotilla agent manifest --hub ${front.url} --ca-hash ${front.caHash} --name ${name} --image IMAGE | kubectl apply -f -`,
            ...(options.autoApprove ? [] : ['Then, here:', `  flotilla cluster approve ${name}`]),
          ].join('\n'),
        )
      })
    })
  addFleetOptions(token.command('list').alias('ls').description('list tokens; their texts are nowhere'))
    .option('-o, --output <format>', 'table, json, yaml or name')
    .action(async (options: TokenFlags) => {
      const format = parseOutputFormat(options.output)
      await withFleet(options, io, async (fleet) => {
        const { listTokens } = await import('../../app/agent/agent-tokens.js')
        const { formatTime } = await import('../../base/clock.js')
        const rows = (await listTokens(fleet)).map(({ id, expires, cluster, key, approves }) => ({
          id,
          expires: formatTime(expires),
          cluster,
          approves,
          used: key !== '',
        }))
        printRows({
          format,
          rows,
          columns: [
            { title: 'ID', value: (row) => row.id },
            { title: 'EXPIRES', value: (row) => row.expires },
            { title: 'CLUSTER', value: (row) => row.cluster || '<any one>' },
            { title: 'APPROVES', value: (row) => String(row.approves) },
            { title: 'USED', value: (row) => String(row.used) },
          ],
          data: rows,
          names: (row) => row.id,
          empty: 'No tokens.',
          out: io.out,
          err: io.err,
        })
      })
    })
  addFleetOptions(token.command('delete <id>').description('make a token useless; clusters that have joined stay')).action(
    async (id: string, options: TokenFlags) => {
      await withFleet(options, io, async (fleet) => {
        const { deleteToken } = await import('../../app/agent/agent-tokens.js')
        await deleteToken(fleet, id)
        io.out(`token ${id} deleted`)
      })
    },
  )
}

interface ManifestFlags {
  hub: string
  name: string
  image: string
  caHash?: string
  caFile?: string
  proxy?: string
  token?: string
  tokenFile?: string
  installNamespace: string
  access: string
  rights: string
  rightsIn?: string
  allowImpersonation?: boolean
}

function registerManifest(agent: Command, io: CommandIo): void {
  agent
    .command('manifest')
    .description('print what installs an agent in a cluster, for kubectl apply -f - there; it holds the token')
    .requiredOption('--hub <url>', 'where agents connect: https://HOST:PORT')
    .requiredOption('--name <cluster>', 'name of the cluster in the fleet')
    .requiredOption('--image <image>', 'container image whose program is flotilla')
    .option('--token <token>', 'for joining (better: FLOTILLA_AGENT_TOKEN)')
    .option('--token-file <file>', 'file that holds it')
    .option('--ca-hash <hash>', "the hub's authority for agents, as sha256:...")
    .option('--ca-file <file>', 'or its certificate as PEM')
    .option('--proxy <url>', 'HTTP proxy on the way to the hub')
    .option('--install-namespace <name>', 'namespace of the agent', 'flotilla-system')
    .option('--access <kind>', 'requests that the hub may send through: full, read or none', 'full')
    .option('--rights <role>', 'what the agent may do: cluster-admin, admin, edit, view, another ClusterRole, or none', 'edit')
    .option('--rights-in <namespaces>', 'only in these namespaces, parted by commas (default: everywhere)')
    .option('--allow-impersonation', 'let the hub act as the users who ask; a right to become anybody in the cluster')
    .action(async (options: ManifestFlags) => {
      const { printManifest } = await import('../run/run-agent.js')
      await printManifest(options, io)
    })
}

/** Seconds of `90s`, `30m`, `2h`, `1d`. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text)
  const seconds = match === null ? 0 : Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd']
  if (seconds >= 60 && seconds <= 7 * 86_400) return seconds
  throw new UsageError({
    code: 'bad-token-time',
    message: `--ttl ${text} is no time between a minute and a week`,
    fix: 'For example: --ttl 30m, --ttl 2h',
  })
}

export type { ManifestFlags }
