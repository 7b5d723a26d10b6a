import { Argument, type Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { readManifest } from '../options/fleet-access.js'
import { addHostOptions, type HostOptions, withHost } from '../options/kubefed-host.js'

/** `flotilla kubefed`: what kubefedctl did. */
export const kubeFedCommand: CommandEntry = {
  name: 'kubefed',
  register(program, io) {
    const kubefed = program.command('kubefed').description('clusters and federated objects of KubeFed, as kubefedctl had it')
    registerInit(kubefed, io)
    registerJoin(kubefed, io)
    registerUnjoin(kubefed, io)
    registerEnable(kubefed, io)
    registerDisable(kubefed, io)
    registerFederate(kubefed, io)
    registerOrphaning(kubefed, io)
    kubefed
      .command('version')
      .description('the version of KubeFed whose API this is, and ours')
      .action(async () => {
        const { version } = await import('../version.js')
        io.out(`KubeFed API as of v0.10.0, flotilla ${version}\n`)
      })
  },
}

/** Federation v1 had it, and so do scripts and tutorials; KubeFed's own way was its chart. */
function registerInit(kubefed: Command, io: CommandIo): void {
  const meaningless = ['dns-provider', 'dns-zone-name', 'image']
  const init = addHostOptions(
    kubefed
      .command('init [name]')
      .description('make any Kubernetes API a control plane: kinds and configuration (flotilla hub --install does so, too)'),
  )
  for (const name of meaningless) init.option(`--${name} <value>`, 'of federation v1: says nothing here')
  init.action(async (_name: string | undefined, flags: HostOptions & Record<string, unknown>) => {
    const given = meaningless.filter(
      (name) => flags[name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] !== undefined,
    )
    if (given.length > 0)
      io.err(
        `Warning: ${given.map((name) => `--${name}`).join(', ')} are of federation v1 and say nothing here: see flotilla service for names across clusters`,
      )
    await withHost(flags, io, async ({ client }) => {
      const { initControlPlane } = await import('../../app/kubefed/init-control-plane.js')
      say(io, await initControlPlane(client, { dryRun: flags.dryRun === true }))
    })
  })
}

interface JoinFlags extends HostOptions {
  clusterContext?: string
  hostClusterName?: string
  secretName?: string
  errorOnExisting?: string
  force?: boolean
}

function registerJoin(kubefed: Command, io: CommandIo): void {
  addHostOptions(
    kubefed.command('join <cluster>').description('register a cluster: an account in it, a KubeFedCluster on the host'),
  )
    .option('--cluster-context <name>', 'context of the joining cluster (default: its name)')
    .option('--host-cluster-name <name>', 'name of the host in what is made in the cluster (default: its context)')
    .option('--secret-name <name>', 'Secret on the host that holds the token (default: a generated name)')
    .option('--error-on-existing <bool>', 'false: bring what is there already up to date', 'true')
    .action(async (name: string, flags: JoinFlags) => {
      await withHost(flags, io, async (host) => {
        const { joinCluster } = await import('../../app/kubefed/join-cluster.js')
        const { client, connection } = await host.connect(name, flags.clusterContext ?? name)
        try {
          const said = await joinCluster({
            host: host.client,
            member: client,
            connection,
            name,
            hostName: hostNameOf(flags, host.context),
            namespace: flags.kubefedNamespace,
            ...(flags.secretName === undefined ? {} : { secretName: flags.secretName }),
            limitedScope: await isLimited(host.client, flags.kubefedNamespace),
            errorOnExisting: flags.errorOnExisting !== 'false',
            dryRun: flags.dryRun === true,
            wait: (ms) => new Promise((done) => setTimeout(done, ms)),
          })
          say(io, said)
        } finally {
          client.close()
        }
      })
    })
}

function registerUnjoin(kubefed: Command, io: CommandIo): void {
  addHostOptions(kubefed.command('unjoin <cluster>').description('take back what joining has made; what runs there stays'))
    .option('--cluster-context <name>', 'context of the cluster (default: its name)')
    .option('--host-cluster-name <name>', 'name of the host as joining had it (default: its context)')
    .option('--force', 'also when the cluster cannot be reached: what is there then stays')
    .action(async (name: string, flags: JoinFlags) => {
      await withHost(flags, io, async (host) => {
        const { unjoinCluster } = await import('../../app/kubefed/unjoin-cluster.js')
        const member = await host.connect(name, flags.clusterContext ?? name).catch((error: unknown) => {
          if (flags.force !== true) throw error
          return undefined
        })
        try {
          const said = await unjoinCluster({
            host: host.client,
            member: member?.client,
            name,
            hostName: hostNameOf(flags, host.context),
            namespace: flags.kubefedNamespace,
            limitedScope: await isLimited(host.client, flags.kubefedNamespace),
            force: flags.force === true,
            dryRun: flags.dryRun === true,
          })
          say(io, said)
        } finally {
          member?.client.close()
        }
      })
    })
}

/** Contexts may have characters that names of objects cannot have. */
function hostNameOf(flags: JoinFlags, context: string): string {
  const name = flags.hostClusterName ?? context
  if (!/[:/]/.test(name)) return name
  throw new UsageError({
    code: 'bad-host-name',
    message: `${name} cannot be part of the names of objects`,
    fix: 'Give the host a name with --host-cluster-name.',
  })
}

async function isLimited(host: KubeClient, namespace: string): Promise<boolean> {
  const { controlPlaneSettings } = await import('../../app/kubefed/control-plane.js')
  return (await controlPlaneSettings(host, namespace)).limitedScope
}

interface EnableFlags extends HostOptions {
  federatedGroup?: string
  federatedVersion?: string
  version?: string
  output?: string
  filename?: string
  deleteCrd?: boolean
}

function registerEnable(kubefed: Command, io: CommandIo): void {
  addHostOptions(
    kubefed.command('enable [name]').description('federate a kind: makes Federated<Kind> and its FederatedTypeConfig'),
  )
    .option('--federated-group <group>', 'API group of the federated kind', 'types.kubefed.io')
    .option('--federated-version <version>', 'API version of the federated kind', 'v1beta1')
    .option('--version <version>', 'API version of the kind (default: the preferred one)')
    .option('-o, --output <format>', 'yaml: print what would be made')
    .option('-f, --filename <file>', 'an EnableTypeDirective that says all of it')
    .action(async (name: string | undefined, flags: EnableFlags) => {
      checkYaml(flags.output)
      const { readDirective } = await import('../../app/kubefed/enable-directive.js')
      const wanted = readDirective(name, flags, flags.filename === undefined ? undefined : await readManifest(flags.filename, io))
      await withHost(flags, io, async ({ client }) => {
        const { enableType, enablingObjects } = await import('../../app/kubefed/enable-type.js')
        const options = { ...wanted, namespace: flags.kubefedNamespace }
        if (flags.output === 'yaml') {
          const { typeConfig, crd } = await enablingObjects(client, options)
          await print(io, [typeConfig, crd])
        } else say(io, await enableType(client, { ...options, dryRun: flags.dryRun === true }))
      })
    })
}

function registerDisable(kubefed: Command, io: CommandIo): void {
  addHostOptions(kubefed.command('disable <name>').description('no longer federate a kind; copies stay'))
    .option('--delete-crd', 'remove the definition of the federated kind, too')
    .option('--federated-group <group>', 'API group of the federated kind: taken from its FederatedTypeConfig')
    .option('--version <version>', 'API version of the kind')
    .action(async (name: string, flags: EnableFlags) => {
      await withHost(flags, io, async ({ client }) => {
        const { disableType } = await import('../../app/kubefed/enable-type.js')
        const { kubefedNamespace: namespace, version } = flags
        const options = { name, namespace, ...(version === undefined ? {} : { version }) }
        say(io, await disableType(client, { ...options, deleteCrd: flags.deleteCrd === true, dryRun: flags.dryRun === true }))
      })
    })
}

interface FederateFlags extends HostOptions {
  namespace: string
  output?: string
  enableType?: boolean
  contents?: boolean
  filename?: string
  skipApiResources?: string
}

function registerFederate(kubefed: Command, io: CommandIo): void {
  addHostOptions(kubefed.command('federate [type] [name]').description('make a federated object of a plain one'))
    .option('-n, --namespace <name>', 'namespace of the object', 'default')
    .option('-o, --output <format>', 'yaml: print it, make nothing')
    .option('-t, --enable-type', 'enable the kind where it is not yet')
    .option('-c, --contents', 'of a namespace: everything in it as well')
    .option('-f, --filename <file>', 'plain objects of a file (- for standard input): prints them federated, asks no server')
    .option('-s, --skip-api-resources <names>', 'kinds or groups to leave out of --contents, with commas')
    .action(async (type: string | undefined, name: string | undefined, flags: FederateFlags) => {
      checkYaml(flags.output)
      const { federateFromHost, federateText } = await import('../../app/kubefed/federate-objects.js')
      if (flags.filename !== undefined) {
        if (type !== undefined)
          throw new UsageError({
            code: 'file-and-name',
            message: '--filename takes all objects of the file: a type and a name say nothing beside it',
            fix: 'Leave one of them out.',
          })
        const federated = federateText(await readManifest(flags.filename, io), flags.filename)
        for (const each of federated.flatMap(({ warnings }) => warnings)) io.err(`Warning: ${each}`)
        if (federated.length === 0) io.err('No objects in the file.')
        else
          await print(
            io,
            federated.map(({ object }) => object),
          )
        return
      }
      if (type === undefined || name === undefined)
        throw new UsageError({
          code: 'federate-what',
          message: 'a type and a name are missing',
          fix: 'Run flotilla kubefed federate TYPE NAME, or -f FILE.',
        })
      await withHost(flags, io, async ({ client }) => {
        const result = await federateFromHost({
          host: client,
          typeName: type,
          name,
          namespace: flags.namespace,
          controlNamespace: flags.kubefedNamespace,
          enables: flags.enableType === true,
          contents: flags.contents === true,
          skip: (flags.skipApiResources ?? '').split(','),
          printOnly: flags.output === 'yaml',
          dryRun: flags.dryRun === true,
        })
        for (const each of result.warnings) io.err(`Warning: ${each}`)
        if (flags.output === 'yaml') await print(io, result.objects)
        else say(io, result.said)
      })
    })
}

function registerOrphaning(kubefed: Command, io: CommandIo): void {
  addHostOptions(
    kubefed
      .command('orphaning-deletion')
      .description('whether copies stay when a federated object is deleted')
      .addArgument(new Argument('<action>', 'what to do').choices(['enable', 'disable', 'status']))
      .argument('<type>', 'federated kind')
      .argument('<name>', 'its name'),
  )
    .option('-n, --namespace <name>', 'namespace of the object', 'default')
    .action(async (action: string, type: string, name: string, flags: HostOptions & { namespace: string }) => {
      await withHost(flags, io, async ({ client }) => {
        const { orphaningOf, setOrphaning } = await import('../../app/kubefed/orphaning.js')
        const where = { host: client, type, name, namespace: flags.namespace }
        if (action === 'status') io.out(`${(await orphaningOf(where)) ? 'Enabled' : 'Disabled'}\n`)
        else await setOrphaning(where, action === 'enable', flags.dryRun === true)
      })
    })
}

function checkYaml(output: string | undefined): void {
  if (output === undefined || output === 'yaml') return
  throw new UsageError({ code: 'unknown-output-format', message: `unknown output format "${output}"`, fix: 'Use -o yaml.' })
}

function say(io: CommandIo, lines: readonly string[]): void {
  if (lines.length > 0) io.out(`${lines.join('\n')}\n`)
}

async function print(io: CommandIo, objects: readonly unknown[]): Promise<void> {
  const { formatYaml } = await import('../../formats/yaml/format-yaml.js')
  io.out(objects.map((object) => `---\n${formatYaml(object)}`).join(''))
}
