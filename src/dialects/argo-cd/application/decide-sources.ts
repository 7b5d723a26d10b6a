import type { ApplicationSource, ApplicationSpec } from '../kinds/application.js'

export interface DecidedSources {
  readonly sources: readonly ApplicationSource[]
  /** `sources` is used, so status speaks of revisions and sourceTypes. */
  readonly multiple: boolean
}

/** The sources of a specification, or why there are none to render. Pure. */
export function decideSources(spec: Pick<ApplicationSpec, 'source' | 'sources'>): DecidedSources | { readonly problem: string } {
  const multiple = (spec.sources ?? []).length > 0
  const sources = multiple ? spec.sources! : spec.source ? [spec.source] : []
  if (sources.length === 0) return { problem: 'spec.source or spec.sources is required' }
  for (const source of sources) {
    if (!source.repoURL) return { problem: 'spec.source.repoURL and either spec.source.path or spec.source.chart are required' }
    if (source.path === undefined && !source.chart && !source.ref)
      return { problem: 'spec.source.repoURL and either spec.source.path, spec.source.chart, or spec.source.ref are required' }
    if (source.chart && !source.targetRevision)
      return { problem: 'spec.source.targetRevision is required if the manifest source is a helm chart' }
    const kinds = typesOf(source)
    if (kinds.length > 1) return { problem: `multiple application sources defined: ${kinds.join(',')}` }
    if (source.plugin !== undefined)
      return {
        problem: `source ${source.repoURL} asks for a config management plugin, which Flotilla does not run: use directory or kustomize`,
      }
  }
  const refs = sources.flatMap((source) => source.ref ?? [])
  const twice = refs.find((ref, index) => refs.indexOf(ref) !== index)
  if (twice !== undefined) return { problem: `invalid sources: multiple sources had the same \`ref\` key: ${twice}` }
  return { sources, multiple }
}

function typesOf(source: ApplicationSource): string[] {
  return [
    source.kustomize && Object.keys(source.kustomize).length > 0 ? 'Kustomize' : '',
    source.helm && Object.keys(source.helm).length > 0 ? 'Helm' : '',
    source.directory && Object.keys(source.directory).length > 0 ? 'Directory' : '',
    source.plugin ? 'Plugin' : '',
  ].filter((kind) => kind !== '')
}
