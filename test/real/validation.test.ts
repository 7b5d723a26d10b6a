import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { StatusCause } from '../../src/kube/object/status-error.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { closeConnections, send, type Target } from '../differential/send.js'
import { type RealApiServer, startRealApiServer } from '../support/peers/real-apiserver.js'

// The recorded causes that validation is held against, asked of a real kube-apiserver again.
const goldens = 'src/kube/schema/validation/goldens/causes.json'
let real: RealApiServer | string = 'not started'

before(async () => {
  real = await startRealApiServer({ serviceAccounts: true })
})
after(async () => {
  closeConnections()
  if (typeof real !== 'string') await real.stop()
})

/** Without the insides of structs, and without what the server fills in before it validates: an account for each pod. */
function essence(causes: readonly StatusCause[]): string[] {
  const dump =
    /^((?:Invalid|Unsupported) value: (?:\[\])?\w+\.(?:PodTemplateSpec|PodDisruptionBudgetSpec|OwnerReference|ResourceList|CustomResourceDefinitionVersion))\{.*\}: /s
  const texts = causes
    .filter(({ message }) => !message?.includes('when serviceAccountName is not set'))
    .map(({ field, reason, message = '' }) => {
      const text = message
        .replace(dump, '$1{...}: ')
        .replace(/\n[\s\S]*$/, '')
        .replace(/0x[0-9a-f]{8,}/g, 'POINTER')
      return `${field}: ${text} [${reason}]`
    })
  return [...new Set(texts)].sort()
}

test('new objects: what is recorded is what kube-apiserver says', async (context) => {
  if (typeof real === 'string') return context.skip(real)
  const { hostname, port } = new URL(real.server)
  const target: Target = { host: hostname, port: Number(port), token: real.token }
  await send(target, {
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts',
    body: { metadata: { name: 'default' } },
  })
  const { creates } = JSON.parse(readFileSync(goldens, 'utf8').replace(/\b10\.0\.0\.1\b/g, '10.96.0.77')) as {
    creates: { object: KubeObject; causes: StatusCause[] }[]
  }
  let compared = 0
  const failures: string[] = []
  for (const { object, causes } of creates) {
    const type = builtInResources.find(
      ({ kind, group, version }) =>
        kind === object.kind && object.apiVersion === (group === '' ? version : `${group}/${version}`),
    )
    assert.ok(type)
    const root = type.group === '' ? '/api/v1' : `/apis/${object.apiVersion}`
    const path = `${root}${type.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : ''}/${type.plural}`
    const { code, text } = await send(target, { method: 'POST', path, query: { dryRun: 'All' }, body: object })
    // Admission looks for accounts and classes, and ports are allocated, before anything is validated.
    if (code === 403 || text.includes('provided port is already allocated')) continue
    compared++
    const answer = JSON.parse(text) as { details?: { causes?: StatusCause[] } }
    const found = code === 201 ? [] : essence(answer.details?.causes ?? [])
    const wanted = essence(causes)
    if (found.join('\n') !== wanted.join('\n')) failures.push(`${JSON.stringify(object)}\n  real ${found}\n  recorded ${wanted}`)
  }
  assert.deepEqual(failures, [])
  assert.ok(compared > 400)
})
