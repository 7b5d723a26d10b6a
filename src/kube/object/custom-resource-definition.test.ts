import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageColumn, defineCustomResource } from './custom-resource-definition.js'

const type = { group: 'shop.example', version: 'v1', kind: 'Basket', plural: 'baskets', namespaced: true }

test('the least: a kind, one version, no columns, no status', () => {
  assert.deepEqual(defineCustomResource(type, { properties: { spec: { type: 'object' } } }), {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'baskets.shop.example' },
    spec: {
      group: 'shop.example',
      scope: 'Namespaced',
      names: { kind: 'Basket', listKind: 'BasketList', plural: 'baskets', singular: 'basket' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: { type: 'object' },
              },
            },
          },
        },
      ],
    },
  })
})

test('several versions, of which the type’s own is stored, with a status where the type names it', () => {
  const { metadata, ['spec']: spec } = defineCustomResource(
    { ...type, namespaced: false, shortNames: ['bk'], categories: ['all'], subresources: ['status'] },
    {
      properties: {},
      versions: ['v1beta1', 'v1'],
      columns: [ageColumn],
      approvedIn: 'https://example.com/1',
      labels: { part: 'shop' },
    },
  )
  assert.deepEqual(metadata, {
    name: 'baskets.shop.example',
    labels: { part: 'shop' },
    annotations: { 'api-approved.kubernetes.io': 'https://example.com/1' },
  })
  const { scope, names, versions } = spec as { versions: Record<string, unknown>[]; names: unknown; scope: string }
  assert.equal(scope, 'Cluster')
  assert.deepEqual(names, {
    kind: 'Basket',
    listKind: 'BasketList',
    plural: 'baskets',
    singular: 'basket',
    shortNames: ['bk'],
    categories: ['all'],
  })
  assert.deepEqual(
    versions.map(({ name, storage, subresources, additionalPrinterColumns }) => [
      name,
      storage,
      subresources,
      additionalPrinterColumns,
    ]),
    [
      ['v1beta1', false, { status: {} }, [ageColumn]],
      ['v1', true, { status: {} }, [ageColumn]],
    ],
  )
})
