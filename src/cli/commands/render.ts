import { type Command, Option } from 'commander'
import type { CommandEntry } from '../contract.js'

const collect = (value: string, before: string[] = []) => [...before, value]
const collectList = (value: string, before: string[] = []) => [...before, ...value.split(',')]

interface HelmFlags {
  readonly values?: string[]
  readonly set?: string[]
  readonly setString?: string[]
  readonly setJson?: string[]
  readonly setFile?: string[]
  readonly setLiteral?: string[]
  readonly namespace?: string
  readonly nameTemplate?: string
  readonly generateName?: boolean
  readonly kubeVersion?: string
  readonly apiVersions?: string[]
  readonly showOnly?: string[]
  readonly includeCrds?: boolean
  readonly hooks?: boolean
  readonly skipTests?: boolean
  readonly isUpgrade?: boolean
  readonly skipSchemaValidation?: boolean
  readonly validate?: boolean
  readonly releaseName?: boolean
  readonly outputDir?: string
  readonly helmVersion?: string
  readonly repo?: string
  readonly version?: string
  readonly username?: string
  readonly password?: string
  readonly dryRun?: string | boolean
  readonly context?: string
}

interface KustomizeFlags {
  readonly remote?: boolean
  readonly enableHelm?: boolean
  readonly loadRestrictor?: string
  readonly order?: string
  readonly helmCommand?: string
  readonly helmKubeVersion?: string
  readonly helmApiVersions?: string[]
}

/** `flotilla render`: the renderers, offline. */
export const renderCommand: CommandEntry = {
  name: 'render',
  register(program, io) {
    const render = program.command('render').description('render manifests offline, as the hub does')
    render
      .command('kustomize <dir>')
      .description('print what `kustomize build DIR` prints')
      .option('--remote', 'read bases and files from other servers')
      .option('--enable-helm', 'render the charts of helmCharts; those that are not there are fetched')
      .option('--helm-command <program>', 'ignored: charts are rendered in process')
      .option('--helm-kube-version <version>', 'what .Capabilities.KubeVersion says in charts')
      .option('--helm-api-versions <versions>', 'more of .Capabilities.APIVersions in charts (repeatable)', collectList)
      .option(
        '--load-restrictor <mode>',
        'LoadRestrictionsRootOnly, or LoadRestrictionsNone: files from anywhere in the repository',
      )
      .option('--order <order>', 'legacy: by kind; fifo: as in the files (Flux, Fleet)')
      .action(async (dir: string, flags: KustomizeFlags) => {
        const { renderKustomizeCommand } = await import('../../app/rendering/render-kustomize-command.js')
        io.out(await renderKustomizeCommand(dir, flags, (message) => io.err(`${message}\n`)))
      })
    addHelmFlags(
      render
        .command('helm <name-or-chart> [chart] [rest...]')
        .description(
          'print what `helm template [NAME] CHART` prints; CHART is a directory, a packed chart, an address, or a chart of a repository',
        ),
    ).action(async (first: string, second: string | undefined, rest: string[], flags: HelmFlags, command: Command) => {
      const { renderChartCommand } = await import('../../app/rendering/render-chart-command.js')
      const { hooks, dryRun, ...others } = flags
      const args = [first, ...(second === undefined ? [] : [second]), ...rest]
      // Helm takes the mode behind = only: what follows --dry-run otherwise is an argument.
      const isArgument = typeof dryRun === 'string' && !rawArguments(command).includes(`--dry-run=${dryRun}`)
      await renderChartCommand(
        isArgument ? [dryRun, ...args] : args,
        { ...others, ...(dryRun === undefined ? {} : { dryRun: isArgument ? true : dryRun }), noHooks: hooks === false },
        io,
      )
    })
  },
}

/** The command line as it was written. */
function rawArguments(command: Command | null): string[] {
  const written: string[] = []
  for (let each = command; each !== null; each = each.parent) written.push(...((each as { rawArgs?: string[] }).rawArgs ?? []))
  return written
}

function addHelmFlags(command: Command): Command {
  for (const [flags, about, parse] of helmFlags) {
    if (parse === undefined) command.option(flags, about)
    else command.option(flags, about, parse)
  }
  for (const flags of withoutEffect) command.addOption(new Option(flags, 'taken as helm takes it; without effect').hideHelp())
  const names = withoutEffect.map((flags) => flags.replace(/^-\w, | <.*/g, ''))
  command.addHelpText('after', `\nTaken as helm takes them, without effect here:\n  ${names.join(' ')}`)
  return command
}

