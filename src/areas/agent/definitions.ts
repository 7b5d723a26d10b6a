import type { JsonObject } from '../../base/json.js'
import { defineCustomResource, type PrinterColumn } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { agentClusterType, workType } from './resource-types.js'

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function definition(type: ResourceType, columns: readonly PrinterColumn[], properties: JsonObject): KubeObject {
  return defineCustomResource(type, {
    properties: { ...properties, status: anything },
    required: ['spec'],
    columns,
    status: true,
  })
}

/** The kinds that a hub needs for clusters with agents. */
export const agentCrds: readonly KubeObject[] = [
  definition(
    agentClusterType,
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
    workType,
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
