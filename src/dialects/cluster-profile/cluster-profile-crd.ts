import { ageColumn, defineCustomResource } from '../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { clusterProfileType } from './cluster-profile.js'

const accessProviders = (description: string) => ({
  type: 'array',
  description,
  maxItems: 64,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 253 },
      cluster: {
        type: 'object',
        properties: {
          server: { type: 'string' },
          'tls-server-name': { type: 'string' },
          'insecure-skip-tls-verify': { type: 'boolean' },
          'certificate-authority': { type: 'string' },
          'certificate-authority-data': { type: 'string', format: 'byte' },
          'proxy-url': { type: 'string' },
          'disable-compression': { type: 'boolean' },
          extensions: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name', 'extension'],
              properties: { name: { type: 'string' }, extension: { 'x-kubernetes-preserve-unknown-fields': true } },
            },
          },
        },
      },
    },
  },
})

/** The CustomResourceDefinition, with columns that say what matters. */
export const clusterProfileCrd: KubeObject = defineCustomResource(clusterProfileType, {
  approvedIn: 'https://github.com/kubernetes/enhancements/pull/4322',
  properties: {
    spec: {
      type: 'object',
      required: ['clusterManager'],
      properties: {
        displayName: { type: 'string' },
        clusterManager: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', minLength: 1, maxLength: 63 } },
          'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'ClusterManager is immutable' }],
        },
      },
    },
    status: {
      type: 'object',
      properties: {
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: {
            type: 'object',
            required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
            properties: {
              type: { type: 'string' },
              status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
              reason: { type: 'string' },
              message: { type: 'string' },
              lastTransitionTime: { type: 'string', format: 'date-time' },
              observedGeneration: { type: 'integer', format: 'int64' },
            },
          },
        },
        version: { type: 'object', properties: { kubernetes: { type: 'string' } } },
        properties: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'value'],
            properties: {
              name: { type: 'string', minLength: 1, maxLength: 253 },
              value: { type: 'string', minLength: 1, maxLength: 1024 },
              lastObservedTime: { type: 'string', format: 'date-time' },
            },
          },
        },
        accessProviders: accessProviders('How to reach the cluster; credentials come from a plugin of the consumer.'),
        credentialProviders: accessProviders('Deprecated: accessProviders.'),
      },
    },
  },
  required: ['spec'],
  columns: [
    { name: 'Display Name', type: 'string', jsonPath: '.spec.displayName' },
    { name: 'Manager', type: 'string', jsonPath: '.spec.clusterManager.name' },
    { name: 'Healthy', type: 'string', jsonPath: '.status.conditions[?(@.type=="ControlPlaneHealthy")].status' },
    { name: 'Version', type: 'string', jsonPath: '.status.version.kubernetes' },
    {
      name: 'Message',
      type: 'string',
      priority: 1,
      jsonPath: '.status.conditions[?(@.type=="ControlPlaneHealthy")].message',
    },
    ageColumn,
  ],
  status: true,
})
