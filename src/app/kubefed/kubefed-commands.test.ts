import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createWorld, type World } from '../../../test/support/worlds/world.js'
import { federatedTypeConfigType } from '../../dialects/kubefed/resource-types.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { crdType } from '../system/core-types.js'
import { readDirective } from './enable-directive.js'
import { disableType, enableType } from './enable-type.js'
import { federateFromHost, federateText } from './federate-objects.js'
import { memberObjects } from './join-cluster.js'
import { orphaningOf, setOrphaning } from './orphaning.js'

const namespace = 'kube-federation-system'

test('objects of a file are federated without a server', () => {
  const made = federateText(`
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {a: b}, annotations: {c: d}, uid: x}
spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 30000}]}
status: {loadBalancer: {}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}, spec: {finalizers: [kubernetes]}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}, secrets: [{name: x}]}
- {apiVersion: example.com/v1, kind: Proxy, metadata: {name: p}, spec: {a: 1}}
`)
  assert.deepEqual(
    made.map(({ object }) => object),
    [
      {
        apiVersion: 'types.kubefed.io/v1beta1',
        kind: 'FederatedService',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          placement: { clusterSelector: { matchLabels: {} } },
          template: { metadata: { labels: { a: 'b' } }, spec: { ports: [{ port: 80 }] } },
        },
      },
      {
        apiVersion: 'types.kubefed.io/v1beta1',
        kind: 'FederatedNamespace',
        metadata: { name: 'shop', namespace: 'shop' },
        spec: { placement: { clusterSelector: { matchLabels: {} } }, template: { spec: {} } },
      },
      {
        apiVersion: 'types.kubefed.io/v1beta1',
        kind: 'FederatedServiceAccount',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { placement: { clusterSelector: { matchLabels: {} } }, template: {} },
      },
      {
        apiVersion: 'types.kubefed.io/v1beta1',
        kind: 'FederatedProxy',
        metadata: { name: 'p' },
        spec: { placement: { clusterSelector: { matchLabels: {} } }, template: { spec: { a: 1 } } },
      },
    ],
  )
  assert.match(made[0]?.warnings[0] ?? '', /annotations of Service web are left out \(c\)/)
  for (const [text, wrong] of [
    ['a: 1', /document 1 is no Kubernetes object/],
    [
      'apiVersion: types.kubefed.io/v1beta1\nkind: FederatedService\nmetadata: {name: a}',
      /federated already: FederatedService a/,
    ],
  ] as const)
    assert.throws(() => federateText(text), wrong)
})

test('a directive says all of it, flags are for names', () => {
  assert.deepEqual(readDirective('sts', { version: 'v1', federatedGroup: 'x.io' }, undefined), {
    name: 'sts',
    version: 'v1',
    federatedGroup: 'x.io',
  })
  const text = 'metadata: {name: deployments.apps}\nspec: {targetVersion: v1, federatedVersion: v2}'
  assert.deepEqual(readDirective(undefined, { version: 'v9' }, text), {
    name: 'deployments.apps',
    version: 'v1',
    federatedVersion: 'v2',
  })
  assert.throws(() => readDirective(undefined, {}, undefined), /name of the kind is missing/)
})

test('joining makes what kubefedctl made, and less for a control plane of one namespace', () => {
  const made = (limitedScope: boolean) =>
    memberObjects({ name: 'one', hostName: 'hub', namespace, limitedScope }).objects.map(
      ({ object }) => `${object.kind} ${object.metadata.name}`,
    )
  const account = ['Namespace kube-federation-system', 'ServiceAccount one-hub', 'Secret one-hub']
  const role = 'kubefed-controller-manager:one-hub'
  assert.deepEqual(made(false), [...account, `ClusterRole ${role}`, `ClusterRoleBinding ${role}`])
  const health = `kubefed-controller-manager:${namespace}:healthcheck-one-hub`
  assert.deepEqual(made(true), [
    ...account,
    `Role ${role}`,
    `RoleBinding ${role}`,
    `ClusterRole ${health}`,
    `ClusterRoleBinding ${health}`,
  ])
})

describe('on a hub', () => {
  let world: World
  before(async () => {
    world = await createWorld({ members: { one: {} } })
  })
  after(() => world?.stop())

  test('kinds are enabled once, and disabled', async () => {
    const host = world.client('hub')
    const options = { name: 'sts', namespace, dryRun: false }
    await enableType(host, { ...options, dryRun: true })
    await assert.rejects(host.get({ type: federatedTypeConfigType, namespace, name: 'statefulsets.apps' }), isNotFound)
    assert.deepEqual(await enableType(host, options), [
      'customresourcedefinitions.apiextensions.k8s.io/federatedstatefulsets.types.kubefed.io created',
      'federatedtypeconfigs.core.kubefed.io/statefulsets.apps created',
    ])
    assert.ok((await enableType(host, options)).every((line) => line.endsWith('unchanged')))
    const crd = await host.get({ type: crdType, name: 'federatedstatefulsets.types.kubefed.io' })
    assert.match(JSON.stringify(crd), /"retainReplicas":\{"type":"boolean"\}/)
    await assert.rejects(enableType(host, { ...options, federatedGroup: 'other.io' }), { code: 'enabled-otherwise' })
    await assert.rejects(enableType(host, { ...options, name: 'nothing' }), { code: 'unknown-kind' })
    await disableType(host, { ...options, deleteCrd: true })
    await assert.rejects(disableType(host, { ...options, deleteCrd: false }), { code: 'not-enabled' })
  })

  test('a namespace is federated with what people have put into it', async () => {
    const host = world.client('hub')
    const catalogue = await host.resources()
    const make = (kind: string, metadata: { name: string; namespace?: string }, more: object = {}) =>
      host.create(catalogue.forKind('v1', kind)!, { apiVersion: 'v1', kind, metadata, ...more })
    await make('Namespace', { name: 'store' })
    await make('ConfigMap', { name: 'mine', namespace: 'store' }, { data: { a: 'b' } })
    await make('Secret', { name: 'hidden', namespace: 'store' })
    const options = {
      host,
      typeName: 'ns',
      name: 'store',
      namespace: 'default',
      controlNamespace: namespace,
      enables: false,
      contents: true,
      skip: ['secrets'],
      printOnly: false,
      dryRun: false,
    }
    const names = (objects: readonly { kind: string; metadata: { name: string } }[]) =>
      objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const { objects } = await federateFromHost(options)
    assert.deepEqual(names(objects), ['FederatedNamespace store', 'FederatedConfigMap mine'])
    const where = { host, type: 'federatedconfigmaps', name: 'mine', namespace: 'store' }
    assert.equal(await orphaningOf(where), false)
    await setOrphaning(where, true, false)
    assert.equal(await orphaningOf(where), true)
    await assert.rejects(federateFromHost({ ...options, typeName: 'cm', name: 'mine', namespace: 'store' }), {
      code: 'contents-of-what',
    })
  })
})
