import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { builtInSchemas } from './built-in.js'
import { kubernetesVersion, structTable } from './tables.generated.js'
import { typeDeclarations } from './type-declarations.js'
import type { BuiltInKinds, Deployment, IntOrString, Pod, Service } from './types.generated.js'

test('the declarations are those of the tables', () => {
  const made = typeDeclarations({ kubernetesVersion, structs: structTable.split('\n').length })
  const committed = readFileSync('src/kube/schema/types.generated.ts', 'utf8')
  assert.equal(committed, made, 'run node tools/build.mjs && node tools/schema/types.mjs')
})

test('what the compiler takes, the schemas know', () => {
  const port: IntOrString = 'http'
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', labels: { app: 'a' } },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'c', image: 'i', livenessProbe: { httpGet: { port } }, resources: { limits: { cpu: '1' } } }],
    },
  }
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: { ports: [{ port: 80, targetPort: port }] },
  }
  const deployment: BuiltInKinds['apps/v1 Deployment'] = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    spec: { selector: { matchLabels: { app: 'a' } }, template: { metadata: {}, spec: { containers: [] } } },
  } satisfies Deployment
  for (const { apiVersion, kind, ...members } of [pod, service, deployment]) {
    const schema = builtInSchemas.forKind(apiVersion, kind)
    for (const name of Object.keys(members)) assert.ok(schema?.fields?.has(name), `${kind} ${name}`)
  }
  // @ts-expect-error: a container has a name
  const nameless: Pod['spec'] = { containers: [{ image: 'i' }] }
  assert.ok(nameless)
})
