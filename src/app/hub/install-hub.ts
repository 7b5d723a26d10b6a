import { agentCrds } from '../../areas/agent/definitions.js'
import { CodedError } from '../../base/errors.js'
import { argoCdCrds } from '../../dialects/argo-cd/kinds/crds.js'
import { appProjectType } from '../../dialects/argo-cd/kinds/resource-types.js'
import { clusterProfileCrd } from '../../dialects/cluster-profile/cluster-profile-crd.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import { federationCrds } from '../federation/federation-dialects.js'
import { installKubeFed } from '../kubefed/install-kubefed.js'
import { crdType, namespaceType } from '../system/core-types.js'

const crds: readonly KubeObject[] = [...argoCdCrds, clusterProfileCrd, ...agentCrds]

/**
 * Makes a Kubernetes API fit to be a hub: the namespace, the custom resource definitions and the default AppProject, each only
 * where it is missing. Definitions that are there (Argo CD's own, for instance) stay as they are.
 */
export async function installHub(hub: KubeClient, options: { namespace: string; more?: readonly KubeObject[] }): Promise<void> {
  const wanted = [...crds, ...federationCrds, ...(options.more ?? [])]
  await createMissing(() =>
    hub.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: options.namespace } }),
  )
  const { items } = await hub.list(crdType, { metadataOnly: true })
  const present = new Set(items.map(({ metadata }) => metadata.name))
  const missing = wanted.filter(({ metadata }) => !present.has(metadata.name))
  await Promise.all(missing.map((crd) => createMissing(() => hub.create(crdType, crd, { fieldManager: 'flotilla' }))))
  await Promise.all(wanted.map((crd) => untilEstablished(hub, crd.metadata.name)))
  await hub.resources({ refresh: true })
  await installKubeFed(hub)
  await createMissing(() =>
    hub.create(appProjectType, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'default', namespace: options.namespace },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    }),
  )
}

/** Serves kinds on a cluster where it does not have them; definitions that are there stay as they are. */
export async function installDefinitions(client: KubeClient, definitions: readonly KubeObject[]): Promise<void> {
  for (const crd of definitions) {
    await createMissing(() => client.create(crdType, crd, { fieldManager: 'flotilla' }))
    await untilEstablished(client, crd.metadata.name)
  }
}

/** Says what is missing on a hub, instead of installing it. */
export async function checkHub(hub: KubeClient): Promise<void> {
  const missing: string[] = []
  for (const crd of crds) {
    try {
      await hub.get({ type: crdType, name: crd.metadata.name })
    } catch (error) {
      if (!isNotFound(error)) throw error
      missing.push(crd.metadata.name)
    }
  }
  if (missing.length === 0) return
  throw new CodedError({
    code: 'hub-not-installed',
    message: `the cluster does not have ${missing.join(', ')}`,
    fix: 'Run flotilla hub with --install once.',
  })
}

async function createMissing(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

async function untilEstablished(hub: KubeClient, name: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const crd = await hub.get({ type: crdType, name })
    const conditions = (crd.status as { conditions?: Condition[] } | undefined)?.conditions ?? []
    if (conditions.some((condition) => condition.type === 'Established' && condition.status === 'True')) return
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new CodedError({
    code: 'crd-not-established',
    message: `the custom resource definition ${name} was not established within 15 s`,
    fix: `Look at kubectl get crd ${name} -o yaml.`,
  })
}
