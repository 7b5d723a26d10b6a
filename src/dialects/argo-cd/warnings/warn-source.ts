import { messageOf } from '../../../base/errors.js'
import { parseGitUrl } from '../../../delivery/source/git-url.js'
import { checkChartRepository } from '../../../delivery/source/helm/chart-repositories.js'
import { isChartSource } from '../application/chart-source.js'
import { decideSources } from '../application/decide-sources.js'
import type { ApplicationSource, ApplicationSpec } from '../kinds/application.js'

/** What is wrong with the sources of a specification, or not served. `spec` may hold templates: what they hide is not judged. */
export function warnSources(spec: Partial<ApplicationSpec>): string[] {
  const found: string[] = []
  if (spec.source !== undefined && (spec.sources ?? []).length > 0)
    found.push('spec.source has no effect beside spec.sources: remove one of them')
  if ((spec as { sourceHydrator?: unknown }).sourceHydrator !== undefined)
    found.push('spec.sourceHydrator is not served here: name the hydrated branch and path in spec.source')
  const decided = decideSources(spec)
  if ('problem' in decided) {
    found.push(`${decided.problem}: nothing is deployed until this is mended`)
    return found
  }
  for (const [index, source] of decided.sources.entries()) {
    found.push(...warnSource(source, decided.multiple ? `spec.sources[${index}]` : 'spec.source'))
  }
  return found
}

function warnSource(source: ApplicationSource, field: string): string[] {
  const found: string[] = []
  if (!source.repoURL.includes('{{')) {
    try {
      if (!isChartSource(source)) parseGitUrl(source.repoURL)
      else checkChartRepository(source.repoURL, source.chart ?? '')
    } catch (error) {
      found.push(`${field}.repoURL: ${messageOf(error)}`)
    }
  }
  const path = source.path ?? ''
  if (path.startsWith('/')) found.push(`${field}.path is ${path}: write it relative to the root of the repository`)
  else if (path.split('/').includes('..')) found.push(`${field}.path is ${path}: it must not lead out with ..`)
  if (isSet(source.directory?.jsonnet)) found.push(`${field}.directory.jsonnet: jsonnet files are not rendered here`)
  if (source.kustomize?.commonAnnotationsEnvsubst === true)
    found.push(`${field}.kustomize.commonAnnotationsEnvsubst has no effect here: annotations are taken as written`)
  return found
}

function isSet(settings: object | undefined): boolean {
  return settings !== undefined && Object.keys(settings).length > 0
}
