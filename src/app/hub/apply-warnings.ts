import type { AdmissionPlugin, AdmissionRequest } from '../../apiserver/admission/contract.js'
import type { ClusterStorage } from '../../apiserver/storage/contract.js'
import { toCluster } from '../../areas/agent/hub/agent-cluster-source.js'
import type { AgentCluster } from '../../areas/agent/resource-types.js'
import { messageOf } from '../../base/errors.js'
import { equalJson } from '../../base/json.js'
import { clusterSecretLabel, parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { warnClusterSecret } from '../../dialects/argo-cd/cluster-secret/warn-cluster-secret.js'
import type { AppProject } from '../../dialects/argo-cd/kinds/app-project.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import type { WarningFacts } from '../../dialects/argo-cd/warnings/facts.js'
import { warnAppProject } from '../../dialects/argo-cd/warnings/warn-app-project.js'
import { warnApplication } from '../../dialects/argo-cd/warnings/warn-application.js'
import { warnApplicationSet } from '../../dialects/argo-cd/warnings/warn-application-set.js'
import { explainOwnership } from '../../dialects/argo-cd/warnings/warn-owned-application.js'
import type { FunctionTable } from '../../formats/go-template/functions.js'
import type { Cluster } from '../../inventory/cluster.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { controllerOf } from '../../kube/object/owner.js'

export interface ApplyWarningsOptions {
  /** The logical cluster that is the hub; others are left alone. */
  readonly cluster: string
  /** The control plane's. */
  readonly namespace: string
  /** Functions of Go templates in ApplicationSets. */
  readonly functions: FunctionTable
  /** Whose writes nobody reads warnings of: our own controllers'. */
  readonly quietUsers: readonly string[]
}

const secrets = 'secrets'
const projects = 'appprojects.argoproj.io'
const agentClusters = 'agentclusters.flotilla.dev'
const applications = 'applications.argoproj.io'
const applicationSets = 'applicationsets.argoproj.io'
const handled = new Set([secrets, projects, applications, applicationSets])

const maxWarnings = 12
const maxLength = 600

/**
 * Tells people who apply GitOps objects to the hub what will not work as they wrote it: kubectl prints it as warnings. It
 * never changes or refuses anything, and a mistake in here is a line in the log.
 */
export function createApplyWarnings(options: ApplyWarningsOptions): AdmissionPlugin {
  const quiet = new Set(options.quietUsers)
  const clusterOf = parsedOnce()
  return {
    name: 'ApplyWarnings',
    handles: ({ groupResource, operation, subresource, storage, user }) =>
      operation !== 'DELETE' &&
      subresource === '' &&
      handled.has(groupResource) &&
      storage.cluster === options.cluster &&
      !quiet.has(user.name),
    validate(request) {
      try {
        const found = warningsFor(request, options, clusterOf)
        for (const text of found.slice(0, maxWarnings)) request.warn(tidy(text))
        if (found.length > maxWarnings) request.warn(`and ${found.length - maxWarnings} more warnings`)
      } catch (error) {
        request.ports.log.warn('apply warnings failed', { object: request.name, error: messageOf(error) })
      }
    },
  }
}

function warningsFor(
  { groupResource, object, previous, namespace, storage }: AdmissionRequest,
  options: ApplyWarningsOptions,
  clusterOf: (secret: KubeObject) => Cluster,
): string[] {
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return []
  if (groupResource === secrets) {
    if (!isClusterSecret(object) || (previous && equalJson(previous['data'], object['data']) && isClusterSecret(previous)))
      return []
    if (namespace !== options.namespace) return [elsewhere('clusters', namespace, options.namespace)]
    return warnClusterSecret(object)
  }
  if (previous !== undefined && equalJson(previous['spec'], object['spec'])) return []
  const facts = (): WarningFacts => ({
    namespace: options.namespace,
    clusters: [...clustersIn(storage, options.namespace, clusterOf)],
    projects: projectsIn(storage, options.namespace),
    functions: options.functions,
    ownerOf: (name) => {
      const application = storage.get(applications, `${options.namespace}/${name}`)
      return application && controllerOf(application)
    },
  })
  switch (groupResource) {
    case applications: {
      const owned = previous && explainOwnership(object as Application, (name) => setNamed(storage, namespace, name))
      // What is wrong with it comes from the ApplicationSet, where it has been told.
      return owned === undefined ? warnApplication(object as Application, facts()) : [owned]
    }
    case applicationSets:
      if (namespace !== options.namespace) return [elsewhere('ApplicationSets', namespace, options.namespace)]
      return warnApplicationSet(object as ApplicationSet, facts())
    default:
      if (namespace !== options.namespace) return [elsewhere('AppProjects', namespace, options.namespace)]
      return warnAppProject(object as AppProject)
  }
}

function elsewhere(what: string, namespace: string, wanted: string): string {
  return `${what} count in the namespace ${wanted} only: nothing looks at this one in ${namespace}`
}

function isClusterSecret(object: KubeObject): boolean {
  return object.metadata.labels?.[clusterSecretLabel] === 'cluster'
}

function* clustersIn(storage: ClusterStorage, namespace: string, clusterOf: (secret: KubeObject) => Cluster): Iterable<Cluster> {
  for (const secret of storage.scan(secrets, `${namespace}/`)) if (isClusterSecret(secret)) yield clusterOf(secret)
  for (const agent of storage.scan(agentClusters, '')) {
    if ((agent as AgentCluster).spec.approved === true) yield toCluster(agent as AgentCluster)
  }
}

function projectsIn(storage: ClusterStorage, namespace: string): Map<string, AppProject> {
  const found = new Map<string, AppProject>()
  for (const project of storage.scan(projects, `${namespace}/`)) found.set(project.metadata.name, project as AppProject)
  return found
}

function setNamed(storage: ClusterStorage, namespace: string, name: string): ApplicationSet | undefined {
  return storage.get(applicationSets, `${namespace}/${name}`) as ApplicationSet | undefined
}

/** Stored objects never change, so what one says is worked out once. */
function parsedOnce(): (secret: KubeObject) => Cluster {
  const known = new WeakMap<KubeObject, Cluster>()
  return (secret) => {
    let cluster = known.get(secret)
    if (cluster === undefined) known.set(secret, (cluster = parseClusterSecret(secret)))
    return cluster
  }
}

function tidy(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > maxLength ? `${line.slice(0, maxLength)} ...` : line
}
