import { clusterOfAgentServer } from '../../areas/agent/hub/agent-cluster-source.js'
import { CodedError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import type { ObjectDiff } from '../../delivery/delivery.js'
import { deliveryOf, readTargetState } from '../../dialects/argo-cd/application/target-state.js'
import { parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { AppProject } from '../../dialects/argo-cd/kinds/app-project.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import { appProjectType } from '../../dialects/argo-cd/kinds/resource-types.js'
import type { InventorySource } from '../../inventory/cluster.js'
import { normalizeServer } from '../../inventory/in-cluster.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { listAgentClusters } from '../fleet/fleet-clusters.js'
import { openHubParts } from '../hub/hub.js'
import { secretType } from '../system/core-types.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { openReadingRepositories, type ReadableFleet } from './application-set-preview.js'

/** What a sync of the Application would change, worked out here with the code of the controller. Writes nothing. */
export async function diffApplication(
  fleet: ReadableFleet,
  application: Application,
  revision: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly ObjectDiff[]> {
  const { hub, namespace } = fleet
  const ending = new AbortController()
  const clientPorts = createSystemClientPorts(env)
  let close = () => {}
  try {
    const parts = await openHubParts({
      hub,
      namespace,
      openRepositories: (credentials) => openReadingRepositories(fleet, env, credentials),
      sources: [await destinationOnly(fleet, application)],
      connect: (cluster, connection) => createHttpClient({ name: cluster.name, connection, ports: clientPorts }),
      ports: { clock: systemClock, random: systemRandom, log: silentLog },
      signal: ending.signal,
    })
    const { services, deliveries } = parts
    close = () => {
      parts.deliveries.close()
      parts.repositories.close?.()
    }
    const target = await readTargetState(atRevision(application, revision), await readProject(fleet, application), services, {
      refresh: true,
    })
    if (target.cluster === undefined || target.rendered === undefined) {
      throw new CodedError({
        code: 'no-target-state',
        message: target.conditions.map((condition) => condition.message).join('; ') || 'the Application cannot be rendered',
        fix: `See flotilla app get ${application.metadata.name}.`,
      })
    }
    return await deliveries.diff(deliveryOf(application, target.cluster, target.rendered, namespace))
  } finally {
    ending.abort()
    close()
  }
}

function atRevision(application: Application, revision: string | undefined): Application {
  if (revision === undefined) return application
  const { source, sources } = application.spec
  return {
    ...application,
    spec: {
      ...application.spec,
      ...(source ? { source: { ...source, targetRevision: revision } } : {}),
      ...(sources ? { sources: sources.map((each) => ({ ...each, targetRevision: revision })) } : {}),
    },
  }
}

/** One cluster is enough here; the others are neither probed nor connected. */
async function destinationOnly(fleet: ReadableFleet, application: Application): Promise<InventorySource> {
  const { name, server } = application.spec.destination
  const secrets = await fleet.hub.list(secretType, {
    namespace: fleet.namespace,
    labelSelector: 'argocd.argoproj.io/secret-type=cluster',
  })
  const clusters = secrets.items
    .map((secret) => parseClusterSecret(secret))
    .filter((cluster) => (name ? cluster.name === name : normalizeServer(cluster.server) === normalizeServer(server ?? '')))
  if (clusters.length === 0) {
    const pulled = (await listAgentClusters(fleet.hub)).find(
      ({ metadata }) => metadata.name === (name || clusterOfAgentServer(server ?? '')),
    )
    if (pulled !== undefined) {
      throw new CodedError({
        code: 'cluster-only-by-agent',
        message: `a diff reads the cluster from here, and ${pulled.metadata.name} is reached by its agent alone`,
        fix: `See what the hub finds: flotilla app get ${application.metadata.name}.`,
      })
    }
  }
  return { name: 'destination', ready: Promise.resolve(), list: () => clusters, onChange: () => () => {} }
}

async function readProject(fleet: ReadableFleet, application: Application): Promise<AppProject | undefined> {
  try {
    return await fleet.hub.get<AppProject>({
      type: appProjectType,
      namespace: fleet.namespace,
      name: application.spec.project || 'default',
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
