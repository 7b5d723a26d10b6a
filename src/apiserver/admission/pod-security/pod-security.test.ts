import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'
import { readPolicy } from './policy-labels.js'

const label = (mode: string) => `pod-security.kubernetes.io/${mode}`
const namespace = (name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
})
const pod = (where: string, name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: where },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})
const refused = (code: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.match(error.message, message)
  assert.equal(error.httpCode, code)
  return true
}

test('enforce refuses pods, and tells makers of pods', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(type('ns'), namespace('strict', { [label('enforce')]: 'restricted' }))
  await assert.rejects(
    client.create(type('po'), pod('strict', 'a')),
    refused(
      403,
      /^pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "c" must set securityContext.allowPrivilegeEscalation=false\), unrestricted capabilities \(container "c" must set securityContext.capabilities.drop=\["ALL"\]\), runAsNonRoot != true \(pod or container "c" must set securityContext.runAsNonRoot=true\), seccompProfile \(pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"\)$/,
    ),
  )
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  await client.create(
    type('po'),
    pod('strict', 'good', {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'c', image: 'i', securityContext }],
    }),
  )
  const warnings: string[] = []
  await client.create(
    type('deploy'),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'strict' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] } },
      },
    },
    { onWarning: (text) => void warnings.push(text) },
  )
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /^would violate PodSecurity "restricted:latest": host namespaces \(hostNetwork=true\), /)
})

test('a stricter level tells of the pods that break it', async () => {
  const { client, type } = await createClusterFixture()
  await client.create(type('ns'), namespace('n', {}))
  for (const name of ['a', 'b', 'c']) {
    await client.create(type('po'), pod('n', name, name === 'c' ? { hostPID: true } : { hostNetwork: true }))
  }
  const warnings: string[] = []
  const to = (level: string) =>
    client.patch(
      { type: type('ns'), name: 'n' },
      { kind: 'merge', body: { metadata: { labels: { [label('enforce')]: level } } } },
      { onWarning: (text) => void warnings.push(text) },
    )
  await to('baseline')
  assert.deepEqual(warnings, [
    'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): host namespaces',
  ])
  warnings.length = 0
  await to('privileged')
  assert.deepEqual(warnings, [])
  await assert.rejects(to('none'), refused(422, /Invalid value: "none": must be one of privileged, baseline, restricted$/))
})

test('what labels ask for', () => {
  const levels = (labels: Record<string, string>) => {
    const { policy, causes } = readPolicy(labels)
    return [policy.enforce, policy.audit, policy.warn]
      .map(({ level, version }) => `${level}:${version}`)
      .concat(String(causes.length))
  }
  assert.deepEqual(levels({}), ['privileged:latest', 'privileged:latest', 'privileged:latest', '0'])
  assert.deepEqual(levels({ [label('enforce')]: 'baseline', [label('enforce-version')]: 'v1.20' }), [
    'baseline:v1.20',
    'privileged:latest',
    'baseline:v1.20',
    '0',
  ])
  assert.deepEqual(levels({ [label('enforce')]: 'x', [label('warn')]: 'y', [label('audit-version')]: '1' }), [
    'restricted:latest',
    'privileged:latest',
    'privileged:latest',
    '3',
  ])
})
