import type { KubeObject } from '../../kube/object/kube-object.js'

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function definition(
  kind: string,
  plural: string,
  scope: 'Cluster' | 'Namespaced',
  columns: readonly Record<string, unknown>[],
  properties: Record<string, unknown>,
): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.flotilla.dev` },
    spec: {
      group: 'flotilla.dev',
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                ...properties,
                status: anything,
              },
            },
          },
        },
      ],
    },
  }
}

/** The kinds that a hub needs for clusters with agents. */
export const agentCrds: readonly KubeObject[] = [
  definition(
    'AgentCluster',
    'agentclusters',
    'Cluster',
    [
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Approved', type: 'boolean', jsonPath: '.spec.approved' },
      { name: 'Since', type: 'date', jsonPath: '.status.since' },
      { name: 'Message', type: 'string', priority: 1, jsonPath: '.status.message' },
    ],
    {
      spec: {
        type: 'object',
        properties: {
          approved: { type: 'boolean', description: 'Whether the agent may come. Absent: nobody has decided.' },
          key: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$', description: 'The key by which it comes.' },
        },
      },
    },
  ),
  definition(
    'Work',
    'works',
    'Namespaced',
    [
      { name: 'Id', type: 'string', jsonPath: '.spec.id' },
      { name: 'State', type: 'string', jsonPath: '.status.state' },
      { name: 'Message', type: 'string', jsonPath: '.status.message' },
    ],
    {
      spec: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'string', description: 'Of what was federated.' },
          desired: { ...anything, description: 'The object with the rules by which it is written.' },
          packed: { type: 'string', description: 'The same, gzip in base64, where it is large.' },
          removal: { ...anything, description: 'It is to go, by these rules.' },
        },
      },
    },
  ),
]
