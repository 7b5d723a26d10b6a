import { isLabelValue, isQualifiedName } from '../../kube/object/names.js'

type Metadata = Readonly<Record<string, string>>

/** What goes over to the ServiceImports of other clusters, and what does not, in words. */
export interface ExportedMetadata {
  readonly labels: Metadata
  readonly annotations: Metadata
  readonly problems: readonly string[]
}

/** Prefixes, and those below them, by which ServiceImports are kept: what stands there is for those who keep them, not for an exporter in another cluster. */
const reserved = [
  'flotilla.dev',
  'multicluster.kubernetes.io',
  'multicluster.x-k8s.io',
  'argocd.argoproj.io',
  'kubectl.kubernetes.io',
]
/** An object takes at most 256 KiB of annotations: there must be room for others. */
const mostEntries = 250
const mostCharacters = 64 * 1024
const mostProblems = 20
const managedBy = 'app.kubernetes.io/managed-by'

/**
 * Labels and annotations of a ServiceExport's spec, without those that other clusters would refuse: one export must not keep
 * the service's import from being written everywhere.
 */
export function readExportedMetadata(spec: { exportedLabels?: Metadata; exportedAnnotations?: Metadata } = {}): ExportedMetadata {
  const problems: string[] = []
  const keep = (field: string, map: Metadata, isValue: (value: string) => boolean): Metadata => {
    const kept: Record<string, string> = {}
    let entries = 0
    let characters = 0
    for (const [key, value] of Object.entries(map)) {
      const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : ''
      const why =
        reserved.some((each) => prefix === each || prefix.endsWith(`.${each}`)) || key === managedBy
          ? 'is reserved'
          : !isQualifiedName(key)
            ? 'is no key'
            : !isValue(value)
              ? 'has a value that no label can have'
              : ++entries > mostEntries || (characters += key.length + value.length) > mostCharacters
                ? 'is too much beside the others'
                : ''
      if (why === '') kept[key] = value
      else if (problems.length === mostProblems) problems.push('and more')
      else if (problems.length < mostProblems) problems.push(`${field}: "${key.slice(0, 100)}" ${why} and is left out`)
    }
    return kept
  }
  const labels = keep('exportedLabels', spec.exportedLabels ?? {}, isLabelValue)
  const annotations = keep('exportedAnnotations', spec.exportedAnnotations ?? {}, () => true)
  return { labels, annotations, problems }
}
