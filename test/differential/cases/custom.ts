import type { Case, Step } from '../case.js'

/** Each case has a definition of its own, since they are there for the whole cluster. */
const group = '${id}.example.com'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const things = `/apis/${group}/v1/namespaces/\${ns}/things`
const dry = { dryRun: 'All' }

const definition = {
  metadata: { name: `things.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', shortNames: ['th'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        selectableFields: [{ jsonPath: '.spec.color' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 1 },
                  color: { type: 'string', default: 'red', enum: ['red', 'blue'] },
                  replicas: { type: 'integer' },
                  tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                },
              },
              status: { type: 'object', properties: { replicas: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
}
const thing = (spec: unknown, more: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind: 'Thing',
  metadata: { name: 'a' },
  spec,
  ...more,
})
const post = (body: unknown, query: Step['query'] = dry): Step => ({ method: 'POST', path: things, body, query: query ?? {} })
const define: Step[] = [
  { method: 'POST', path: definitions, body: definition, silent: true },
  // Asks until it is served.
  ...Array.from({ length: 1 }, (): Step => ({ method: 'GET', path: things, silent: true, until: 200 })),
]
const one = `${things}/a`

export const customCases: readonly Case[] = [
  {
    name: 'creates',
    steps: [
      ...define,
      post(thing({ size: 1 })),
      post(thing({ size: 0 })),
      post(thing({ size: 'x' })),
      post(thing({})),
      post(thing({ size: 1, color: 'green' })),
      post(thing({ size: 1, tags: ['a', 'a'] })),
      post(thing({ size: 1, unknown: 1 })),
      post(thing({ size: 1, unknown: 1 }), { ...dry, fieldValidation: 'Strict' }),
      post(thing({ size: 1 }, { metadata: { name: 'Bad' } })),
      post(thing({ size: 1 }, { metadata: {} })),
      post(thing({ size: 1 }, { metadata: { generateName: 'g-' } })),
      post(thing({ size: 1 }, { metadata: { name: 'a', labels: { 'x y': 'z' } } })),
      post(thing({ size: 1 }, { kind: 'Other' })),
      post(thing({ size: 1 }, { apiVersion: 'other/v1' })),
      post(thing({ size: 1 }, { apiVersion: undefined })),
      post('text'),
      post([]),
      { ...post(undefined), raw: '{' },
      { ...post(undefined), raw: `apiVersion: ${group}/v1\nkind: Thing\nmetadata: {name: y}\nspec: {size: 2}\n`, as: 'yaml' },
      post(thing({ size: 1 }), {}),
      post(thing({ size: 1 }), {}),
    ],
  },
  {
    name: 'reads and writes',
    steps: [
      ...define,
      { ...post(thing({ size: 1 }), {}), capture: { rv: 'metadata.resourceVersion', uid: 'metadata.uid' } },
      { method: 'GET', path: one },
      { method: 'GET', path: one, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } },
      { method: 'GET', path: things },
      { method: 'GET', path: things, headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' } },
      { method: 'GET', path: things, headers: { accept: 'application/yaml' } },
      { method: 'GET', path: things, query: { fieldSelector: 'spec.color=red' } },
      { method: 'GET', path: things, query: { fieldSelector: 'spec.size=1' } },
      { method: 'GET', path: things, query: { watch: '1', resourceVersion: '0' }, events: 1 },
      { method: 'PUT', path: one, body: thing({ size: 2 }) },
      {
        method: 'PUT',
        path: one,
        body: thing({ size: 2 }, { metadata: { name: 'a', resourceVersion: '${rv}' } }),
        capture: { rv: 'metadata.resourceVersion' },
      },
      { method: 'PUT', path: one, body: thing({ size: 2 }, { metadata: { name: 'a', resourceVersion: '1' } }) },
      { method: 'PUT', path: one, body: thing({ size: -1 }, { metadata: { name: 'a', resourceVersion: '${rv}' } }) },
      { method: 'PUT', path: one, body: thing({ size: 2 }, { metadata: { name: 'b', resourceVersion: '${rv}' } }) },
      { method: 'PUT', path: `${things}/none`, body: thing({ size: 2 }, { metadata: { name: 'none' } }) },
      { method: 'PATCH', path: one, as: 'merge', body: { spec: { size: 3 } } },
      { method: 'PATCH', path: one, as: 'merge', body: { spec: { size: null } } },
      { method: 'PATCH', path: one, as: 'merge', body: { spec: { unknown: 1 } }, query: { fieldValidation: 'Strict' } },
      { method: 'PATCH', path: one, as: 'json-patch', body: [{ op: 'replace', path: '/spec/size', value: 4 }] },
      { method: 'PATCH', path: one, as: 'strategic', body: { spec: { size: 3 } } },
      { method: 'PATCH', path: one, as: 'apply', query: { fieldManager: 'x' }, body: thing({ size: 5 }) },
      {
        method: 'PATCH',
        path: one,
        as: 'apply',
        query: { fieldManager: 'x', force: 'true' },
        body: thing({ size: 5, tags: ['b', 'a'] }),
      },
      { method: 'PUT', path: `${one}/status`, body: thing({ size: 9 }, { metadata: { name: 'a' }, status: { replicas: 3 } }) },
      { method: 'PATCH', path: `${one}/status`, as: 'merge', body: { status: { replicas: 3 }, spec: { size: 9 } } },
      { method: 'PATCH', path: `${one}/status`, as: 'merge', body: { status: { replicas: 'x' } } },
      { method: 'GET', path: `${one}/scale` },
      { method: 'PATCH', path: `${one}/scale`, as: 'merge', body: { spec: { replicas: 2 } } },
      { method: 'GET', path: `${one}/nothing` },
      { method: 'POST', path: one, body: thing({ size: 1 }) },
      { method: 'DELETE', path: one, body: { preconditions: { uid: '11111111-1111-1111-1111-111111111111' } } },
      { method: 'DELETE', path: one, query: { propagationPolicy: 'Foreground' } },
      { method: 'PATCH', path: one, as: 'merge', body: { metadata: { finalizers: null } } },
      { method: 'GET', path: one },
      { method: 'DELETE', path: things },
      { method: 'GET', path: `/apis/${group}/v1` },
      { method: 'GET', path: `/apis/${group}` },
      { method: 'DELETE', path: `${definitions}/things.${group}`, silent: true },
    ],
  },
  {
    name: 'definitions',
    namespace: 'none',
    steps: [
      { method: 'POST', path: definitions, query: dry, body: definition },
      { method: 'POST', path: definitions, query: dry, body: { ...definition, metadata: { name: 'other' } } },
      { method: 'POST', path: definitions, query: dry, body: { metadata: { name: 'a.b' }, spec: {} } },
      { method: 'POST', path: definitions, query: dry, body: { ...definition, spec: { ...definition.spec, scope: 'Other' } } },
      { method: 'POST', path: definitions, query: dry, body: { ...definition, spec: { ...definition.spec, versions: [] } } },
    ],
  },
]
