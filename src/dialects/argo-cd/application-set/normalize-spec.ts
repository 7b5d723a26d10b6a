import type { ApplicationSource, ApplicationSpec } from '../kinds/application.js'

export const defaultProject = 'default'

/**
 * A spec without what means nothing: an empty sync policy, empty kustomize, helm and directory parts. An empty
 * project is `default`. Two specs that normalize to the same ask for the same.
 */
export function normalizeSpec(spec: ApplicationSpec): ApplicationSpec {
  const { syncPolicy, ...rest } = spec
  const normal: ApplicationSpec = { ...rest, project: spec.project || defaultProject }
  if (syncPolicy !== undefined && !isZero(syncPolicy)) normal.syncPolicy = syncPolicy
  if (spec.sources !== undefined && spec.sources.length > 0) normal.sources = spec.sources.map(normalizeSource)
  else if (spec.source !== undefined) normal.source = normalizeSource(spec.source)
  return normal
}

function normalizeSource(source: ApplicationSource): ApplicationSource {
  const { kustomize, helm, directory, ...rest } = source
  return {
    ...rest,
    ...(kustomize === undefined || isZero(kustomize) ? {} : { kustomize }),
    ...(helm === undefined || isZero(helm) ? {} : { helm }),
    ...(directory === undefined || isZero(directory) ? {} : { directory }),
  }
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true
  return typeof value === 'object' && Object.values(value).every(isZero)
}
