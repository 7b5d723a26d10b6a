import type { Delivery } from '../../../delivery/delivery.js'
import { redactUrl } from '../../../delivery/source/git-url.js'
import type { Cluster } from '../../../inventory/cluster.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationSource } from '../kinds/application.js'
import { permitsDestination, permitsNamespace, permitsResource, permitsSource } from '../project/project-rules.js'
import type { PlainCondition } from './conditions.js'

/** What the project says against an application as it is written. Pure. */
export function checkSpec(
  application: Application,
  project: AppProject | undefined,
  sources: readonly ApplicationSource[],
  cluster: Cluster,
): PlainCondition[] {
  const name = application.spec.project || 'default'
  const invalid = (message: string): PlainCondition => ({ type: 'InvalidSpecError', message })
  if (project === undefined) return [invalid(`Application referencing project ${name} which does not exist`)]
  const problems: PlainCondition[] = []
  if (!permitsNamespace(project, application.metadata.namespace ?? ''))
    problems.push(
      invalid(
        `application '${application.metadata.name}' in namespace '${application.metadata.namespace}' is not allowed to use project '${name}'`,
      ),
    )
  for (const message of explainSources(project, sources)) problems.push(invalid(message))
  const namespace = application.spec.destination.namespace ?? ''
  const destination = { server: cluster.server, name: cluster.name, namespace, clusterProject: cluster.project }
  if (!permitsDestination(project, destination))
    problems.push(
      invalid(
        `application destination server '${application.spec.destination.name || cluster.server}' and namespace '${namespace}' do not match any of the allowed destinations in project '${name}'`,
      ),
    )
  return problems
}

/** Which of the sources the project does not permit. */
export function explainSources(project: AppProject, sources: readonly ApplicationSource[]): string[] {
  return sources
    .filter(({ repoURL }) => !permitsSource(project, repoURL))
    .map(({ repoURL }) => `application repo ${redactUrl(repoURL)} is not permitted in project '${project.metadata.name}'`)
}

/** Why an application may not have an object, for the engine to ask; `cluster` and `defaultNamespace` are its destination's. Pure. */
export function refusalsOf(project: AppProject, cluster: Cluster, defaultNamespace: string): NonNullable<Delivery['refusal']> {
  const name = project.metadata.name
  const permittedNamespaces = new Map<string, boolean>()
  return ({ group, kind, name: objectName, namespace }, namespaced) => {
    if (!permitsResource(project, { group, kind, name: objectName }, namespaced))
      return `resource ${group}:${kind} is not permitted in project ${name}`
    if (!namespaced || namespace === defaultNamespace) return undefined
    let permitted = permittedNamespaces.get(namespace)
    if (permitted === undefined) {
      permitted = permitsDestination(project, {
        server: cluster.server,
        name: cluster.name,
        namespace,
        clusterProject: cluster.project,
      })
      permittedNamespaces.set(namespace, permitted)
    }
    return permitted ? undefined : `namespace ${namespace} is not permitted in project '${name}'`
  }
}
