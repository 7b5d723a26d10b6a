import type { JsonObject } from '../../../base/json.js'
import { type CustomResourceParts, defineCustomResource } from '../../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import {
  clusterPropagatedVersionType,
  federatedTypeConfigType,
  kubeFedClusterType,
  kubeFedConfigType,
  propagatedVersionType,
  replicaSchedulingPreferenceType,
} from '../resource-types.js'
import { federatedCrd } from './federated-crd.js'
import { defaultTargets, readTypeConfig, typeConfigFor } from './type-config.js'

const text = { type: 'string' } as const
const time = { type: 'string', format: 'date-time' } as const
const whole = { type: 'integer', format: 'int64' } as const

const object = (properties: JsonObject, required: string[] = []): JsonObject => ({
  type: 'object',
  ...(required.length > 0 ? { required } : {}),
  properties,
})
const list = (items: JsonObject): JsonObject => ({ type: 'array', items })

const apiResource = object({ group: text, kind: text, pluralName: text, scope: text, version: text }, [
  'kind',
  'pluralName',
  'scope',
  'version',
])

const versions = {
  status: object(
    {
      clusterVersions: list(object({ clusterName: text, version: text }, ['clusterName', 'version'])),
      overridesVersion: text,
      templateVersion: text,
    },
    ['overridesVersion', 'templateVersion'],
  ),
}

const typeConfig = {
  spec: object(
    {
      federatedType: apiResource,
      propagation: text,
      statusCollection: text,
      statusType: apiResource,
      targetType: apiResource,
    },
    ['federatedType', 'propagation', 'targetType'],
  ),
  status: object({ observedGeneration: whole, propagationController: text, statusController: text }, [
    'observedGeneration',
    'propagationController',
  ]),
}

const cluster = {
  spec: object(
    {
      apiEndpoint: text,
      caBundle: { type: 'string', format: 'byte' },
      disabledTLSValidations: list(text),
      proxyURL: text,
      secretRef: object({ name: text }, ['name']),
    },
    ['apiEndpoint', 'secretRef'],
  ),
  status: object(
    {
      conditions: list(
        object({ lastProbeTime: time, lastTransitionTime: time, message: text, reason: text, status: text, type: text }, [
          'lastProbeTime',
          'status',
          'type',
        ]),
      ),
      kubernetesVersion: text,
      region: text,
      zones: list(text),
    },
    ['conditions'],
  ),
}

const config = {
  spec: object(
    {
      clusterHealthCheck: object({ failureThreshold: whole, period: text, successThreshold: whole, timeout: text }),
      controllerDuration: object({ availableDelay: text, cacheSyncTimeout: text, unavailableDelay: text }),
      featureGates: list(object({ configuration: text, name: text }, ['configuration', 'name'])),
      leaderElect: object({ leaseDuration: text, renewDeadline: text, resourceLock: text, retryPeriod: text }),
      scope: text,
      statusController: object({ maxConcurrentReconciles: whole }),
      syncController: object({ adoptResources: text, maxConcurrentReconciles: whole }),
    },
    ['scope'],
  ),
}

const preference = {
  spec: object(
    {
      clusters: {
        type: 'object',
        additionalProperties: object({ maxReplicas: whole, minReplicas: whole, weight: whole }),
      },
      intersectWithClusterSelector: { type: 'boolean' },
      rebalance: { type: 'boolean' },
      targetKind: text,
      totalReplicas: { type: 'integer', format: 'int32' },
    },
    ['targetKind', 'totalReplicas'],
  ),
  status: { type: 'object' },
}

function definition(
  type: ResourceType,
  properties: JsonObject,
  more: Pick<CustomResourceParts, 'required' | 'status' | 'columns'> = {},
): KubeObject {
  return defineCustomResource(type, { properties, status: false, ...more })
}

const coreCrds: readonly KubeObject[] = [
  definition(clusterPropagatedVersionType, versions, { status: true }),
  definition(propagatedVersionType, versions, { status: true }),
  definition(federatedTypeConfigType, typeConfig, { required: ['spec'], status: true }),
  definition(kubeFedClusterType, cluster, {
    required: ['spec'],
    status: true,
    columns: [
      { name: 'age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      { name: 'ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
      { name: 'kubernetes-version', type: 'string', jsonPath: '.status.kubernetesVersion' },
    ],
  }),
  definition(kubeFedConfigType, config, { required: ['spec'] }),
  definition(replicaSchedulingPreferenceType, preference),
]

const scalable = new Set(['Deployment', 'ReplicaSet'])
const shortNames: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['cm'],
  Deployment: ['deploy'],
  Ingress: ['ing'],
  Namespace: ['ns'],
  ReplicaSet: ['rs'],
  ServiceAccount: ['sa'],
  Service: ['svc'],
}

/** KubeFed's own kinds, and a Federated<Kind> for each kind that its chart enables. */
export const kubeFedCrds: readonly KubeObject[] = [
  ...coreCrds,
  ...defaultTargets.flatMap((target) => {
    const federated = readTypeConfig(typeConfigFor(target))?.federated
    return federated === undefined
      ? []
      : [federatedCrd(federated, { scalable: scalable.has(target.kind), shortNames: shortNames[target.kind] ?? [] })]
  }),
]
