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
}

interface KustomizeFlags {
  readonly remote?: boolean
  readonly enableHelm?: boolean
  readonly loadRestrictor?: string
  readonly order?: string
}

/** `flotilla render`: the renderers, offline. */
export const renderCommand: CommandEntry = {
  register(program, io) {
    const render = program.command('render').description('render manifests offline, as the hub does')
    render
      .command('kustomize <dir>')
      .description('print what `kustomize build DIR` prints')
      .option('--remote', 'read bases and files from other servers')
      .option('--enable-helm', 'render the charts of helmCharts')
      .option(
        '--load-restrictor <mode>',
        'LoadRestrictionsRootOnly, or LoadRestrictionsNone: files from anywhere in the repository',
      )
      .option('--order <order>', 'legacy: by kind; fifo: as in the files (Flux, Fleet)')
      .action(async (dir: string, flags: KustomizeFlags) => {
        const { renderKustomizeCommand } = await import('../../app/render-kustomize-command.js')
        io.out(await renderKustomizeCommand(dir, flags))
      })
    render
      .command('helm <name-or-chart> [chart]')
      .description('print what `helm template [NAME] CHART` prints; CHART is a directory or a packed chart')
      .option('-f, --values <file>', 'values from a YAML file (repeatable, the last wins)', collect)
      .option('--set <settings>', 'a.b=1,c={x,y} (repeatable)', collect)
      .option('--set-string <settings>', 'the same, every value a string', collect)
      .option('--set-json <settings>', 'a=JSON', collect)
      .option('--set-file <settings>', 'a=PATH: the content of a file', collect)
      .option('--set-literal <settings>', 'a=TEXT, taken as it is', collect)
      .option('-n, --namespace <name>', 'namespace of the release')
      .option('--name-template <template>', 'a template for the name of the release')
      .option('-g, --generate-name', 'make a name')
      .option('--kube-version <version>', 'what .Capabilities.KubeVersion says')
      .option('-a, --api-versions <versions>', 'more of .Capabilities.APIVersions (repeatable)', collectList)
      .option('-s, --show-only <path>', 'only what comes from this template (repeatable, a glob)', collect)
      .option('--include-crds', 'with the files of crds/')
      .option('--no-hooks', 'without hooks')
      .option('--skip-tests', 'without test hooks')
      .option('--is-upgrade', 'set .Release.IsUpgrade')
      .option('--skip-schema-validation', 'do not check values against values.schema.json')
      .option('--validate', 'refused: charts are rendered without a cluster')
      .option('--output-dir <dir>', 'write files below this directory instead')
      .option('--release-name', 'with the name of the release in the paths of --output-dir')
      .action(async (first: string, second: string | undefined, flags: HelmFlags) => {
        const { renderChartCommand } = await import('../../app/render-chart-command.js')
        const { hooks, ...rest } = flags
        await renderChartCommand(first, second, { ...rest, noHooks: hooks === false }, io)
      })
  },
}
