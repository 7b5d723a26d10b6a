import type { Federated } from '../../../delivery/federation/contract.js'
import { federatedId } from '../../../delivery/federation/federated-id.js'
import { type KubeObject, keyOf } from '../../../kube/object/kube-object.js'
import type { TypeConfig } from '../kinds/type-config.js'
import { deliveryRules } from './delivery-rules.js'
import { dialectName, type ReadingFacts, selectionOf } from './read-federated.js'
import { PlacementProblem } from './read-placement.js'

/** Federated services carry a ServiceExport along: it lies beside them on the hub, and is meant for where they go. */
export const serviceExportKind = { group: 'multicluster.x-k8s.io', plural: 'serviceexports' } as const

/** The type that federates Services. */
export function serviceConfig(configs: readonly TypeConfig[]): TypeConfig | undefined {
  return configs.find(({ target: { group, kind } }) => group === '' && kind === 'Service')
}

/** The FederatedService that a ServiceExport of the hub exports. */
export function exportedService(source: KubeObject, { hub, configs }: ReadingFacts): KubeObject | undefined {
  const config = serviceConfig(configs)
  const { namespace, name } = source.metadata
  return config === undefined || namespace === undefined ? undefined : hub.objects(config.federated, { namespace, name })[0]
}

/**
 * A ServiceExport beside a FederatedService goes to the same clusters. Undefined for any other: that is the affair of the
 * services of the hub. One that went out with a FederatedService that is gone is withdrawn.
 */
export function readServiceExport(source: KubeObject, facts: ReadingFacts, finalizer: string): Federated | undefined {
  const config = serviceConfig(facts.configs)
  const service = exportedService(source, facts)
  if (config === undefined || service === undefined) {
    if (source.metadata.finalizers?.includes(finalizer) !== true) return undefined
    const unknown =
      'no FederatedTypeConfig of services can be read, so it is not known whether it goes out: all stays as it is until there is one (flotilla kubefed enable services)'
    if (config === undefined) return { ...federatedExport(source, [], unknown, facts), paused: unknown }
    return federatedExport(source, [], `no FederatedService ${keyOf(source)} carries it any more`, facts)
  }
  try {
    const { clusters, nowhere, unknown } = selectionOf(service, config, facts)
    const federated = federatedExport(source, clusters, nowhere, facts)
    return unknown === undefined ? federated : { ...federated, paused: unknown }
  } catch (error) {
    if (!(error instanceof PlacementProblem)) throw error
    return undefined
  }
}

function federatedExport(
  source: KubeObject,
  clusters: readonly string[],
  nowhere: string | undefined,
  { settings }: ReadingFacts,
): Federated {
  const { name, namespace, labels } = source.metadata
  const { apiVersion, kind } = source
  const place = { name, ...(namespace === undefined ? {} : { namespace }) }
  const object: KubeObject = {
    apiVersion,
    kind,
    metadata: { ...place, ...(labels === undefined ? {} : { labels }) },
    ...(source['spec'] === undefined ? {} : { spec: source['spec'] }),
  }
  return {
    id: federatedId(dialectName, source),
    workload: { object },
    policies: {
      placements: [
        {
          name: `FederatedService ${keyOf(source)}`,
          selectors: [{ apiVersion, kind, ...place }],
          placement: {
            division: { strategy: 'duplicated' },
            ...(nowhere === undefined ? { groups: [{ name: 'placement', names: clusters }] } : { nowhere }),
          },
        },
      ],
    },
    previous: {},
    rules: {
      ...deliveryRules(source, object, { adopts: settings.adopts, overrides: [] }),
      ...(source.metadata.uid === undefined ? {} : { source: source.metadata.uid }),
    },
    warnings: [
      {
        reason: 'ExportedWithFederatedService',
        message: `it exports the Service that FederatedService ${keyOf(source)} makes in the clusters, and goes there with it`,
      },
    ],
  }
}
