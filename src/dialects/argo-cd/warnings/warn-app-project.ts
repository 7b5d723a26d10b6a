import type { AppProject } from '../kinds/app-project.js'
import { warnSyncWindow } from './warn-sync-window.js'

/** Fields that restrict what is allowed upstream and are not enforced here. */
const notEnforced: Readonly<Record<string, string>> = {
  destinationServiceAccounts: "objects are applied with the cluster Secret's own credentials",
  signatureKeys: 'commits are not verified',
  sourceIntegrity: 'commits are not verified',
  orphanedResources: 'orphaned resources are not reported',
}

/** What a person should know who applies an AppProject. */
export function warnAppProject(project: AppProject): string[] {
  const found: string[] = []
  const spec = project.spec as Readonly<Record<string, unknown>>
  for (const [field, consequence] of Object.entries(notEnforced)) {
    if (isSet(spec[field])) found.push(`spec.${field} is not enforced here: ${consequence}`)
  }
  if (!isSet(spec['sourceRepos'])) found.push('spec.sourceRepos is empty, so no repository is allowed: add URLs, or "*"')
  if (!isSet(spec['destinations'])) {
    found.push('spec.destinations is empty, so no cluster is allowed: add {server: "*", namespace: "*"} or narrower')
  }
  for (const [index, window] of (project.spec.syncWindows ?? []).entries())
    found.push(...warnSyncWindow(window, `spec.syncWindows[${index}]`))
  return found
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
