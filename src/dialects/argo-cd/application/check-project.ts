import type { Cluster } from '../../../inventory/cluster.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
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
  for (const source of sources) {
    if (!permitsSource(project, source.repoURL))
      problems.push(invalid(`application repo ${source.repoURL} is not permitted in project '${name}'`))
  }
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

/**
 * Objects that the project does not let the application have. `namespaced`: undefined where the kind is not known, which is
 * then taken for namespaced if the object names a namespace.
 */
export function forbiddenObjects(
  project: AppProject,
  objects: readonly KubeObject[],
  cluster: Cluster,
  defaultNamespace: string,
  namespaced: (object: KubeObject) => boolean | undefined,
): { readonly object: KubeObject; readonly message: string }[] {
  const name = project.metadata.name
  const permittedNamespaces = new Map<string, boolean>()
  return objects.flatMap((object) => {
    const group = groupOf(object.apiVersion)
    const scoped = namespaced(object) ?? object.metadata.namespace !== undefined
    if (!permitsResource(project, { group, kind: object.kind, name: object.metadata.name }, scoped))
      return [{ object, message: `resource ${group}:${object.kind} is not permitted in project ${name}` }]
    const namespace = object.metadata.namespace || defaultNamespace
    if (!scoped || namespace === defaultNamespace) return []
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
    return permitted ? [] : [{ object, message: `namespace ${namespace} is not permitted in project '${name}'` }]
  })
}