type Parse = (value: string, before?: string[]) => string[]

const helmFlags: readonly (readonly [flags: string, about: string, parse?: Parse])[] = [
  [
    '-f, --values <file>',
    'values from a YAML file, an http(s) address or standard input (-) (repeatable, the last wins)',
    collect,
  ],
  ['--set <settings>', 'a.b=1,c={x,y} (repeatable)', collect],
  ['--set-string <settings>', 'the same, every value a string', collect],
  ['--set-json <settings>', 'a=JSON; with Helm 4 also a whole object', collect],
  ['--set-file <settings>', 'a=PATH: the content of a file', collect],
  ['--set-literal <settings>', 'a=TEXT, taken as it is', collect],
  ['-n, --namespace <name>', "namespace of the release (default: that of the kubeconfig's context)"],
  ['--name-template <template>', 'a template for the name of the release'],
  ['-g, --generate-name', 'make a name'],
  ['--helm-version <major>', 'whose rules hold: 3 (default) or 4'],
  ['--repo <url>', 'the chart repository that has the chart'],
  ['--version <constraint>', 'a version (1.2.3) or constraints (^1.2) for a chart of a repository'],
  ['--devel', 'also versions that are not released yet'],
  ['--username <name>', 'user for the repository or registry'],
  ['--password <password>', 'password; better: --password-stdin, or the variable FLOTILLA_CHART_PASSWORD'],
  ['--password-stdin', 'read the password from standard input'],
  ['--pass-credentials', 'show user and password to other hosts too'],
  ['--ca-file <file>', 'authority of the server, as PEM'],
  ['--cert-file <file>', 'client certificate, as PEM'],
  ['--key-file <file>', 'its key, as PEM'],
  ['--insecure-skip-tls-verify', 'do not check the certificate of the server'],
  ['--plain-http', 'speak HTTP without TLS with a registry'],
  ['--repository-config <file>', "helm's repositories.yaml"],
  ['--repository-cache <dir>', "where helm keeps its repositories' indexes"],
  ['--registry-config <file>', "helm's logins at registries"],
  ['--dependency-update', 'fetch what is missing in charts/, into memory'],
  ['--kube-version <version>', 'what .Capabilities.KubeVersion says'],
  ['-a, --api-versions <versions>', 'more of .Capabilities.APIVersions (repeatable)', collectList],
  ['-s, --show-only <path>', 'only what comes from this template (repeatable, a glob)', collect],
  ['--include-crds', 'with the files of crds/'],
  ['--no-hooks', 'without hooks'],
  ['--skip-tests', 'without test hooks'],
  ['--is-upgrade', 'set .Release.IsUpgrade'],
  ['--skip-schema-validation', 'do not check values against values.schema.json'],
  ['--context <name>', 'render against this context of the kubeconfig: lookup reads it, .Capabilities are its own'],
  ['--kube-context <name>', 'the context for --dry-run=server and --validate, and for the namespace'],
  ['--kubeconfig <file>', 'the kubeconfig'],
  ['--dry-run [mode]', 'server: lookup reads the cluster (Helm 4: and what --validate does); client: nothing is asked'],
  ['--validate', ".Capabilities are the cluster's own, and the objects are checked against it"],
  ['--output-dir <dir>', 'write files below this directory instead'],
  ['--release-name', 'with the name of the release in the paths of --output-dir'],
  ['--post-renderer <program>', 'refused: programs are not run'],
  ['--verify', 'refused: provenance is not checked'],
  ['--enable-dns', 'refused: templates do not reach the network'],
]

/** Flags of `helm install` that `helm template` takes too; the output does not depend on them. */
const withoutEffect: readonly string[] = [
  '--atomic',
  '--create-namespace',
  '--debug',
  '--description <text>',
  '--disable-openapi-validation',
  '--force',
  '--force-conflicts',
  '--force-replace',
  '--hide-notes',
  '--keyring <file>',
  '-l, --labels <labels>',
  '--post-renderer-args <args>',
  '--render-subchart-notes',
  '--replace',
  '--rollback-on-failure',
  '--server-side',
  '--skip-crds',
  '--take-ownership',
  '--timeout <duration>',
  '--wait',
  '--wait-for-jobs',
]
