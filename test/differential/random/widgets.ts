/** A custom resource with every kind of list and map that server-side apply tells apart. */
const text = { type: 'string' }
const number = { type: 'integer' }

const spec = {
  type: 'object',
  properties: {
    replicas: { ...number, default: 1 },
    name: { ...text, maxLength: 5 },
    mode: { ...text, enum: ['a', 'b'] },
    port: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    numbers: { type: 'array', items: number, 'x-kubernetes-list-type': 'set' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        required: ['port'],
        properties: {
          port: number,
          protocol: { ...text, default: 'TCP' },
          name: text,
          labels: { type: 'object', additionalProperties: text },
          hosts: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        },
      },
    },
    steps: {
      type: 'array',
      items: { type: 'object', properties: { run: text, with: { type: 'object', additionalProperties: text } } },
    },
    labels: { type: 'object', additionalProperties: text },
    whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: text, b: number } },
    nested: { type: 'object', properties: { left: { type: 'object', properties: { x: number, y: text } }, right: text } },
    maybe: { ...text, nullable: true },
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
}

export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.random.example.com' },
  spec: {
    group: 'random.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec,
              status: {
                type: 'object',
                properties: {
                  replicas: number,
                  phase: text,
                  conditions: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['type'],
                    items: { type: 'object', required: ['type'], properties: { type: text, status: text } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}
