import { closest } from '../../../base/closest.js'
import { checkSpec } from '../application/check-project.js'
import { decideDestination } from '../application/decide-destination.js'
import { decideSources } from '../application/decide-sources.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationDestination } from '../kinds/application.js'
import { defaultProject, defaultProjectName } from '../project/default-project.js'
import { findCluster, type WarningFacts } from './facts.js'
import { listNames } from './list-names.js'
import { warnSources } from './warn-source.js'
import { warnSyncOptions } from './warn-sync-options.js'

/**
 * What a person should know who applies an Application: why nothing would be deployed, and what would have no effect. Judged
 * by what the controller itself decides by, so that nothing is said of an Application that works.
 */
export function warnApplication(application: Application, facts: WarningFacts): string[] {
  const found: string[] = []
  if (!application.spec.project)
    found.push(`spec.project is empty, which is taken for "${defaultProjectName}": write project: ${defaultProjectName}`)
  return [...found, ...warnSpec(application, facts)]
}

/** The same, with nothing said of an empty project. */
export function warnSpec(application: Application, facts: WarningFacts): string[] {
  const { spec } = application
  const found: string[] = []
  const name = spec.project || defaultProjectName
  const project = findProject(facts, name)
  if (project === undefined) found.push(explainMissingProject(facts, name))
  const destination = explainDestination(facts, spec.destination)
  if (destination !== undefined) found.push(destination)
  found.push(...warnSources(spec))
  const decided = decideDestination(spec.destination, { find: (by) => findCluster(facts, by) })
  const sources = decideSources(spec)
  if (project !== undefined && 'cluster' in decided && 'sources' in sources) {
    const refused = checkSpec(application, project, sources.sources, decided.cluster)
    found.push(...refused.map(({ message }) => `${message}: nothing is deployed until the AppProject allows it`))
  }
  found.push(...warnSyncOptions(spec))
  return found
}

export function findProject(facts: WarningFacts, name: string): AppProject | undefined {
  return facts.projects.get(name) ?? (name === defaultProjectName ? defaultProject(facts.namespace) : undefined)
}

export function explainMissingProject(facts: WarningFacts, name: string): string {
  const names = [...new Set([...facts.projects.keys(), defaultProjectName])].sort()
  const meant = closest(name, names)
  const hint = meant === undefined ? `there are ${listNames(names)}` : `did you mean ${meant}?`
  return `spec.project: there is no AppProject ${name} in namespace ${facts.namespace}, and nothing is deployed until there is one; ${hint}`
}

/** Why a destination names no cluster that can be reached; undefined when it does. */
export function explainDestination(facts: WarningFacts, destination: ApplicationDestination | undefined): string | undefined {
  const name = destination?.name ?? ''
  const server = destination?.server ?? ''
  if (name !== '' && server !== '') return 'spec.destination has both name and server: remove one of them'
  if (name === '' && server === '') return 'spec.destination has neither name nor server: set one of them'
  const cluster = findCluster(facts, name === '' ? { server } : { name })
  if (cluster === undefined) {
    const field = name === '' ? 'server' : 'name'
    const wanted = name === '' ? server : name
    const known = [...facts.clusters.map((each) => each[field]), name === '' ? 'https://kubernetes.default.svc' : 'in-cluster']
    const meant = closest(wanted, known)
    const hint = meant === undefined ? `there are ${listNames(known)}` : `did you mean ${meant}?`
    return `spec.destination.${field}: there is no cluster ${wanted} in the fleet; ${hint}`
  }
  if (cluster.problem !== undefined) return `cluster ${cluster.name} cannot be reached: ${cluster.problem.message}`
  return undefined
}
