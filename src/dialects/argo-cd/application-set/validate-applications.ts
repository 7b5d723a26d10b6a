import type { Application, ApplicationDestination } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'
import { defaultProject } from './normalize-spec.js'

/** What an application refers to. */
export interface ApplicationChecks {
  projectExists(name: string): boolean
  /** Why a destination names no cluster, undefined when it names one. */
  explainDestination(destination: ApplicationDestination): string | undefined
}

export interface InvalidApplication {
  /** Empty when that is what is wrong. */
  readonly name: string
  readonly message: string
}

export interface ValidatedApplications {
  readonly valid: readonly Application[]
  /** Neither created nor updated nor deleted. */
  readonly invalid: readonly InvalidApplication[]
  readonly warnings: readonly string[]
}

/**
 * Sorts out applications that cannot work: no name, a name that came before, a project or a cluster that is not there. The
 * others go on. A template without a project means the project `default`, with a warning (upstream refuses it).
 */
export function validateApplications(
  appSet: ApplicationSet,
  applications: readonly Application[],
  checks: ApplicationChecks,
): ValidatedApplications {
  const valid: Application[] = []
  const invalid: InvalidApplication[] = []
  const seen = new Set<string>()
  let withoutProject = 0
  for (const given of applications) {
    const name = given.metadata.name
    const spec = { ...given.spec, project: given.spec.project || defaultProject }
    if (!given.spec.project) withoutProject++
    const message = explain(name, appSet.metadata.name, seen, spec.project, spec.destination, checks)
    seen.add(name)
    if (message === undefined) valid.push({ ...given, spec })
    else invalid.push({ name, message })
  }
  const warnings =
    withoutProject === 0
      ? []
      : [`spec.template.spec.project is missing: ${withoutProject} applications go to the project ${defaultProject}`]
  return { valid, invalid, warnings }
}

function explain(
  name: string,
  set: string,
  seen: ReadonlySet<string>,
  project: string,
  destination: ApplicationDestination,
  checks: ApplicationChecks,
): string | undefined {
  if (name === '') {
    return `ApplicationSet ${set} contains an application with no name; set metadata.name in the template or in templatePatch (generateName is not supported)`
  }
  if (seen.has(name)) return `ApplicationSet ${set} contains applications with duplicate name: ${name}`
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) || name.length > 253) {
    return `application name ${JSON.stringify(name)} is no DNS name: lower-case letters, digits, - and . are allowed; use .nameNormalized or normalize`
  }
  if (!checks.projectExists(project)) return `application ${name} references project ${project} which does not exist`
  const wrong = checks.explainDestination(destination)
  return wrong === undefined ? undefined : `application ${name} destination spec is invalid: ${wrong}`
}
